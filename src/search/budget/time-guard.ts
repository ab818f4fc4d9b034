// The clock is the last safeguard of a time budget: estimated work decides, unless something takes far longer than
// expected. A run whose sizes are all decided, such as a repetition of another run, has no such safeguard.

import { EvaluationError } from '../../errors.ts';
import { failedOutcome } from '../../evaluation/evaluator.ts';
import { abortAfter, callAfter } from '../../evaluation/long-timer.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';
import type { TimeBudget } from '../config/budget-text.ts';
import type { SearchConfig } from '../config/config.ts';
import { type AdjustSteps, meetDeadline } from './adjust-steps.ts';

/** Share of the budget after which the search is cut off; it is planned to end well before that. */
const SEARCH_ENDS = 0.6;
/** Share of the budget by which the end may be early or late. */
const TOLERANCE = 0.01;
/** A candidate may take this many times its expected time, plus some seconds to allow for other load on the machine. */
const TIMES_EXPECTED = 5;
const SECONDS_MORE = 10;

function guarded({ budget, undecided }: SearchConfig): TimeBudget | undefined {
  return budget !== undefined && 'seconds' in budget && undecided?.includes('finalEpochs') ? budget : undefined;
}

/**
 * A signal that is aborted when the search must end to leave time for the final training; undefined if there is no limit.
 */
export function searchDeadline(config: SearchConfig, elapsedSeconds: number): AbortSignal | undefined {
  const budget = guarded(config);
  if (budget === undefined) return undefined;
  const ms = (SEARCH_ENDS * budget.seconds - elapsedSeconds) * 1000;
  return ms <= 0 ? AbortSignal.abort() : abortAfter(Math.round(ms));
}

/**
 * Returns the function that keeps the final training within a time budget. Behind a backbone, it only shortens it.
 *
 * @param endSeconds  time needed after the final training.
 */
export function adjustStepsWithin(
  { budget, backbone }: SearchConfig,
  elapsedSeconds: () => number,
  endSeconds: number,
): AdjustSteps | undefined {
  if (budget === undefined || 'flops' in budget) return undefined;
  const meet = meetDeadline(() => budget.seconds - elapsedSeconds() - endSeconds, TOLERANCE * budget.seconds);
  return backbone === undefined ? meet : (done, total, pace) => Math.min(total, meet(done, total, pace));
}

/** Time limit for a candidate, in seconds; undefined if the budget sets none. */
export function longestEvaluation(config: SearchConfig, work: number): number | undefined {
  const { rate } = guarded(config) ?? {};
  return rate === undefined ? undefined : Math.ceil((TIMES_EXPECTED * work) / rate + SECONDS_MORE);
}

/**
 * @param seconds  time limit; if undefined, there is none.
 * @returns the outcome of the evaluation, or a `timeout` failure after cancelling it.
 */
export async function evaluateWithin(
  seconds: number | undefined,
  signal: AbortSignal,
  evaluate: (signal: AbortSignal) => Promise<EvaluationOutcome>,
): Promise<EvaluationOutcome> {
  if (seconds === undefined) return evaluate(signal);
  const timeout = new AbortController();
  const timer = callAfter(seconds * 1000, () => timeout.abort());
  try {
    return await evaluate(AbortSignal.any([signal, timeout.signal]));
  } catch (error) {
    if (signal.aborted || !timeout.signal.aborted) throw error;
    const message = `it took longer than ${seconds} s, several times the expected time`;
    return failedOutcome(new EvaluationError('timeout', message, { cause: error }));
  } finally {
    timer.cancel();
  }
}
