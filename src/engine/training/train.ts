// The training loop: trains epochs, scores each on validation data, and keeps the best epoch's weights.

import { mean } from '../../arithmetic/averages.ts';
import type { AugmentationSettings } from '../../data/set/augment.ts';
import type { Examples } from '../../data/set/dataset.ts';
import type { TrainedState } from '../../network/deployable-graph.ts';
import type { OptimiserSettings } from '../../network/graph/optimiser.ts';
import type { LossSettings, Network } from '../../network/training-graph.ts';
import type { Rng } from '../../random/rng.ts';
import type { Runtime } from '../runtime.ts';
import type { MetricName } from '../scoring/metrics.ts';
import { poolScores, Scorer, type ScoreWithMetrics } from '../scoring/scorer.ts';
import { initialiseState } from '../state/initialise.ts';
import { createEpochRunner, diverged, type EpochRun, requireFinite, stepsPerEpoch } from './epoch-runner.ts';
import { createSchedule, type ScheduleSettings } from './schedule.ts';
import { TrainingSession } from './training-session.ts';

/** How one network is trained. */
export interface TrainingSettings {
  /** May be fractional: the last epoch is then partial. */
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimiser: OptimiserSettings;
  readonly schedule: ScheduleSettings;
  /** Momentum of the running statistics of batch normalisation. */
  readonly statisticsMomentum: number;
  /** Number of epochs over which the rate rises linearly to that of the schedule. Default: 0. */
  readonly warmUpEpochs?: number | undefined;
  /** Default: cross-entropy. */
  readonly loss?:
    | { readonly name: 'cross-entropy' | 'mean-squared-error'; readonly labelSmoothing?: number }
    | undefined;
  /** `balanced`: inversely proportional to the class's share of the training examples. */
  readonly classWeights?: 'balanced' | readonly number[] | undefined;
  /** Metrics on the validation data; the first is the fitness. Default: accuracy. */
  readonly metrics?: readonly MetricName[] | undefined;
  readonly augmentation?: AugmentationSettings | undefined;
  /** Training ends after this many epochs without a better fitness. */
  readonly earlyStoppingPatience?: number | undefined;
  /** Training ends after epoch i (from 0) if the best fitness so far is below entry i. */
  readonly stopBelow?: readonly number[] | undefined;
}

/** The record of one epoch. It contains no times, so that equal trainings have equal histories. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the training examples, measured during training. */
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Metrics other than accuracy on the validation data, if requested. */
  readonly metrics?: Partial<Record<MetricName, number>>;
  /** If the epoch was trained in parts: the number of examples in this part. */
  readonly examples?: number;
}

export interface TrainingData {
  readonly examples: Examples;
  /** Positions of the training examples in `examples`. */
  readonly train: Int32Array;
  /** Positions of the validation examples; if empty, there is no validation and the last epoch is the best. */
  readonly validation: Int32Array;
  /** The examples that `validation` refers to. Default: `examples`. */
  readonly validationExamples?: Examples;
}

/** How well a training did in one epoch. */
export interface EpochScore {
  /** Mean over its training examples. */
  readonly trained: { readonly loss: number; readonly accuracy: number };
  /** On its validation examples. */
  readonly score: ScoreWithMetrics;
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
  /** Called after each step, before its progress, with the mean loss and the accuracy of its batch. */
  readonly onBatch?: (loss: number, accuracy: number) => void;
  /**
   * Called after each epoch, before its progress, with the parameters and the state that is the result if the training ends
   * here.
   */
  readonly onEpochEnd?: (epoch: number, parameters: Float32Array, best?: TrainedState) => void;
  readonly signal?: AbortSignal;
}

export interface TrainingResult {
  readonly history: readonly EpochRecord[];
  /** The epoch with the highest fitness (the first among equals); without validation data, the last. */
  readonly bestEpoch: number;
  /** The first metric on the validation data after that epoch; 0 without validation data. */
  readonly fitness: number;
  /** The state after that epoch. */
  readonly best: TrainedState;
  /** The training was ended by `stopBelow`. */
  readonly pruned?: true;
  /** Of this training alone, after each epoch; empty without validation data. */
  readonly scores: readonly EpochScore[];
}

/** Batch size for scoring: large enough to hide overhead, small enough for the cache. */
const SCORING_BATCH = 128;

/**
 * Trains a network from its initial state. The same arguments give the same result, bit for bit.
 *
 * @param rng        streams `initial state` and `epoch …` are forked from it.
 * @param inherited  initial values of some parameters, by name. Running statistics need none: the first step sets them.
 * @param others     trainings of the network on other splits of the data, for as many epochs. History, fitness and the best
 *   epoch are then those of all of these trainings together; the weights are those of this one.
 * @throws {EvaluationError} `diverged` if a training or validation loss is not a finite number; the signal's reason if it
 *   is aborted.
 */
export async function train(
  runtime: Runtime,
  network: Network,
  settings: TrainingSettings,
  data: TrainingData,
  rng: Rng,
  hooks: TrainingHooks = {},
  inherited?: ReadonlyMap<string, Float32Array>,
  others: readonly Pick<TrainingResult, 'scores'>[] = [],
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
    const scores: EpochScore[] = [];
    let best: { fitness: number; epoch: number; state: TrainedState } | undefined;
    let pruned = false;
    for (let epoch = 1; (epoch - 1) * perEpoch < totalSteps; epoch++) {
      const steps = Math.min(perEpoch, totalSteps - (epoch - 1) * perEpoch);
      const { examples: _, ...own } = await runEpoch(run, epoch, { from: 0, to: steps });
      const ownScore = await scorer?.score(session.state, validationExamples, data.validation, hooks.signal);
      if (ownScore !== undefined && !Number.isFinite(ownScore.loss)) {
        throw diverged(`the validation loss became ${ownScore.loss} after epoch ${epoch}`, { epoch });
      }
      if (ownScore !== undefined) scores.push({ trained: own, score: ownScore });
      const { trained, score } = pooled(own, ownScore, epoch);
      const record: EpochRecord = { epoch, ...trained, ...(score && describeScore(score, metrics)) };
      history.push(record);
      const fitness = score?.metrics.value(metrics[0] ?? 'accuracy') ?? 0;
      const state = await session.snapshot();
      if (best === undefined || fitness > best.fitness || !validates) {
        best = { fitness, epoch, state };
      }
      requireFinite(best.state.parameters, epoch);
      schedule.epochEnded(ownScore?.loss ?? own.loss);
      hooks.onEpochEnd?.(epoch, state.parameters, best.state);
      hooks.onProgress?.({ step: (epoch - 1) * perEpoch + steps, totalSteps, epoch: record });
      if (earlyStoppingPatience !== undefined && epoch - best.epoch >= earlyStoppingPatience) break;
      pruned = epoch * perEpoch < totalSteps && best.fitness < (stopBelow[epoch - 1] ?? 0);
      if (pruned) break;
    }
    const { fitness = 0, epoch: bestEpoch = 0, state = initial } = best ?? {};
    return { history, bestEpoch, fitness, best: state, ...(pruned && { pruned }), scores };
  } finally {
    await session.release();
    await scorer?.release();
  }

  /** An epoch of this training and of the others. */
  function pooled(
    trained: EpochScore['trained'],
    score: ScoreWithMetrics | undefined,
    epoch: number,
  ): { readonly trained: EpochScore['trained']; readonly score: ScoreWithMetrics | undefined } {
    if (others.length === 0 || score === undefined) return { trained, score };
    const all = [{ trained, score }, ...others.map(({ scores }) => scoreAfter(scores, epoch))];
    const { classes } = network.problem;
    return {
      trained: {
        loss: mean(all.map(({ trained }) => trained.loss)),
        accuracy: mean(all.map(({ trained }) => trained.accuracy)),
      },
      score: poolScores(
        all.map(({ score }) => score),
        classes,
      ),
    };
  }
}

/** A partial last epoch may round to no step on a split that has an image less; the score is then that of the one before. */
function scoreAfter(scores: readonly EpochScore[], epoch: number): EpochScore {
  const score = scores[Math.min(epoch, scores.length) - 1];
  if (score === undefined) throw new RangeError('a training on another split has no scores');
  return score;
}

/** A metric on the validation data after an epoch; 0 if it was not measured. */
export function recordedMetric({ validationAccuracy, metrics }: EpochRecord, metric: MetricName): number {
  return (metric === 'accuracy' ? validationAccuracy : metrics?.[metric]) ?? 0;
}

/** Steps of a whole training: its epochs, rounded to whole batches. */
export function stepsOf({ epochs }: Pick<TrainingSettings, 'epochs'>, perEpoch: number): number {
  return Math.max(1, Math.round(epochs * perEpoch));
}

/** The loss that the optimiser minimises on this data. */
export function trainingLoss(settings: TrainingSettings, data: TrainingData, classes: number): LossSettings {
  return { ...(settings.loss ?? CROSS_ENTROPY), ...classWeightsOf(settings, data, classes) };
}

/** Draws the seed of a session's dropout masks. */
export function dropoutSeed(rng: Rng): number {
  return rng.integer(1, 2 ** 30);
}

const CROSS_ENTROPY: LossSettings = { name: 'cross-entropy' };

/** `balanced` as in Keras and scikit-learn: n / (K · n of the class); 1 for a class without examples. */
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
