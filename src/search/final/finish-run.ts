// The end of a run: the model file, its only look at the test set, the summary.

import type { Dataset } from '../../data/set/dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import type { Runtime } from '../../engine/runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { Score } from '../../engine/scoring/scorer.ts';
import { writeFileAtomically } from '../../files/write-file.ts';
import { versionsWith } from '../../version.ts';
import type { SearchConfig } from '../config/config.ts';
import { modelCard } from '../model/model-card.ts';
import { buildModel } from '../model/model-file.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import { describeRepeats } from '../records/repeats.ts';
import type { SearchSummary } from '../records/summary.ts';
import { removeUnfinishedCheckpoints } from '../run/run-folder.ts';
import { PredictionRecorder, writePredictions } from '../run/test-predictions.ts';
import type { OpenRun } from '../start-run.ts';

const BATCH = 250;

export interface RunCounts {
  readonly evaluations: number;
  readonly failures: number;
  readonly cacheHits: number;
  readonly reused: number;
  readonly generations: number;
  /** Of all candidates. */
  readonly searchWork: number;
  readonly searchSeconds: number;
  readonly finalTrainingSeconds: number;
  readonly elapsedSeconds: () => number;
  readonly dataset: SearchSummary['dataset'];
}

/** What a run has trained. */
export interface TrainedNetworks {
  /** Becomes the model. */
  readonly chosen: EvaluationEntry | FinalEntry;
  /** All on all training images, the chosen one among them; none if those trainings failed. */
  readonly finals: readonly FinalEntry[];
  /** In the search, if there was one. */
  readonly evaluation: EvaluationEntry | undefined;
  /** That it was picked from. */
  readonly front?: Pick<SearchSummary, 'pareto' | 'picked'> | undefined;
}

/**
 * Writes `model.onnx`, scores that very file and other final trainings on the test set, writes `test-predictions.json`,
 * `MODEL.md` and, as the last, `summary.json`.
 */
export async function finishRun(
  run: OpenRun,
  { chosen, finals, evaluation, front }: TrainedNetworks,
  counts: RunCounts,
): Promise<SearchSummary> {
  const { folder, dataset, config } = run;
  const runtime = await loadNodeRuntime();
  const bytes = await writeModel(run, chosen.genome, chosen.id);
  const recorder = new PredictionRecorder(dataset);
  const score = await scoreOnTest(runtime, bytes, folder.model, dataset, recorder);
  const accuracies: number[] = [];
  for (const { id, genome } of finals) {
    const path = folder.checkpoint(id);
    const other = id === chosen.id ? undefined : await buildModel(genome, config, dataset, path);
    accuracies.push(other === undefined ? score.accuracy : (await scoreOnTest(runtime, other, path, dataset)).accuracy);
  }
  const repeats = describeRepeats(accuracies);
  const { elapsedSeconds, searchSeconds, searchWork, finalTrainingSeconds, ...rest } = counts;
  const summary: SearchSummary = {
    genome: chosen.genome,
    ...(evaluation && describeEvaluation(evaluation, config)),
    ...front,
    testAccuracy: score.accuracy,
    testLoss: score.loss,
    testExamples: dataset.test.count,
    ...(repeats && { repeats }),
    parameters: chosen.parameters,
    flops: chosen.flops,
    ...rest,
    ...(config.budget && { budget: { ...config.budget, searchWork, finalEpochs: config.finalEpochs } }),
    seconds: elapsedSeconds(),
    searchSeconds,
    finalTrainingSeconds,
    seed: config.seed,
    lowering: config.lowering === 'plain' ? 'plain' : 'blocked',
    versions: versionsWith(runtime.name),
  };
  removeUnfinishedCheckpoints(folder);
  await writePredictions(folder, recorder.predictions);
  await writeFileAtomically(folder.card, [Buffer.from(modelCard(summary, config))]);
  await writeFileAtomically(folder.summary, [Buffer.from(`${JSON.stringify(summary, null, 2)}\n`)]);
  return summary;
}

/** Writes `model.onnx` with the weights of a checkpoint and returns its bytes. */
export async function writeModel(
  { folder, config, dataset }: Pick<OpenRun, 'folder' | 'config' | 'dataset'>,
  genome: string,
  checkpointId: string,
): Promise<Uint8Array> {
  const bytes = await buildModel(genome, config, dataset, folder.checkpoint(checkpointId));
  await writeFileAtomically(folder.model, [bytes]);
  return bytes;
}

async function scoreOnTest(
  runtime: Runtime,
  bytes: Uint8Array,
  name: string,
  { test, shape }: Dataset,
  recorder?: PredictionRecorder,
): Promise<Score> {
  const model = await DeployedModel.load(runtime, bytes, name);
  const score = await model.evaluate(test, shape, BATCH, (prediction, from) => recorder?.add(prediction, from));
  await model.release();
  return score;
}

function describeEvaluation(
  { history, bestEpoch, fitness }: EvaluationEntry,
  { training, fitnessOn }: SearchConfig,
): Pick<SearchSummary, 'validationAccuracy' | 'fitness'> {
  return {
    validationAccuracy: history[bestEpoch - 1]?.validationAccuracy ?? fitness,
    fitness: { metric: training.metrics[0] ?? 'accuracy', on: fitnessOn, value: fitness },
  };
}
