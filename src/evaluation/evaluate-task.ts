// The evaluation itself, identical in every process: compile, train, score, write the best weights.

import type { Dataset } from '../data/set/dataset.ts';
import { requireEngine } from '../engine/engine-kind.ts';
import { measureInference } from '../engine/measure.ts';
import type { Runtime } from '../engine/runtime.ts';
import { encodeState } from '../engine/state/safetensors.ts';
import { usableThreads, withThreads } from '../engine/threads.ts';
import { stepsPerEpoch } from '../engine/training/epoch-runner.ts';
import { stepsOf, type TrainingHooks, type TrainingResult, train } from '../engine/training/train.ts';
import { AutoCnnError, DataFormatError, EvaluationError } from '../errors.ts';
import { parseGenome } from '../genome/text.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import { createNetwork, type Network } from '../network/training-graph.ts';
import { createRng } from '../random/rng.ts';
import type { Storage } from '../storage.ts';
import { encodeCheckpoint, readInherited } from './checkpoint.ts';
import { recordDetails } from './epoch-details.ts';
import { cancelledError, type EvaluateOptions, type EvaluationProgress, failedOutcome } from './evaluator.ts';
import { type PreparedData, prepareSplits } from './select-data.ts';
import type { EvaluationOutcome, EvaluationTask } from './task.ts';

/** What an evaluation needs from its environment. */
export interface EvaluationHost {
  readonly runtime: Runtime;
  readonly storage: Storage;
}

/**
 * Trains and scores one genome: once for each split of its selection, that of the checkpoint last, as its epochs are scored
 * together with those of the others.
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
  const [first, ...others] = prepareSplits(dataset, task.selection);
  const { data, normalisation } = first;
  const metadata = { genome: task.genome, normalisation: JSON.stringify(normalisation) };
  let network: Network;
  let result: TrainingResult;
  let latency: Pick<EvaluationOutcome, 'latencyMs'> = {};
  try {
    const problem = { input: dataset.shape, classes: dataset.classes.length, ...task.network };
    network = createNetwork(parseGenome(task.genome), problem, normalisation);
    const encode = (state: TrainedState) => encodeState(network.layout, state, metadata);
    const inherited = task.parent && (await readInherited(storage, network, task.parent));
    const elsewhere: Pick<TrainingResult, 'scores'>[] = [];
    const report = onProgress && acrossSplits([...others, first], task, () => elsewhere.length, onProgress);
    for (const [index, split] of others.entries()) {
      // The last training of all may end early, and needs the scores of all epochs.
      const settings = { ...task.training, earlyStoppingPatience: undefined, stopBelow: undefined };
      const hooks: TrainingHooks = {
        ...(report && { onProgress: ({ step, totalSteps }) => report({ step, totalSteps }) }),
        ...(signal && { signal }),
      };
      const onSplit = createNetwork(network.genome, problem, split.normalisation);
      const rng = createRng(`${task.seed}/split ${index + 2}`);
      const { scores } = await train(engine, onSplit, settings, split.data, rng, hooks, inherited);
      elsewhere.push({ scores });
    }
    const hooks: TrainingHooks = {
      ...(report && reportingHooks(task, network, encode, report)),
      ...(signal && { signal }),
    };
    result = await train(engine, network, task.training, data, createRng(task.seed), hooks, inherited, elsewhere);
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

/**
 * Counts the steps of the trainings on all splits.
 *
 * @param splits  in the order in which they are trained on.
 * @param ended   how many of these trainings have ended.
 */
function acrossSplits(
  splits: readonly PreparedData[],
  { training }: EvaluationTask,
  ended: () => number,
  onProgress: (progress: EvaluationProgress) => void,
): (progress: EvaluationProgress) => void {
  const steps = splits.map(({ data }) => stepsOf(training, stepsPerEpoch(data, training.batchSize)));
  const stepsIn = (of: readonly number[]): number => of.reduce((sum, each) => sum + each, 0);
  const totalSteps = stepsIn(steps);
  return (progress) => onProgress({ ...progress, step: stepsIn(steps.slice(0, ended())) + progress.step, totalSteps });
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
