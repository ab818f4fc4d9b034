// A budget at work: before the search it becomes sizes, after the search what is left becomes the final training.

import { InvalidInputError } from '../../errors.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { formatImageShape } from '../../genome/image-shape.ts';
import { scoringWork } from '../../genome/work.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { formatBudget } from '../config/budget-text.ts';
import type { RunConfig, SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/data-size.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { leastWork, planBudget, planFinalEpochs } from './budget-plan.ts';
import { START_WORK } from './candidate-work.ts';

export interface MachineSpeed {
  /** Trainings at a time. */
  readonly workers: number;
  /** Work a second of each of them. */
  measureRate(lowering: LoweringName): Promise<number>;
}

/** More of them learn less from each image than they gain. */
const MOST_REPLICAS = 4;
/** A network is trained at most so many times as fast or slow as others. */
const LIKELY = 5;
/** For writing the model and ending the child processes. */
const END_SECONDS = 1;

/**
 * Decides what a budget decides before the search. If that is a budget of time, the machine is measured first, unless the
 * configuration says how fast it is.
 *
 * @param elapsedSeconds  of the run so far.
 * @throws {InvalidInputError} if the budget is too small for the data, saying how large it must be.
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
  const rate = budget.rate ?? Number((await machine.measureRate(lowering)).toPrecision(3));
  const together = machine.workers * rate;
  const spentSeconds = elapsedSeconds() + END_SECONDS;
  const left = Math.round((budget.seconds - spentSeconds) * together);
  const planned = planBudget(left, config, data);
  if (planned !== undefined) {
    const most = Math.min(MOST_REPLICAS, machine.workers);
    const chosen = undecided.includes('replicas') ? most : replicas;
    return { ...planned, lowering, replicas: chosen, budget: { ...budget, rate } };
  }
  const inSeconds = (least: number) => formatBudget({ seconds: Math.ceil(1.1 * (spentSeconds + least / together)) });
  throw tooSmall(config, data, inSeconds);
}

/** What a search has spent, and where it stands. */
export interface SearchSpent {
  readonly elapsedSeconds: number;
  /** Of all candidates. */
  readonly work: number;
  readonly workers: number;
}

/**
 * The epochs of the final training that the budget is still enough for.
 *
 * @param winner  with its evaluation in the search: what it took there tells best how long it will take.
 */
export function finalEpochsWithin(
  config: SearchConfig,
  data: DataSize,
  { genome, evaluation }: { readonly genome: Genome; readonly evaluation: EvaluationEntry | undefined },
  { elapsedSeconds, work, workers }: SearchSpent,
): number {
  const { budget, repeats, replicas } = config;
  if (budget === undefined) return config.finalEpochs;
  const cost = estimateCost(genome, data.problem);
  if ('flops' in budget) return planFinalEpochs((budget.flops - work) / repeats - START_WORK, config, data, cost);
  const left = budget.seconds - elapsedSeconds - endSeconds(config, data, genome);
  const seconds = left / Math.ceil(repeats / Math.ceil(workers / replicas));
  const together = Math.min(replicas, workers) * measuredRate(evaluation, budget.rate ?? 0);
  return planFinalEpochs(seconds * together - START_WORK, config, data, cost);
}

/** What comes after the final training: the test images are scored, in this process, and the model is written. */
export function endSeconds(config: SearchConfig, { problem, testExamples }: DataSize, genome: Genome): number {
  const { budget, repeats } = config;
  if (budget === undefined || 'flops' in budget || budget.rate === undefined) return END_SECONDS;
  const work = testExamples * scoringWork(estimateCost(genome, problem));
  return END_SECONDS + (repeats * work) / budget.rate;
}

/** Of the winner's own training, unless it was not trained here or its time is no measure of that. */
function measuredRate(evaluation: EvaluationEntry | undefined, rate: number): number {
  const { work, seconds, cached, stopped } = evaluation ?? {};
  if (work === undefined || !seconds || cached || stopped) return rate;
  const own = work / seconds;
  return own < rate * LIKELY && own > rate / LIKELY ? own : rate;
}

function tooSmall(config: SearchConfig, data: DataSize, textOf: (leastWork: number) => string): InvalidInputError {
  const { budget } = config;
  const least = textOf(leastWork(config, data));
  const received = budget === undefined ? '' : formatBudget(budget);
  return new InvalidInputError(
    `a budget of ${received} is too small for ${data.trainExamples} training images of ${formatImageShape(data.problem.input)} on this machine; ` +
      `the least that would do is about ${least}, or use fewer images with --train-limit`,
    { details: { budget: received, least } },
  );
}
