// A whole final training as parts of some epochs each, with the result that it has at once, bit for bit: so a worker that is lost
// loses some seconds.

import { rm } from 'node:fs/promises';
import { readPackedDataset } from '../../data/cache/packed-file.ts';
import { stepsPerEpoch } from '../../engine/training/epoch-runner.ts';
import { type EpochRecord, stepsOf } from '../../engine/training/train.ts';
import { fileStorage } from '../../files/file-storage.ts';
import { temporaryName } from '../../files/write-file.ts';
import { parseGenome } from '../../genome/text.ts';
import { planLayers } from '../../network/layers.ts';
import { layOutParameters } from '../../network/parameters.ts';
import { encodeMeanCheckpoint } from '../checkpoint.ts';
import type { EvaluateOptions, EvaluationProgress, Evaluator } from '../evaluator.ts';
import { selectData } from '../select-data.ts';
import type { EvaluationOutcome, EvaluationTask, StateFile, TaskPart } from '../task.ts';

/** What a stretch is to take. */
const STRETCH_MS = 15_000;

/** Dropout draws its masks anew for each part, a plateau needs all losses, and weights are not reported within a part. */
export function isDivisible({ id, part, checkpointPath, network, training, weights }: EvaluationTask): boolean {
  const drops = network?.head?.some(({ type }) => type === 'dropout') === true;
  const isWhole = id !== undefined && part === undefined && checkpointPath !== undefined;
  return isWhole && !drops && !weights && training.schedule.name !== 'reduce-on-plateau';
}

/**
 * @param task      without validation; see {@link isDivisible}.
 * @param evaluate  trains a part.
 * @returns undefined if it fails: at once, it fails with the message that it should have.
 * @throws the errors of `evaluate`.
 */
export async function trainInStretches(
  task: EvaluationTask,
  { onProgress, ...options }: EvaluateOptions,
  evaluate: Evaluator['evaluate'],
): Promise<EvaluationOutcome | undefined> {
  const { id = '', genome, checkpointPath = '', training, selection } = task;
  const dataset = await readPackedDataset(task.dataset.path, 0);
  const perEpoch = stepsPerEpoch(selectData(dataset, selection), training.batchSize);
  const total = stepsOf(training, perEpoch);
  const history: EpochRecord[] = [];
  let state: StateFile | undefined;
  let epochs = 1;
  let reported = 0;
  // A stretch that a second machine repeats reports its epochs again.
  const report = ({ epoch, ...progress }: EvaluationProgress): void => {
    if (epoch === undefined) onProgress?.(progress);
    if (epoch === undefined || epoch.epoch <= reported) return;
    reported = epoch.epoch;
    const step = Math.min(total, reported * perEpoch);
    onProgress?.({ ...progress, step, totalSteps: total, epoch: withoutExamples(epoch) });
  };
  try {
    for (let from = 0; from < total; ) {
      const to = Math.min(total, from + epochs * perEpoch);
      const next: StateFile = { id: `${id}-${to}`, path: temporaryName(checkpointPath) };
      const start = state === undefined ? [] : [state];
      const part: TaskPart = { from, to, replica: 0, replicas: 1, plan: [{ at: 0, total }], start };
      const began = performance.now();
      const outcome = await evaluate(
        { ...task, id: next.id, checkpointPath: next.path, part },
        { ...options, onProgress: report },
      );
      if (outcome.failure !== undefined) return undefined;
      history.push(...outcome.history.map(withoutExamples));
      await remove(state);
      state = next;
      from = to;
      epochs = Math.max(1, Math.round((epochs * STRETCH_MS) / (performance.now() - began)));
    }
    const outcome: EvaluationOutcome = { fitness: 0, history, bestEpoch: history.length };
    const problem = { input: dataset.shape, classes: dataset.classes.length, ...task.network };
    const layout = layOutParameters(planLayers(parseGenome(genome), problem));
    const files = state === undefined ? [] : [state];
    await fileStorage.write(checkpointPath, await encodeMeanCheckpoint(fileStorage, layout, files, outcome, id));
    return outcome;
  } finally {
    await remove(state);
  }
}

function withoutExamples({ examples: _, ...record }: EpochRecord): EpochRecord {
  return record;
}

async function remove(state: StateFile | undefined): Promise<void> {
  if (state !== undefined) await rm(state.path, { force: true }).catch(() => {});
}
