// What the command line needs beyond the public library. Not public: the package does not export it, and it may change with
// any version.

export { writeContactSheet } from './data/build/contact-sheet.ts';
export { explainDataset } from './data/load-dataset.ts';
export type { FileRole } from './data/set/source.ts';

export { measureInference, measureTrainingStep, type Timing } from './engine/measure.ts';
export { loadRuntime, loadScoringRuntime } from './engine/node/load-runtime.ts';
export { type DeviceReport, MEASURED_GENOME } from './engine/node/try-device.ts';
export { tryDevices } from './engine/node/try-devices.ts';
export type { ClassificationReport } from './engine/scoring/classification-report.ts';
export { DeployedModel } from './engine/scoring/deployed-model.ts';
export { METRIC_NAMES } from './engine/scoring/metrics.ts';
export { InProcessEvaluator } from './evaluation/node/in-process-evaluator.ts';
export { type QueueState, watchQueue } from './evaluation/queue/queue-watch.ts';
export { QueueWorker } from './evaluation/queue/worker/queue-worker.ts';
export { EXPORT_FORMATS, type ExportedFile } from './export/export-model.ts';
export { firstFreeFolder } from './files/new-folder.ts';
export { formatImageShape, parseImageShape } from './genome/image-shape.ts';
export { formatLayerTable, layerTableOf } from './genome/layer-table.ts';
export { shownGenome } from './genome/text.ts';
export { madeUpNormalisation } from './network/normalisation.ts';
export { createNetwork } from './network/training-graph.ts';
export { drawArchitecture } from './report/network/architecture.ts';
export { writeDrawing } from './report/network/write-drawing.ts';
export { writeSuspectsPage } from './report/suspects/write-suspects-page.ts';
export { REPORT_FORMATS } from './report/write-report.ts';
export { searchImages, usedImages } from './search/budget/candidate-work.ts';
export { BUDGET_EXAMPLES, formatBudget } from './search/config/budget-text.ts';
export { splitsOf } from './search/config/fidelity-schema.ts';
export { networkInputOf } from './search/config/network-input.ts';
export { COST_NAMES } from './search/config/objectives.ts';
export { PICK_EXAMPLES } from './search/config/pick-rule.ts';
export { openBalance, overPreset, PRESET_NAMES, presetSettings } from './search/config/presets.ts';
export { withoutStale } from './search/config/stale-keys.ts';
export { LOSS_NAMES, OPTIMISER_NAMES, SCHEDULE_NAMES } from './search/config/training-schema.ts';
export { AUTO_GENOME, searchShareFor, undecidedKeys } from './search/config/undecided-keys.ts';
export { trainingsOf } from './search/config/views.ts';
export type { FrontStartEvent } from './search/records/events.ts';
export type { FrontMember } from './search/records/summary.ts';
export { resolveConfig } from './search/run/resolve-config.ts';
export { openRunFolder, readConfigFile, readSummary, tidyRunFolder } from './search/run/run-folder.ts';
export { type FoundSuspects, findSuspects } from './search/suspects/find-suspects.ts';
export { writeRanking } from './search/suspects/write-ranking.ts';
export type { FilePrediction, UnreadableImage } from './search/trained/predict-files.ts';
export { imagesToScore, type ScoredImages, type ScoredPart } from './search/trained/scored-images.ts';
export { nearestOf } from './text/did-you-mean.ts';
export { counted, countedParts, duration, grouped, intervalText, percent, scaled } from './text/figures.ts';
