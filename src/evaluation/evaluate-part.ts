// Evaluates a part of a training: starts from the mean of states in files, takes some steps, and writes a state to a file.

import type { Dataset } from '../data/set/dataset.ts';
import { requireEngine } from '../engine/engine-kind.ts';
import type { Runtime } from '../engine/runtime.ts';
import { usableThreads, withThreads } from '../engine/threads.ts';
import { type PartResult, PartTrainer } from '../engine/training/part-trainer.ts';
import type { TrainingHooks } from '../engine/training/train.ts';
import { parseGenome } from '../genome/text.ts';
import { createNetwork, type Network } from '../network/training-graph.ts';
import { createRng } from '../random/rng.ts';
import type { Storage } from '../storage.ts';
import { encodeCheckpoint, readInherited, readMeanState } from './checkpoint.ts';
import { recordDetails } from './epoch-details.ts';
import { candidateFailure, type EvaluationHost, evaluateTask } from './evaluate-task.ts';
import { cancelledError, type EvaluateOptions, failedOutcome } from './evaluator.ts';
import { prepareData } from './select-data.ts';
import type { EvaluationOutcome, EvaluationTask, TaskPart } from './task.ts';

export type TaskEvaluator = (
  dataset: Dataset,
  task: EvaluationTask,
  options?: EvaluateOptions,
) => Promise<EvaluationOutcome>;

/**
 * Evaluates whole tasks like {@link evaluateTask}, and parts of trainings. It keeps what the next part of the same training
 * needs, above all the compiled training step.
 */
export function createTaskEvaluator(host: EvaluationHost): TaskEvaluator {
  const { runtime, storage } = host;
  // Unset while in use, because tasks may overlap.
  let kept: Preparation | undefined;
  return async (dataset, task, options = {}) => {
    const { part, lowering = 'plain' } = task;
    const threads = usableThreads(lowering, options.threads ?? 1);
    const engine = withThreads(await requireEngine(runtime, lowering, task.engineKind), threads);
    const key = part && keyOf(task, threads);
    const ready = kept;
    kept = undefined;
    if (ready?.key !== key) await ready?.trainer.release();
    if (part === undefined || key === undefined) return evaluateTask(host, dataset, task, options);
    let prepared: Preparation;
    try {
      prepared = ready?.key === key ? ready : await prepare(host, engine, dataset, task, key);
    } catch (error) {
      return failedOutcome(candidateFailure(error));
    }
    try {
      return await evaluatePart(storage, prepared, task, part, options);
    } finally {
      if (kept === undefined) kept = prepared;
      else await prepared.trainer.release();
    }
  };
}

interface Preparation {
  readonly key: string;
  readonly network: Network;
  readonly trainer: PartTrainer;
}

/** Identical for all parts of one training with the same threads. */
function keyOf(
  { genome, network, lowering, dataset, selection, training, seed, parent }: EvaluationTask,
  threads: number,
): string {
  return JSON.stringify([genome, network, lowering, dataset, selection, training, seed, threads, parent?.id]);
}

async function prepare(
  { storage }: EvaluationHost,
  runtime: Runtime,
  dataset: Dataset,
  task: EvaluationTask,
  key: string,
): Promise<Preparation> {
  const problem = { input: dataset.shape, classes: dataset.classes.length, ...task.network };
  const { data, normalisation } = prepareData(dataset, task.selection);
  const network = createNetwork(parseGenome(task.genome), problem, normalisation);
  const inherited = task.parent && (await readInherited(storage, network, task.parent));
  const trainer = new PartTrainer(runtime, network, task.training, data, createRng(task.seed), inherited);
  return { key, network, trainer };
}

async function evaluatePart(
  storage: Storage,
  { network, trainer }: Preparation,
  { id = '', genome, training, details, checkpointPath }: EvaluationTask,
  part: TaskPart,
  { onProgress, signal }: EvaluateOptions,
): Promise<EvaluationOutcome> {
  const { layout, normalisation } = network;
  const start = await readMeanState(storage, layout, part.start);
  let result: PartResult;
  try {
    const hooks: TrainingHooks = {
      ...(onProgress && { onProgress }),
      ...(onProgress && details && recordDetails(layout, Math.ceil(training.epochs), onProgress)),
      ...(signal && { signal }),
    };
    result = await trainer.train(part, start, hooks);
  } catch (error) {
    if (signal?.aborted) throw cancelledError(error);
    return failedOutcome(candidateFailure(error));
  }
  const { history, state } = result;
  const outcome: EvaluationOutcome = { fitness: 0, history, bestEpoch: history.at(-1)?.epoch ?? 0 };
  if (checkpointPath !== undefined) {
    const metadata = { id, genome, normalisation: JSON.stringify(normalisation) };
    await storage.write(checkpointPath, await encodeCheckpoint(layout, state, outcome, metadata));
  }
  return outcome;
}
