// The public library.

export { writeContactSheet } from './data/contact-sheet.ts';
export { type Dataset, type Examples, imageSizeOf, readImages, type StoredImages } from './data/dataset.ts';
export { type DatasetDescription, describeDataset } from './data/describe-dataset.ts';
export { type ArrayDataset, datasetFromArrays, type ImageArray, type LabelArray } from './data/from-arrays.ts';
export { type LoadOptions, loadDataset } from './data/load-dataset.ts';
export { channelStatistics } from './data/statistics.ts';
export type {
  Calibration,
  CalibrationBin,
  ClassificationReport,
  ClassScore,
} from './engine/classification-report.ts';
export { DeployedModel, type Prediction } from './engine/deployed-model.ts';
export { type MeasureOptions, measureInference, measureTrainingStep, type Timing } from './engine/measure.ts';
export { METRIC_NAMES, type MetricName } from './engine/metrics.ts';
export { loadNodeRuntime } from './engine/node/onnxruntime-node.ts';
export type { Runtime, RuntimeSession, RuntimeTensor } from './engine/runtime.ts';
export type { Score } from './engine/scorer.ts';
export {
  type EpochRecord,
  type TrainingData,
  type TrainingResult,
  type TrainingSettings,
  train,
} from './engine/train.ts';
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
export { InProcessEvaluator } from './evaluation/in-process-evaluator.ts';
export { ProcessPoolEvaluator, type ProcessPoolOptions } from './evaluation/process-pool-evaluator.ts';
export type { DataSelection, EvaluationOutcome, EvaluationTask } from './evaluation/task.ts';
export { type AgingEvolutionSettings, createAgingEvolutionStrategy } from './evolution/aging-evolution.ts';
export { crossOverGenomes } from './evolution/crossover.ts';
export { createGenerationalStrategy, type GenerationalSettings } from './evolution/generational.ts';
export type { Individual } from './evolution/individual.ts';
export { mutateGenome } from './evolution/mutation.ts';
export { NSGA2_SELECTION } from './evolution/nsga2.ts';
export { type CostVector, crowdingDistances, dominates, sortIntoFronts } from './evolution/pareto.ts';
export { createRandomSearchStrategy, type RandomSearchSettings } from './evolution/random-search.ts';
export { FITNESS_SELECTION, type Selection, selectSurvivors } from './evolution/selection.ts';
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
export { randomGenome } from './genome/random-genome.ts';
export { requireValidGenome, type SearchSpace, violation } from './genome/search-space.ts';
export { formatGenome, genomeId, parseGenome, shownGenome } from './genome/text.ts';
export { compileGraph } from './network/compile.ts';
export { compileDeployable, type TrainedState } from './network/deployable-graph.ts';
export { encodeOnnx } from './network/onnx-bytes.ts';
export {
  type ImagePreparation,
  type ModelMetadata,
  type NetworkStructure,
  readModelMetadata,
} from './network/onnx-metadata.ts';
export type { OptimiserSettings } from './network/optimiser.ts';
export {
  buildEvaluationGraph,
  buildTrainingGraph,
  createNetwork,
  type Network,
  type Normalisation,
} from './network/training-graph.ts';
export { createRng, type Rng } from './random/rng.ts';
export { type DrawingOptions, drawArchitecture } from './report/architecture.ts';
export { writeDrawing } from './report/write-drawing.ts';
export {
  REPORT_FORMATS,
  type ReportFormat,
  type ReportOptions,
  type WrittenReport,
  writeReport,
} from './report/write-report.ts';
export { AutoCNN } from './search/auto-cnn.ts';
export type { AutoCnnOptions, FurtherSettings, ObjectiveName, OptimizerOption } from './search/auto-cnn-options.ts';
export {
  BUDGET_EXAMPLES,
  type Budget,
  formatBudget,
  parseBudget,
  type TimeBudget,
  type WorkBudget,
} from './search/budget.ts';
export type {
  Callback,
  EpochEvent,
  EvaluationControl,
  EvaluationEndEvent,
  SearchControl,
  SearchEndEvent,
  TrainingEvent,
} from './search/callbacks.ts';
export {
  BUDGET_KEYS,
  type BudgetKey,
  type ConfigSource,
  configJsonSchema,
  LOSS_NAMES,
  OPTIMISER_NAMES,
  resolveConfig,
  SCHEDULE_NAMES,
  type SearchConfig,
  type SearchConfigInput,
  undecidedKeys,
} from './search/config.ts';
export {
  type CreateSearchOptions,
  createSearch,
  type ResumeSearchOptions,
  resumeSearch,
} from './search/create-search.ts';
export { type EarlyStoppingOptions, earlyStopping, type MonitoredValue } from './search/early-stopping.ts';
export type * from './search/events.ts';
export type { FrontMember } from './search/front.ts';
export { type EvaluationEntry, type FinalEntry, type JournalEntry, readJournal } from './search/journal.ts';
export type { LossOption, MetricOption } from './search/keras-names.ts';
export { grouped, type LayerTable, layerTableOf, scaled } from './search/layer-table.ts';
export {
  type LearningRateScheduler,
  learningRateScheduler,
  type RateOfEpoch,
} from './search/learning-rate-scheduler.ts';
export { type ModelFile, readModelFile } from './search/model-file.ts';
export { nearestOf } from './search/nearest.ts';
export { networkInputOf } from './search/network-input.ts';
export { COST_NAMES, type CostName } from './search/objectives.ts';
export { PICK_EXAMPLES } from './search/pick.ts';
export {
  type FileFailure,
  type FilePrediction,
  type FilePredictions,
  type PredictFilesOptions,
  predictFiles,
} from './search/predict-files.ts';
export {
  overPreset,
  PRESET_NAMES,
  type PresetName,
  presetSettings,
} from './search/presets.ts';
export type { RepeatStatistics } from './search/repeats.ts';
export { openRunFolder, type RunFolder, readConfigFile, readSummary } from './search/run-folder.ts';
export { Search } from './search/search.ts';
export type { SearchSummary } from './search/summary.ts';
export { type LabelledImages, type NamedPrediction, TrainedCnn, type TrainOptions } from './search/trained-cnn.ts';
export { configBeside } from './search/trained-model.ts';
export { VERSION } from './search/version.ts';
