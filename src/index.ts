// The public library: what its users need, each with a docstring. The command line has a further entry of its own,
// `internal.ts`; `npm run check:docs` fails where a type that a signature names is missing here.

export { type DatasetDescription, describeDataset } from './data/build/describe-dataset.ts';
export { type ArrayDataset, datasetFromArrays, type ImageArray, type LabelArray } from './data/build/from-arrays.ts';
export { type LoadOptions, loadDataset } from './data/load-dataset.ts';
export type { AugmentationSettings } from './data/set/augment.ts';
export { type Dataset, type Examples, readImages } from './data/set/dataset.ts';
export type { MetricName } from './engine/scoring/metrics.ts';
export type { Score } from './engine/scoring/scorer.ts';
export type { ScheduleSettings } from './engine/training/schedule.ts';
export type { EpochRecord, TrainingSettings } from './engine/training/train.ts';
export {
  AutoCnnError,
  DataFormatError,
  EngineError,
  type ErrorCode,
  type ErrorContext,
  EvaluationError,
  InterruptedError,
  InvalidInputError,
  JournalError,
  RunLockedError,
  ShapeError,
} from './errors.ts';
export type { EvaluateOptions, EvaluationProgress, Evaluator } from './evaluation/evaluator.ts';
export { ProcessPoolEvaluator, type ProcessPoolOptions } from './evaluation/node/process-pool-evaluator.ts';
export type { EvaluationOutcome, EvaluationTask } from './evaluation/task.ts';
export type { Individual } from './evolution/individual.ts';
export { crossOverGenomes } from './evolution/operators/crossover.ts';
export { type MutationWeights, mutateGenome } from './evolution/operators/mutation.ts';
export { NSGA2_SELECTION } from './evolution/operators/nsga2.ts';
export { type Selection, selectSurvivors } from './evolution/operators/selection.ts';
export { type AgingEvolutionSettings, createAgingEvolutionStrategy } from './evolution/strategies/aging-evolution.ts';
export { createGenerationalStrategy, type GenerationalSettings } from './evolution/strategies/generational.ts';
export { createRandomSearchStrategy, type RandomSearchSettings } from './evolution/strategies/random-search.ts';
export type { SearchStrategy } from './evolution/strategy.ts';
export { type Exported, type ExportFormat, type ExportOptions, exportModel } from './export/export-model.ts';
export { estimateCost, type NetworkCost, type NetworkInput } from './genome/cost.ts';
export type { Gene, Genome } from './genome/genome.ts';
export type { HeadLayer } from './genome/head.ts';
export type { ImageShape } from './genome/image-shape.ts';
export { randomGenome } from './genome/random-genome.ts';
export { requireValidGenome, type SearchSpace } from './genome/search-space.ts';
export { formatGenome, parseGenome } from './genome/text.ts';
export { type CompiledGenome, compileGenome } from './network/compile-genome.ts';
export type { OptimiserSettings } from './network/graph/optimiser.ts';
export type { LoweringName } from './network/lowering/lowerings.ts';
export type { ModelMetadata } from './network/onnx/onnx-metadata.ts';
export { createRng, type Rng } from './random/rng.ts';
export { type ReportOptions, writeReport } from './report/write-report.ts';
export { AutoCNN, type ResumeOptions } from './search/auto-cnn/auto-cnn.ts';
export type { AutoCnnOptions, FurtherSettings } from './search/auto-cnn/auto-cnn-options.ts';
export type { LossOption, MetricOption } from './search/auto-cnn/keras-names.ts';
export { type NamedPrediction, TrainedCnn, type TrainOptions } from './search/auto-cnn/trained-cnn.ts';
export type {
  Callback,
  EpochEvent,
  EvaluationControl,
  EvaluationEndEvent,
  SearchControl,
  TrainingEvent,
} from './search/callbacks/callback.ts';
export { type EarlyStoppingOptions, earlyStopping } from './search/callbacks/early-stopping.ts';
export { learningRateScheduler } from './search/callbacks/learning-rate-scheduler.ts';
export type { Budget } from './search/config/budget-text.ts';
export type { SearchConfig, SearchConfigInput } from './search/config/config.ts';
export {
  type CreateSearchOptions,
  createSearch,
  type ResumeSearchOptions,
  resumeSearch,
} from './search/create-search.ts';
export type {
  Candidate,
  GenerationEvent,
  SearchEvents,
  StartEvent,
} from './search/records/events.ts';
export type {
  EvaluationEntry,
  FinalEntry,
  JournalEntry,
} from './search/records/journal-entry.ts';
export type { StrategyContext } from './search/records/strategy-context.ts';
export type { SearchSummary } from './search/records/summary.ts';
export { readJournal } from './search/run/journal.ts';
export { Search } from './search/search.ts';
export { type ModelFile, readModelFile } from './search/trained/model-file.ts';
export {
  type FilePredictions,
  predictFiles,
} from './search/trained/predict-files.ts';
export { VERSION } from './version.ts';
