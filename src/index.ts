// The public library.

export { writeContactSheet } from './data/build/contact-sheet.ts';
export { type DatasetDescription, describeDataset } from './data/build/describe-dataset.ts';
export { type ArrayDataset, datasetFromArrays, type ImageArray, type LabelArray } from './data/build/from-arrays.ts';
export { type LoadOptions, loadDataset } from './data/load-dataset.ts';
export { type Dataset, type Examples, imageSizeOf, readImages, type StoredImages } from './data/set/dataset.ts';
export { channelStatistics } from './data/set/statistics.ts';
export { type MeasureOptions, measureInference, measureTrainingStep, type Timing } from './engine/measure.ts';
export { loadRuntime } from './engine/node/load-runtime.ts';
export type { Runtime, RuntimeSession, RuntimeTensor } from './engine/runtime.ts';
export type {
  Calibration,
  CalibrationBin,
  ClassificationReport,
  ClassScore,
} from './engine/scoring/classification-report.ts';
export { DeployedModel, type Prediction } from './engine/scoring/deployed-model.ts';
export { METRIC_NAMES, type MetricName } from './engine/scoring/metrics.ts';
export type { Score } from './engine/scoring/scorer.ts';
export {
  type EpochRecord,
  type TrainingData,
  type TrainingResult,
  type TrainingSettings,
  train,
} from './engine/training/train.ts';
export {
  AutoCnnError,
  DataFormatError,
  EngineError,
  type ErrorCode,
  EvaluationError,
  InterruptedError,
  InvalidInputError,
  JournalError,
  RunLockedError,
  ShapeError,
} from './errors.ts';
export type { EvaluateOptions, EvaluationProgress, Evaluator } from './evaluation/evaluator.ts';
export { InProcessEvaluator } from './evaluation/node/in-process-evaluator.ts';
export { ProcessPoolEvaluator, type ProcessPoolOptions } from './evaluation/node/process-pool-evaluator.ts';
export type { DataSelection, EvaluationOutcome, EvaluationTask } from './evaluation/task.ts';
export type { Individual } from './evolution/individual.ts';
export { crossOverGenomes } from './evolution/operators/crossover.ts';
export { mutateGenome } from './evolution/operators/mutation.ts';
export { NSGA2_SELECTION } from './evolution/operators/nsga2.ts';
export { type CostVector, crowdingDistances, dominates, sortIntoFronts } from './evolution/operators/pareto.ts';
export { FITNESS_SELECTION, type Selection, selectSurvivors } from './evolution/operators/selection.ts';
export { type AgingEvolutionSettings, createAgingEvolutionStrategy } from './evolution/strategies/aging-evolution.ts';
export { createGenerationalStrategy, type GenerationalSettings } from './evolution/strategies/generational.ts';
export { createRandomSearchStrategy, type RandomSearchSettings } from './evolution/strategies/random-search.ts';
export type { SearchStrategy } from './evolution/strategy.ts';
export { type Cohort, type HalvingSettings, type Standing, SuccessiveHalving } from './evolution/successive-halving.ts';
export type { WeightPrecision } from './export/compress-weights.ts';
export {
  EXPORT_FORMATS,
  type Exported,
  type ExportedFile,
  type ExportFormat,
  type ExportOptions,
  exportModel,
} from './export/export-model.ts';
export { estimateCost, type LayerCost, type NetworkCost, type NetworkInput } from './genome/cost.ts';
export type { Gene, Genome, PoolingGene, SkipGene } from './genome/genome.ts';
export type { HeadLayer } from './genome/head.ts';
export { formatImageShape, type ImageShape, parseImageShape } from './genome/image-shape.ts';
export { formatLayerTable, type LayerTable, layerTableOf } from './genome/layer-table.ts';
export { randomGenome } from './genome/random-genome.ts';
export { requireValidGenome, type SearchSpace, violation } from './genome/search-space.ts';
export { formatGenome, genomeId, parseGenome, shownGenome } from './genome/text.ts';
export { compileGraph } from './network/compile.ts';
export { compileDeployable, type TrainedState } from './network/deployable-graph.ts';
export type { OptimiserSettings } from './network/graph/optimiser.ts';
export { encodeOnnx } from './network/onnx/onnx-bytes.ts';
export {
  type ImagePreparation,
  type ModelMetadata,
  type NetworkStructure,
  readModelMetadata,
} from './network/onnx/onnx-metadata.ts';
export {
  buildEvaluationGraph,
  buildTrainingGraph,
  createNetwork,
  type Network,
  type Normalisation,
} from './network/training-graph.ts';
export { createRng, type Rng } from './random/rng.ts';
export { type DrawingOptions, drawArchitecture } from './report/network/architecture.ts';
export { writeDrawing } from './report/network/write-drawing.ts';
export {
  REPORT_FORMATS,
  type ReportFormat,
  type ReportOptions,
  type WrittenReport,
  writeReport,
} from './report/write-report.ts';
export { AutoCNN } from './search/auto-cnn/auto-cnn.ts';
export type {
  AutoCnnOptions,
  FurtherSettings,
  ObjectiveName,
  OptimizerOption,
} from './search/auto-cnn/auto-cnn-options.ts';
export type { LossOption, MetricOption } from './search/auto-cnn/keras-names.ts';
export {
  type LabelledImages,
  type NamedPrediction,
  TrainedCnn,
  type TrainOptions,
} from './search/auto-cnn/trained-cnn.ts';
export type {
  Callback,
  EpochEvent,
  EvaluationControl,
  EvaluationEndEvent,
  SearchControl,
  SearchEndEvent,
  TrainingEvent,
} from './search/callbacks/callback.ts';
export { type EarlyStoppingOptions, earlyStopping, type MonitoredValue } from './search/callbacks/early-stopping.ts';
export {
  type LearningRateScheduler,
  learningRateScheduler,
  type RateOfEpoch,
} from './search/callbacks/learning-rate-scheduler.ts';
export {
  BUDGET_EXAMPLES,
  type Budget,
  formatBudget,
  parseBudget,
  type TimeBudget,
  type WorkBudget,
} from './search/config/budget-text.ts';
export {
  BUDGET_KEYS,
  type BudgetKey,
  type ConfigSource,
  configJsonSchema,
  LOSS_NAMES,
  OPTIMISER_NAMES,
  SCHEDULE_NAMES,
  type SearchConfig,
  type SearchConfigInput,
  undecidedKeys,
} from './search/config/config.ts';
export { networkInputOf } from './search/config/network-input.ts';
export { COST_NAMES, type CostName } from './search/config/objectives.ts';
export { PICK_EXAMPLES } from './search/config/pick-rule.ts';
export {
  overPreset,
  PRESET_NAMES,
  type PresetName,
  presetSettings,
} from './search/config/presets.ts';
export {
  type CreateSearchOptions,
  createSearch,
  type ResumeSearchOptions,
  resumeSearch,
} from './search/create-search.ts';
export type * from './search/records/events.ts';
export type { EvaluationEntry, FinalEntry, JournalEntry } from './search/records/journal-entry.ts';
export type { RunFolder } from './search/records/run-folder.ts';
export type { FrontMember, RepeatStatistics, SearchSummary } from './search/records/summary.ts';
export { readJournal } from './search/run/journal.ts';
export { resolveConfig } from './search/run/resolve-config.ts';
export { openRunFolder, readConfigFile, readSummary } from './search/run/run-folder.ts';
export { Search } from './search/search.ts';
export { type ModelFile, readModelFile } from './search/trained/model-file.ts';
export { configBeside } from './search/trained/model-parts.ts';
export {
  type FilePrediction,
  type FilePredictions,
  type PredictFilesOptions,
  predictFiles,
  type UnreadableImage,
} from './search/trained/predict-files.ts';
export { nearestOf } from './text/did-you-mean.ts';
export { counted, duration, grouped, percent, scaled } from './text/figures.ts';
export { VERSION } from './version.ts';
