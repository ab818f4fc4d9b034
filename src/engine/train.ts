// The training loop: epochs of steps, scored on validation data, the best epoch's weights kept.

import { epochOrder } from '../data/batches.ts';
import type { Examples } from '../data/dataset.ts';
import { type ErrorDetails, EvaluationError } from '../errors.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import type { OptimiserSettings } from '../network/optimiser.ts';
import type { Network } from '../network/training-graph.ts';
import type { Rng } from '../random/rng.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { initialiseState } from './initialise.ts';
import type { Runtime } from './runtime.ts';
import { learningRateAt, type ScheduleSettings } from './schedule.ts';
import { Scorer } from './scorer.ts';
import { TrainingSession } from './training-session.ts';

export interface TrainingSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimiser: OptimiserSettings;
  readonly schedule: ScheduleSettings;
  /** Of the running statistics of batch normalisation. */
  readonly statisticsMomentum: number;
}

/** One epoch. Holds no times, so that equal trainings have equal histories. */
export interface EpochRecord {
  /** Counts from 1. */
  readonly epoch: number;
  /** Mean over the training examples, while they were trained on. */
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
}

export interface TrainingData {
  readonly examples: Examples;
  /** Positions of the training examples in `examples`. */
  readonly train: Int32Array;
  /** Positions of the validation examples; empty: none, and the last epoch is the best. */
  readonly validation: Int32Array;
}

export interface TrainingProgress {
  /** Steps done so far, over all epochs. */
  readonly step: number;
  readonly totalSteps: number;
  /** Set when an epoch is complete. */
  readonly epoch?: EpochRecord;
}

export interface TrainingHooks {
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** After each step, before its progress: mean loss over its batch and the share that was classified right. */
  readonly onBatch?: (loss: number, accuracy: number) => void;
  /** After each epoch, before its progress: the parameters, which the next step overwrites. */
  readonly onEpochEnd?: (epoch: number, parameters: Float32Array) => void;
  readonly signal?: AbortSignal;
}

export interface TrainingResult {
  readonly history: readonly EpochRecord[];
  /** The epoch with the highest validation accuracy (the first of equals); without validation data the last. */
  readonly bestEpoch: number;
  /** The state after that epoch. */
  readonly best: TrainedState;
}

/** Batch size of scoring: large enough to hide overheads, small enough for the cache. */
const SCORING_BATCH = 128;

/**
 * Trains a network from its initial state. The same arguments give the same result, bit for bit.
 *
 * @param rng  streams `initial state` and `epoch …` are forked from it.
 * @throws {EvaluationError} `diverged` if a training or validation loss is not a finite number; the signal's reason if it is aborted.
 */
export async function train(
  runtime: Runtime,
  network: Network,
  settings: TrainingSettings,
  data: TrainingData,
  rng: Rng,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const initial = initialiseState(network.layout, rng.fork('initial state'));
  const { optimiser, statisticsMomentum } = settings;
  const session = await TrainingSession.create(runtime, network, optimiser, initial, statisticsMomentum);
  const scorer = data.validation.length > 0 ? await Scorer.create(runtime, network, SCORING_BATCH) : undefined;
  try {
    const history: EpochRecord[] = [];
    let best: { accuracy: number; epoch: number; state: TrainedState } | undefined;
    const runEpoch = createEpochRunner(runtime, network, session, settings, data, rng, hooks);
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const trained = await runEpoch(epoch);
      const score = await scorer?.score(session.state, data.examples, data.validation, hooks.signal);
      if (score !== undefined && !Number.isFinite(score.loss)) {
        throw diverged(`the validation loss became ${score.loss} after epoch ${epoch}`, { epoch });
      }
      const record: EpochRecord = {
        epoch,
        ...trained,
        ...(score && { validationLoss: score.loss, validationAccuracy: score.accuracy }),
      };
      history.push(record);
      const accuracy = score?.accuracy ?? epoch;
      if (best === undefined || accuracy > best.accuracy) best = { accuracy, epoch, state: session.snapshot() };
      // No later forward pass would show that the last update broke the network.
      if (!best.state.parameters.every(Number.isFinite)) {
        throw diverged(`a parameter is no finite number after epoch ${epoch}`, { epoch });
      }
      const totalSteps = stepsPerEpoch(settings, data) * settings.epochs;
      hooks.onEpochEnd?.(epoch, session.state.parameters.data as Float32Array);
      hooks.onProgress?.({ step: epoch * stepsPerEpoch(settings, data), totalSteps, epoch: record });
    }
    return { history, bestEpoch: best?.epoch ?? 0, best: best?.state ?? initial };
  } finally {
    await session.release();
    await scorer?.release();
  }
}

function createEpochRunner(
  runtime: Runtime,
  network: Network,
  session: TrainingSession,
  settings: TrainingSettings,
  data: TrainingData,
  rng: Rng,
  { onProgress, onBatch, signal }: TrainingHooks,
): (epoch: number) => Promise<{ loss: number; accuracy: number }> {
  const { batchSize, learningRate, schedule, epochs } = settings;
  const buffers = new BatchBuffers(runtime, network.problem.input, Math.min(batchSize, data.train.length));
  const perEpoch = stepsPerEpoch(settings, data);
  const totalSteps = perEpoch * epochs;
  return async (epoch) => {
    const order = epochOrder(data.train, rng.fork(`epoch ${epoch}`));
    let lossSum = 0;
    let correct = 0;
    for (let i = 0; i < perEpoch; i++) {
      signal?.throwIfAborted();
      const count = Math.min(batchSize, order.length - i * batchSize);
      const batch = buffers.fill(data.examples, order, i * batchSize, count);
      const step = (epoch - 1) * perEpoch + i;
      const result = await session.step(batch, learningRateAt(schedule, learningRate, step, totalSteps, perEpoch));
      if (!Number.isFinite(result.loss)) {
        throw diverged(`the loss became ${result.loss} in step ${i + 1} of epoch ${epoch}`, { epoch, step: i + 1 });
      }
      lossSum += result.loss * count;
      correct += result.correct;
      onBatch?.(result.loss, result.correct / count);
      onProgress?.({ step: step + 1, totalSteps });
    }
    return { loss: lossSum / order.length, accuracy: correct / order.length };
  };
}

function diverged(message: string, details: ErrorDetails): EvaluationError {
  return new EvaluationError('diverged', message, { details });
}

function stepsPerEpoch(settings: TrainingSettings, data: TrainingData): number {
  return Math.ceil(data.train.length / settings.batchSize);
}
