// The training loop: epochs of steps, scored on validation data, the best epoch's weights kept.

import type { AugmentationSettings } from '../../data/set/augment.ts';
import type { Examples } from '../../data/set/dataset.ts';
import type { TrainedState } from '../../network/deployable-graph.ts';
import type { OptimiserSettings } from '../../network/graph/optimiser.ts';
import type { LossSettings, Network } from '../../network/training-graph.ts';
import type { Rng } from '../../random/rng.ts';
import type { Runtime } from '../runtime.ts';
import type { MetricName } from '../scoring/metrics.ts';
import { Scorer, type ScoreWithMetrics } from '../scoring/scorer.ts';
import { initialiseState } from '../state/initialise.ts';
import { createEpochRunner, diverged, type EpochRun, requireFinite, stepsPerEpoch } from './epoch-runner.ts';
import { createSchedule, type ScheduleSettings } from './schedule.ts';
import { TrainingSession } from './training-session.ts';

/** How one network is trained. */
export interface TrainingSettings {
  /** May be fractional: the last epoch is then a part of one. */
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
  readonly loss?:
    | { readonly name: 'cross-entropy' | 'mean-squared-error'; readonly labelSmoothing?: number }
    | undefined;
  /** `balanced`: inversely proportional to the class's share of the training examples. */
  readonly classWeights?: 'balanced' | readonly number[] | undefined;
  /** What is measured on the validation data; the first is the fitness. Accuracy unless given. */
  readonly metrics?: readonly MetricName[] | undefined;
  readonly augmentation?: AugmentationSettings | undefined;
  /** Training ends after so many epochs without a better fitness. */
  readonly earlyStoppingPatience?: number | undefined;
  /** Training ends after an epoch, the first being 0, with which the best fitness so far is still below this. */
  readonly stopBelow?: readonly number[] | undefined;
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
  /** Where the epoch was trained in parts: so many examples were in this one. */
  readonly examples?: number;
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
  /**
   * After each epoch, before its progress: the parameters, which the next step overwrites, and the state that counts if the
   * training ends here.
   */
  readonly onEpochEnd?: (epoch: number, parameters: Float32Array, best?: TrainedState) => void;
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
  /** Ended by `stopBelow`. */
  readonly pruned?: true;
}

/** Batch size of scoring: large enough to hide overheads, small enough for the cache. */
const SCORING_BATCH = 128;

/**
 * Trains a network from its initial state. The same arguments give the same result, bit for bit.
 *
 * @param rng        streams `initial state` and `epoch …` are forked from it.
 * @param inherited  parameters that start with these values, by name. Running statistics have no use for such: the first step sets them.
 * @throws {EvaluationError} `diverged` if a training or validation loss is not a finite number; the signal's reason if it is aborted.
 */
export async function train(
  runtime: Runtime,
  network: Network,
  settings: TrainingSettings,
  data: TrainingData,
  rng: Rng,
  hooks: TrainingHooks = {},
  inherited?: ReadonlyMap<string, Float32Array>,
): Promise<TrainingResult> {
  const initial = initialiseState(network.layout, rng.fork('initial state'), inherited);
  const { optimiser, statisticsMomentum, loss = CROSS_ENTROPY, metrics = ['accuracy'] } = settings;
  const session = await TrainingSession.create(runtime, network, optimiser, initial, statisticsMomentum, {
    loss: trainingLoss(settings, data, network.problem.classes),
    dropoutSeed: dropoutSeed(rng.fork('dropout')),
  });
  const validates = data.validation.length > 0;
  const scorer = validates ? await Scorer.create(runtime, network, SCORING_BATCH, loss) : undefined;
  const { validationExamples = data.examples } = data;
  const perEpoch = stepsPerEpoch(data, settings.batchSize);
  const totalSteps = stepsOf(settings, perEpoch);
  const { schedule: scheduleSettings, learningRate, warmUpEpochs, earlyStoppingPatience, stopBelow = [] } = settings;
  const schedule = createSchedule(scheduleSettings, learningRate, totalSteps, perEpoch, warmUpEpochs);
  const run: EpochRun = { session, rateAt: (step) => schedule.rateAt(step), totalSteps, hooks };
  try {
    const runEpoch = createEpochRunner(runtime, network, settings, data, rng);
    const history: EpochRecord[] = [];
    let best: { fitness: number; epoch: number; state: TrainedState } | undefined;
    let pruned = false;
    for (let epoch = 1; (epoch - 1) * perEpoch < totalSteps; epoch++) {
      const steps = Math.min(perEpoch, totalSteps - (epoch - 1) * perEpoch);
      const { examples: _, ...trained } = await runEpoch(run, epoch, { from: 0, to: steps });
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
      requireFinite(best.state.parameters, epoch);
      schedule.epochEnded(score?.loss ?? trained.loss);
      hooks.onEpochEnd?.(epoch, session.state.parameters.data as Float32Array, best.state);
      hooks.onProgress?.({ step: (epoch - 1) * perEpoch + steps, totalSteps, epoch: record });
      if (earlyStoppingPatience !== undefined && epoch - best.epoch >= earlyStoppingPatience) break;
      pruned = epoch * perEpoch < totalSteps && best.fitness < (stopBelow[epoch - 1] ?? 0);
      if (pruned) break;
    }
    const { fitness = 0, epoch: bestEpoch = 0, state = initial } = best ?? {};
    return { history, bestEpoch, fitness, best: state, ...(pruned && { pruned }) };
  } finally {
    await session.release();
    await scorer?.release();
  }
}

/** What was measured on the validation data after an epoch; 0 if nothing was. */
export function recordedMetric({ validationAccuracy, metrics }: EpochRecord, metric: MetricName): number {
  return (metric === 'accuracy' ? validationAccuracy : metrics?.[metric]) ?? 0;
}

/** Steps of a whole training: its epochs, rounded to whole batches. */
export function stepsOf({ epochs }: Pick<TrainingSettings, 'epochs'>, perEpoch: number): number {
  return Math.max(1, Math.round(epochs * perEpoch));
}

/** What the optimiser minimises on these data. */
export function trainingLoss(settings: TrainingSettings, data: TrainingData, classes: number): LossSettings {
  return { ...(settings.loss ?? CROSS_ENTROPY), ...classWeightsOf(settings, data, classes) };
}

/** Of the masks that a session draws. */
export function dropoutSeed(rng: Rng): number {
  return rng.integer(1, 2 ** 30);
}

const CROSS_ENTROPY: LossSettings = { name: 'cross-entropy' };

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
