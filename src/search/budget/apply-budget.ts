// Applies a budget: before the search it determines the sizes; after the search the rest determines the final training.

import { threadSpeedUp } from '../../engine/threads.ts';
import { InvalidInputError } from '../../errors.ts';
import type { FinalSharing, FinalSpeed } from '../../evaluation/evaluator.ts';
import type { TrainingSpeed } from '../../evaluation/measure-speed.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { formatImageShape } from '../../genome/image-shape.ts';
import { BYTE_WORK } from '../../genome/work.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { formatBudget, type TimeBudget } from '../config/budget-text.ts';
import type { RunConfig, SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import { membersOf, trainingsOf } from '../config/views.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { leastWork, planBudget, planFinalEpochs } from './budget-plan.ts';
import { START_WORK, usedImages } from './candidate-work.ts';
import { finalSharing, finalThreads } from './final-share.ts';

export interface MachineSpeed {
  /** Trainings that run concurrently. */
  readonly workers: number;
  /** Processes that share the final training, if it runs elsewhere. Default: `workers`. */
  readonly finalWorkers?: number | undefined;
  /** Which machine does the final training. Default: {@link finalWorkers} as fast as others. */
  chooseFinalMachine?(lowering: LoweringName, sharing: FinalSharing): Promise<FinalSpeed> | undefined;
  /** The speed of each worker. */
  measureSpeed(lowering: LoweringName): Promise<TrainingSpeed>;
}

/** Where threads cannot share a training. With more replicas, each image teaches less than the extra speed gains. */
const MOST_REPLICAS = 4;
/** Training one network may be at most this many times faster or slower than the measured rate. */
const LIKELY = 5;
/** Reserved for writing the model and ending the child processes. */
const END_SECONDS = 1;

/**
 * Decides everything that a budget determines before the search. For a time budget it first measures the machine, unless
 * the configuration contains a rate.
 *
 * @param elapsedSeconds  time that the run has taken so far.
 * @throws {InvalidInputError} if the budget is too small for the data; the message says how large it must be.
 */
export async function applyBudget(
  config: RunConfig,
  data: DataSize,
  machine: MachineSpeed,
  elapsedSeconds: () => number,
): Promise<RunConfig> {
  const { budget, undecided, lowering, replicas } = config;
  if (budget === undefined || undecided === undefined) return config;
  if ('flops' in budget) {
    const planned = planBudget(budget.flops, config, data);
    if (planned !== undefined) return { ...planned, lowering };
    throw tooSmall(config, data, (least) => formatBudget({ flops: Number(least.toPrecision(2)) }));
  }
  const { rate, byteWork } = await speedFor(budget, lowering, machine);
  const measured = { ...config, budget: { ...budget, rate, byteWork } };
  const configOn = (places: number): RunConfig => {
    const most = lowering === 'plain' ? Math.min(MOST_REPLICAS, places) : 1;
    return { ...measured, replicas: undecided.includes('replicas') ? most : replicas };
  };
  const sharing = finalSharing(configOn);
  const final = await machine.chooseFinalMachine?.(lowering, sharing);
  const { workers } = machine;
  const together = workers * rate;
  const spentSeconds = elapsedSeconds() + END_SECONDS;
  const left = Math.round((budget.seconds - spentSeconds) * together);
  const finalWorkers = final?.workers ?? machine.finalWorkers ?? workers;
  const share = (sharing.speedUp(finalWorkers) / workers) * ((final?.rate ?? rate) / rate);
  const planned = planBudget(left, measured, data, share);
  if (planned !== undefined) return { ...planned, lowering, replicas: configOn(finalWorkers).replicas };
  const inSeconds = (least: number) => formatBudget({ seconds: Math.ceil(1.1 * (spentSeconds + least / together)) });
  throw tooSmall(measured, data, inSeconds, share);
}

/** Work of the whole budget from now on, over all workers; none without a budget. */
export async function workWithin(
  { budget, lowering }: Pick<RunConfig, 'budget' | 'lowering'>,
  machine: MachineSpeed,
  elapsedSeconds: () => number,
): Promise<number> {
  if (budget === undefined) return 0;
  if ('flops' in budget) return budget.flops;
  const { rate } = await speedFor(budget, lowering, machine);
  return Math.max(0, budget.seconds - elapsedSeconds() - END_SECONDS) * machine.workers * rate;
}

/** What the configuration says, as in a repetition, or what is measured now. */
async function speedFor(
  { rate, byteWork }: TimeBudget,
  lowering: LoweringName,
  machine: MachineSpeed,
): Promise<TrainingSpeed> {
  if (rate !== undefined) return { rate, byteWork: byteWork ?? BYTE_WORK };
  const speed = await machine.measureSpeed(lowering);
  return { ...speed, rate: Number(speed.rate.toPrecision(3)) };
}

/** What a search has spent so far. */
export interface SearchSpent {
  readonly elapsedSeconds: number;
  /** Total of all candidates. */
  readonly work: number;
  /** Processes that share the final training. */
  readonly workers: number;
  /** Work per second of each. Default: that of the budget. */
  readonly rate?: number | undefined;
  readonly scoring: ScoringSeconds;
}

/**
 * The number of epochs of the final training that the rest of the budget allows.
 *
 * @param winner  with its evaluation from the search, whose duration is the best estimate of its speed.
 */
export function finalEpochsWithin(
  config: RunConfig,
  data: DataSize,
  { genome, evaluation }: { readonly genome: Genome; readonly evaluation: EvaluationEntry | undefined },
  { elapsedSeconds, work, workers, rate, scoring }: SearchSpent,
): number {
  const { budget, replicas } = config;
  if (budget === undefined) return config.finalEpochs;
  const trainings = trainingsOf(config);
  const cost = estimateCost(genome, data.problem);
  if ('flops' in budget) return planFinalEpochs((budget.flops - work) / trainings - START_WORK, config, data, cost);
  const left = budget.seconds - elapsedSeconds - endSeconds(config, data.testExamples, scoring);
  const seconds = left / Math.ceil(trainings / Math.ceil(workers / replicas));
  const threads = finalThreads(config, workers);
  const expected = measuredRate(evaluation, budget.rate ?? 0);
  const pace = rate === undefined || budget.rate === undefined ? 1 : rate / budget.rate;
  const together = Math.min(replicas, workers) * threadSpeedUp(threads) * expected * pace;
  return planFinalEpochs(seconds * together - START_WORK, config, data, cost);
}

/** What scoring takes for an image. */
export interface ScoringSeconds {
  /** Of one network, with all views. */
  readonly network: number;
  /** Of the backbone before it; 0 without one. */
  readonly backbone: number;
}

/** Time needed after the final training: this process scores the test images and writes the model. */
export function endSeconds(
  config: Pick<SearchConfig, 'ensemble' | 'repeats'>,
  testExamples: number,
  { network, backbone }: ScoringSeconds,
): number {
  // The members of an ensemble are scored alone, too.
  const members = membersOf(config);
  const networks = members > 1 ? 2 * members : config.repeats;
  const files = members > 1 ? 1 + members : config.repeats;
  return END_SECONDS + testExamples * (networks * network + files * backbone);
}

/** The rate of the winner's own training, unless it was not trained here or its duration is implausible. */
function measuredRate(evaluation: EvaluationEntry | undefined, rate: number): number {
  const { work, seconds, cached, stopped } = evaluation ?? {};
  if (work === undefined || !seconds || cached || stopped) return rate;
  const own = work / seconds;
  return own < rate * LIKELY && own > rate / LIKELY ? own : rate;
}

function tooSmall(
  config: SearchConfig,
  data: DataSize,
  textOf: (leastWork: number) => string,
  share = 1,
): InvalidInputError {
  const { budget } = config;
  const least = textOf(leastWork(config, data, share));
  const received = budget === undefined ? '' : formatBudget(budget);
  return new InvalidInputError(
    `a budget of ${received} is too small for ${usedImages(config, data)} training images of ${formatImageShape(data.problem.input)} on this machine; ` +
      `the minimum is about ${least}; allow that much, or use fewer images with --train-limit`,
    { details: { budget: received, least } },
  );
}
