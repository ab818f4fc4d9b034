// Runs the steps of an epoch, or of a part of it, on a training session.

import { type AugmentationSettings, createAugmenter } from '../../data/set/augment.ts';
import { epochOrder } from '../../data/set/batches.ts';
import type { Examples } from '../../data/set/dataset.ts';
import { type ErrorDetails, EvaluationError } from '../../errors.ts';
import type { Network } from '../../network/training-graph.ts';
import type { Rng } from '../../random/rng.ts';
import { BatchBuffers } from '../batch-buffers.ts';
import type { Runtime } from '../runtime.ts';
import type { TrainingSession } from './training-session.ts';

/** The settings of a training that an epoch needs. */
interface EpochSettings {
  readonly batchSize: number;
  readonly augmentation?: AugmentationSettings | undefined;
}

interface EpochData {
  readonly examples: Examples;
  /** Positions of the training examples in `examples`. */
  readonly train: Int32Array;
}

interface StepHooks {
  readonly onProgress?: (progress: { readonly step: number; readonly totalSteps: number }) => void;
  readonly onBatch?: (loss: number, accuracy: number) => void;
  readonly signal?: AbortSignal;
}

/** The batches of an epoch to train on: from `from` to before `to`, where `takes` is true (default: all). */
export interface BatchRange {
  readonly from: number;
  readonly to: number;
  readonly takes?: (batch: number) => boolean;
}

export interface EpochSums {
  /** Mean over the examples trained on. */
  readonly loss: number;
  readonly accuracy: number;
  /** Number of examples trained on. */
  readonly examples: number;
}

export interface EpochRun {
  readonly session: TrainingSession;
  /** @param step  counted from 0 over all epochs. */
  readonly rateAt: (step: number) => number;
  readonly totalSteps: number;
  readonly hooks: StepHooks;
}

export type EpochRunner = (run: EpochRun, epoch: number, range: BatchRange) => Promise<EpochSums>;

/** Steps of an epoch that sees every training example once. */
export function stepsPerEpoch({ train }: Pick<EpochData, 'train'>, batchSize: number): number {
  return Math.ceil(train.length / batchSize);
}

/**
 * Creates a runner of epochs, which count from 1. The content of a batch depends only on `rng`, the epoch and the position
 * in the epoch, no matter which batches are trained on.
 */
export function createEpochRunner(
  runtime: Runtime,
  network: Network,
  { batchSize, augmentation = {} }: EpochSettings,
  data: EpochData,
  rng: Rng,
): EpochRunner {
  const { input } = network.problem;
  const buffers = new BatchBuffers(runtime, input, Math.min(batchSize, data.train.length));
  const augmenter = createAugmenter(augmentation, input, data.examples.count, rng);
  const perEpoch = stepsPerEpoch(data, batchSize);
  return async ({ session, rateAt, totalSteps, hooks }, epoch, { from, to, takes = () => true }) => {
    const order = epochOrder(data.train, rng.fork(`epoch ${epoch}`));
    const changes = rng.fork(`augmentation ${epoch}`);
    let lossSum = 0;
    let correct = 0;
    let examples = 0;
    for (let i = 0; i < to; i++) {
      const count = Math.min(batchSize, order.length - i * batchSize);
      if (i < from || !takes(i)) {
        augmenter?.skip(count, changes);
        continue;
      }
      hooks.signal?.throwIfAborted();
      const batch = buffers.fill(data.examples, order, i * batchSize, count);
      const shown = order.subarray(i * batchSize, i * batchSize + count);
      augmenter?.augment(batch.image.data as Uint8Array, batch.labels.data as Int32Array, shown, epoch, changes);
      const step = (epoch - 1) * perEpoch + i;
      const result = await session.step(batch, rateAt(step));
      if (!Number.isFinite(result.loss)) {
        throw diverged(`the loss became ${result.loss} in step ${i + 1} of epoch ${epoch}`, { epoch, step: i + 1 });
      }
      lossSum += result.loss * count;
      correct += result.correct;
      examples += count;
      hooks.onBatch?.(result.loss, result.correct / count);
      hooks.onProgress?.({ step: step + 1, totalSteps });
    }
    return { loss: lossSum / examples, accuracy: correct / examples, examples };
  };
}

/** Checks the parameters after the last update, which no later forward pass would check. */
export function requireFinite(parameters: Float32Array, epoch: number): void {
  if (!parameters.every(Number.isFinite))
    throw diverged(`a parameter is not a finite number after epoch ${epoch}`, { epoch });
}

export function diverged(message: string, details: ErrorDetails): EvaluationError {
  return new EvaluationError('diverged', message, { details });
}
