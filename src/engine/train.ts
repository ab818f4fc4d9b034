// The training loop: epochs of steps, scored on validation data, the best epoch's weights kept.

import { type AugmentationSettings, createAugmenter } from '../data/augment.ts';
import { epochOrder } from '../data/batches.ts';
import type { Examples } from '../data/dataset.ts';
import { type ErrorDetails, EvaluationError } from '../errors.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import type { OptimiserSettings } from '../network/optimiser.ts';
import type { LossSettings, Network } from '../network/training-graph.ts';
import type { Rng } from '../random/rng.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { initialiseState } from './initialise.ts';
import type { MetricName } from './metrics.ts';
import type { Runtime } from './runtime.ts';
import { createSchedule, type Schedule, type ScheduleSettings } from './schedule.ts';
import { Scorer, type ScoreWithMetrics } from './scorer.ts';
import { TrainingSession } from './training-session.ts';

export interface TrainingSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimiser: OptimiserSettings;
  readonly schedule: ScheduleSettings;
  /** Of the running statistics of batch normalisation. */
  readonly statisticsMomentum: number;
  /** Over so many epochs the rate rises linearly to what the schedule says; 0 unless given. */
  readonly warmUpEpochs?: number | undefined;
  /** Cross-entropy unless given. */
  readonly loss?: Omit<LossSettings, 'classWeights'> | undefined;
  /** `balanced`: inversely proportional to the class's share of the training examples. */
  readonly classWeights?: 'balanced' | readonly number[] | undefined;
  /** What is measured on the validation data; the first is the fitness. Accuracy unless given. */
  readonly metrics?: readonly MetricName[] | undefined;
  readonly augmentation?: AugmentationSettings | undefined;
  /** Training ends after so many epochs without a better fitness. */
  readonly earlyStoppingPatience?: number | undefined;
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
  /** On the validation data, where others than accuracy were asked for. */
  readonly metrics?: Partial<Record<MetricName, number>>;
}

export interface TrainingData {
  readonly examples: Examples;
  /** Positions of the training examples in `examples`. */
  readonly train: Int32Array;
  /** Positions of the validation examples; empty: none, and the last epoch is the best. */
  readonly validation: Int32Array;
  /** Where `validation` points to; `examples` unless given. */
  readonly validationExamples?: Examples;
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
  /** The epoch with the highest fitness (the first of equals); without validation data the last. */
  readonly bestEpoch: number;
  /** The chosen metric on the validation data after that epoch; 0 without validation data. */
  readonly fitness: number;
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
  const { optimiser, statisticsMomentum, loss = CROSS_ENTROPY, metrics = ['accuracy'] } = settings;
  const session = await TrainingSession.create(runtime, network, optimiser, initial, statisticsMomentum, {
    loss: { ...loss, ...classWeightsOf(settings, data, network.problem.classes) },
    dropoutSeed: rng.fork('dropout').integer(1, 2 ** 30),
  });
  const validates = data.validation.length > 0;
  const scorer = validates ? await Scorer.create(runtime, network, SCORING_BATCH, loss) : undefined;
  const { validationExamples = data.examples } = data;
  const perEpoch = Math.ceil(data.train.length / settings.batchSize);
  const totalSteps = perEpoch * settings.epochs;
  const { schedule: scheduleSettings, learningRate, warmUpEpochs, earlyStoppingPatience } = settings;
  const schedule = createSchedule(scheduleSettings, learningRate, totalSteps, perEpoch, warmUpEpochs);
  const run: TrainingRun = { session, schedule, settings, data, rng, hooks, perEpoch, totalSteps };
  try {
    const runEpoch = createEpochRunner(run, runtime, network);
    const history: EpochRecord[] = [];
    let best: { fitness: number; epoch: number; state: TrainedState } | undefined;
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const trained = await runEpoch(epoch);
      const score = await scorer?.score(session.state, validationExamples, data.validation, hooks.signal);
      if (score !== undefined && !Number.isFinite(score.loss)) {
        throw diverged(`the validation loss became ${score.loss} after epoch ${epoch}`, { epoch });
      }
      const record: EpochRecord = { epoch, ...trained, ...(score && describeScore(score, metrics)) };
      history.push(record);
      const fitness = score?.metrics.value(metrics[0] ?? 'accuracy') ?? 0;
      if (best === undefined || fitness > best.fitness || !validates) {
        best = { fitness, epoch, state: session.snapshot() };
      }
      // No later forward pass would show that the last update broke the network.
      if (!best.state.parameters.every(Number.isFinite)) {
        throw diverged(`a parameter is no finite number after epoch ${epoch}`, { epoch });
      }
      schedule.epochEnded(score?.loss ?? trained.loss);
      hooks.onEpochEnd?.(epoch, session.state.parameters.data as Float32Array);
      hooks.onProgress?.({ step: epoch * perEpoch, totalSteps, epoch: record });
      if (earlyStoppingPatience !== undefined && epoch - best.epoch >= earlyStoppingPatience) break;
    }
    return { history, bestEpoch: best?.epoch ?? 0, fitness: best?.fitness ?? 0, best: best?.state ?? initial };
  } finally {
    await session.release();
    await scorer?.release();
  }
}

const CROSS_ENTROPY: LossSettings = { name: 'cross-entropy' };

/** What one training consists of. */
interface TrainingRun {
  readonly session: TrainingSession;
  readonly schedule: Schedule;
  readonly settings: TrainingSettings;
  readonly data: TrainingData;
  readonly rng: Rng;
  readonly hooks: TrainingHooks;
  readonly perEpoch: number;
  readonly totalSteps: number;
}

function createEpochRunner(
  { session, schedule, settings, data, rng, hooks, perEpoch, totalSteps }: TrainingRun,
  runtime: Runtime,
  network: Network,
): (epoch: number) => Promise<{ loss: number; accuracy: number }> {
  const { batchSize, augmentation = {} } = settings;
  const { input } = network.problem;
  const buffers = new BatchBuffers(runtime, input, Math.min(batchSize, data.train.length));
  const augment = createAugmenter(augmentation, input);
  return async (epoch) => {
    const order = epochOrder(data.train, rng.fork(`epoch ${epoch}`));
    const changes = rng.fork(`augmentation ${epoch}`);
    let lossSum = 0;
    let correct = 0;
    for (let i = 0; i < perEpoch; i++) {
      hooks.signal?.throwIfAborted();
      const count = Math.min(batchSize, order.length - i * batchSize);
      const batch = buffers.fill(data.examples, order, i * batchSize, count);
      augment?.(batch.image.data as Uint8Array, count, changes);
      const step = (epoch - 1) * perEpoch + i;
      const result = await session.step(batch, schedule.rateAt(step));
      if (!Number.isFinite(result.loss)) {
        throw diverged(`the loss became ${result.loss} in step ${i + 1} of epoch ${epoch}`, { epoch, step: i + 1 });
      }
      lossSum += result.loss * count;
      correct += result.correct;
      hooks.onBatch?.(result.loss, result.correct / count);
      hooks.onProgress?.({ step: step + 1, totalSteps });
    }
    return { loss: lossSum / order.length, accuracy: correct / order.length };
  };
}

/** Keras' and scikit-learn's `balanced`: n / (K · n of the class); 1 for a class without examples. */
function classWeightsOf(
  { classWeights }: TrainingSettings,
  { examples, train: indices }: TrainingData,
  classes: number,
): Pick<LossSettings, 'classWeights'> {
  if (classWeights !== 'balanced') return classWeights === undefined ? {} : { classWeights };
  const counts = new Array<number>(classes).fill(0);
  for (const index of indices) {
    const label = examples.labels[index] ?? 0;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return { classWeights: counts.map((count) => (count === 0 ? 1 : indices.length / (classes * count))) };
}

function describeScore(
  { loss, accuracy, metrics: measured }: ScoreWithMetrics,
  metrics: readonly MetricName[],
): Pick<EpochRecord, 'validationLoss' | 'validationAccuracy' | 'metrics'> {
  const others = metrics.filter((name) => name !== 'accuracy').map((name) => [name, measured.value(name)] as const);
  return {
    validationLoss: loss,
    validationAccuracy: accuracy,
    ...(others.length > 0 && { metrics: Object.fromEntries(others) }),
  };
}

function diverged(message: string, details: ErrorDetails): EvaluationError {
  return new EvaluationError('diverged', message, { details });
}
