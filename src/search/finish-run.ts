// The end of a run: the model file, its only look at the test set, the summary.

import { writeFileAtomically } from '../data/write-file.ts';
import { DeployedModel } from '../engine/deployed-model.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import type { EvaluationEntry, FinalEntry } from './journal.ts';
import { buildModel } from './model-file.ts';
import type { OpenRun } from './open-run.ts';
import type { SearchSummary } from './summary.ts';
import { versionsWith } from './version.ts';

export interface RunCounts {
  readonly evaluations: number;
  readonly failures: number;
  readonly cacheHits: number;
  readonly generations: number;
  readonly searchSeconds: number;
  readonly elapsedSeconds: () => number;
  readonly dataset: SearchSummary['dataset'];
}

/** Writes `model.onnx`, scores that very file on the test set, writes `summary.json`. */
export async function finishRun(
  run: OpenRun,
  best: EvaluationEntry,
  final: FinalEntry | undefined,
  counts: RunCounts,
): Promise<SearchSummary> {
  const { folder, dataset, config } = run;
  const bytes = await writeModel(run, best.genome, final?.id ?? best.id);
  const runtime = await loadNodeRuntime();
  const model = await DeployedModel.load(runtime, bytes, folder.model);
  const score = await model.score(dataset.test, dataset.shape);
  await model.release();
  const { elapsedSeconds, searchSeconds, ...rest } = counts;
  const summary: SearchSummary = {
    genome: best.genome,
    validationAccuracy: best.history[best.bestEpoch - 1]?.validationAccuracy ?? best.fitness,
    fitness: { metric: config.training.metrics[0] ?? 'accuracy', on: config.fitnessOn, value: best.fitness },
    testAccuracy: score.accuracy,
    testLoss: score.loss,
    testExamples: dataset.test.count,
    parameters: best.parameters,
    flops: best.flops,
    ...rest,
    seconds: elapsedSeconds(),
    searchSeconds,
    finalTrainingSeconds: final?.seconds ?? 0,
    seed: config.seed,
    versions: versionsWith(runtime.name),
  };
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
