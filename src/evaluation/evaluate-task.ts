// The evaluation itself, identical in every process: compile, train, score, write the best weights.

import type { Dataset } from '../data/set/dataset.ts';
import { requireEngine } from '../engine/engine-kind.ts';
import { measureInference } from '../engine/measure.ts';
import type { Runtime } from '../engine/runtime.ts';
import { encodeState } from '../engine/state/safetensors.ts';
import { usableThreads, withThreads } from '../engine/threads.ts';
import { type TrainingHooks, type TrainingResult, train } from '../engine/training/train.ts';
import { AutoCnnError, DataFormatError, EvaluationError } from '../errors.ts';
import { parseGenome } from '../genome/text.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import { createNetwork, type Network } from '../network/training-graph.ts';
import { createRng } from '../random/rng.ts';
import type { Storage } from '../storage.ts';
import { encodeCheckpoint, readInherited } from './checkpoint.ts';
import { recordDetails } from './epoch-details.ts';
import { cancelledError, type EvaluateOptions, type EvaluationProgress, failedOutcome } from './evaluator.ts';
import { prepareData } from './select-data.ts';
import type { EvaluationOutcome, EvaluationTask } from './task.ts';

/** What an evaluation needs from its environment. */
export interface EvaluationHost {
  readonly runtime: Runtime;
  readonly storage: Storage;
}

/**
 * Trains and scores one genome.
 *
 * @returns the outcome; if the candidate itself fails, an outcome with fitness 0.
 * @throws errors that are not the candidate's fault: see `Evaluator.evaluate`.
 */
export async function evaluateTask(
  { runtime, storage }: EvaluationHost,
  dataset: Dataset,
  task: EvaluationTask,
  { onProgress, signal, threads = 1 }: EvaluateOptions = {},
): Promise<EvaluationOutcome> {
  const { lowering = 'plain' } = task;
  const oneThread = await requireEngine(runtime, lowering, task.engineKind);
  const engine = withThreads(oneThread, usableThreads(lowering, threads));
  const { data, normalisation } = prepareData(dataset, task.selection);
  const metadata = { genome: task.genome, normalisation: JSON.stringify(normalisation) };
  let network: Network;
  let result: TrainingResult;
  let latency: Pick<EvaluationOutcome, 'latencyMs'> = {};
  try {
    network = createNetwork(
      parseGenome(task.genome),
      { input: dataset.shape, classes: dataset.classes.length, ...task.network },
      normalisation,
    );
    const encode = (state: TrainedState) => encodeState(network.layout, state, metadata);
    const hooks: TrainingHooks = {
      ...(onProgress && reportingHooks(task, network, encode, onProgress)),
      ...(signal && { signal }),
    };
    const inherited = task.parent && (await readInherited(storage, network, task.parent));
    result = await train(engine, network, task.training, data, createRng(task.seed), hooks, inherited);
    if (task.latency) latency = { latencyMs: await measureLatency(runtime, network) };
  } catch (error) {
    if (signal?.aborted) throw cancelledError(error);
    return failedOutcome(candidateFailure(error));
  }
  const { fitness, history, bestEpoch, pruned } = result;
  const outcome: EvaluationOutcome = { fitness, history, bestEpoch, ...(pruned && { pruned }), ...latency };
  if (task.checkpointPath !== undefined) {
    const { id } = task;
    const bytes =
      id === undefined
        ? encodeState(network.layout, result.best, metadata)
        : await encodeCheckpoint(network.layout, result.best, outcome, { id, ...metadata });
    await storage.write(task.checkpointPath, bytes);
  }
  return outcome;
}

/** Rounded to the microsecond; finer digits are noise. */
async function measureLatency(runtime: Runtime, network: Network): Promise<number> {
  const { ms } = await measureInference(runtime, network, { batch: 1 });
  return Math.round(ms * 1000) / 1000;
}

/** Reports details and weights with each epoch, as the task requires. */
function reportingHooks(
  { details, weights, training }: EvaluationTask,
  { layout }: Network,
  encode: (state: TrainedState) => Uint8Array,
  onProgress: (progress: EvaluationProgress) => void,
): TrainingHooks {
  let best: TrainedState | undefined;
  const report = (progress: EvaluationProgress): void =>
    onProgress(weights && progress.epoch && best ? { ...progress, weights: encode(best) } : progress);
  const hooks: TrainingHooks = details
    ? recordDetails(layout, Math.ceil(training.epochs), report)
    : { onProgress: report };
  return {
    ...hooks,
    onEpochEnd: (epoch, parameters, state) => {
      best = state;
      hooks.onEpochEnd?.(epoch, parameters, state);
    },
  };
}

/** @throws {DataFormatError} unchanged: damaged data is not the candidate's fault. */
export function candidateFailure(error: unknown): EvaluationError {
  if (error instanceof DataFormatError) throw error;
  if (error instanceof EvaluationError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AutoCnnError && error.code === 'INVALID_INPUT') {
    return new EvaluationError('invalid', message, { cause: error });
  }
  // The runtime's allocator and the JavaScript heap word this error differently.
  if (/alloc|out of memory|array buffer|invalid typed array length/i.test(message)) {
    return new EvaluationError('out-of-memory', message, { cause: error });
  }
  return new EvaluationError('error', message, { cause: error });
}
