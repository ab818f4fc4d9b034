// How long the trainings of the folds are: as long as the final training of the run, or as a budget allows.

import { InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { trainingWork } from '../../genome/work.ts';
import { layersOf, startWork, usedImages } from '../budget/candidate-work.ts';
import { type Budget, formatBudget } from '../config/budget-text.ts';
import { workSettingOf } from '../config/network-input.ts';
import { finalEpochsOf } from '../final/final-plans.ts';
import type { OpenRun } from '../records/open-run.ts';

/** The rest is for predictions, near copies and the page. */
const TRAINING_SHARE = 0.9;

/** What spends a budget. */
export interface Spending {
  readonly evaluator: Evaluator;
  readonly signal: AbortSignal;
  /** Seconds of the budget that have passed. */
  readonly secondsSpent: () => number;
}

/**
 * Epochs of the trainings of all folds, to a hundredth.
 *
 * @returns at most those of the final training, at least one.
 * @throws {InvalidInputError} if the budget is too small for that; the message says how large it must be. The signal's reason if
 *   it is aborted while the machine is measured.
 */
export async function epochsWithin(
  budget: Budget,
  run: Pick<OpenRun, 'config' | 'dataSize' | 'problem'>,
  genome: Genome,
  folds: number,
  { evaluator, secondsSpent, signal }: Spending,
): Promise<number> {
  const { config, dataSize, problem } = run;
  const whole = finalEpochsOf(run);
  const least = Math.min(1, whole);
  const cost = estimateCost(genome, problem);
  const start = startWork(layersOf(cost));
  const images = (usedImages(config, dataSize) * (folds - 1)) / folds;
  const epochWork = (byteWork?: number): number =>
    images * trainingWork(cost, { ...workSettingOf(config), ...(byteWork !== undefined && { byteWork }) });
  const choose = (foldWork: number, work: number, cure: (foldWork: number) => Budget): number => {
    const epochs = Math.floor((100 * (foldWork - start)) / work) / 100;
    if (epochs >= least) return Math.min(whole, epochs);
    throw new InvalidInputError(
      `the budget ${formatBudget(budget)} is too small to train ${folds} times without a fold; give at least ${formatBudget(cure(start + least * work))}, or fewer folds`,
      { details: { budget, folds } },
    );
  };
  if ('flops' in budget) {
    return choose(budget.flops / folds, epochWork(), (foldWork) => ({
      flops: Number((1.01 * folds * foldWork).toPrecision(3)),
    }));
  }
  if (evaluator.measureSpeed === undefined) {
    throw new InvalidInputError(
      'the evaluator cannot measure its speed; give the budget as computing, such as 2e15flops',
    );
  }
  const { rate, byteWork } = await evaluator.measureSpeed(config.lowering, signal);
  const inTurn = Math.ceil(folds / evaluator.concurrency);
  const left = TRAINING_SHARE * Math.max(0, budget.seconds - secondsSpent());
  return choose((left / inTurn) * rate, epochWork(byteWork), (foldWork) => ({
    seconds: Math.ceil(1.1 * (secondsSpent() + (inTurn * foldWork) / rate / TRAINING_SHARE)),
  }));
}
