// The clock is the last guard of a budget of time: computing decides, unless something takes far longer than it should. A
// run whose sizes are all decided, such as the repetition of another, has no such guard.

import { EvaluationError } from '../../errors.ts';
import { failedOutcome } from '../../evaluation/evaluator.ts';
import { abortAfter, callAfter } from '../../evaluation/long-timer.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';
import type { TimeBudget } from '../config/budget-text.ts';
import type { SearchConfig } from '../config/config.ts';
import { type AdjustSteps, meetDeadline } from './adjust-steps.ts';

/** The search has ended by then, as a share of the budget; it is planned to end well before. */
const SEARCH_ENDS = 0.6;
/** Share of the budget by which its end may be missed. */
const TOLERANCE = 0.02;
/** A candidate may take so many times the time that its work should take, and some seconds for others' sake. */
const TIMES_EXPECTED = 5;
const SECONDS_MORE = 10;

function guarded({ budget, undecided }: SearchConfig): TimeBudget | undefined {
  return budget !== undefined && 'seconds' in budget && undecided?.includes('finalEpochs') ? budget : undefined;
}

/** Is aborted when the search must end for the sake of the final training; undefined if there is no such time. */
export function searchDeadline(config: SearchConfig, elapsedSeconds: number): AbortSignal | undefined {
  const budget = guarded(config);
  if (budget === undefined) return undefined;
  const ms = (SEARCH_ENDS * budget.seconds - elapsedSeconds) * 1000;
  return ms <= 0 ? AbortSignal.abort() : abortAfter(Math.round(ms));
}

/**
 * How the final training keeps to a budget of time.
 *
 * @param endSeconds  what comes after it takes so long.
 */
export function adjustStepsWithin(
  { budget }: SearchConfig,
  elapsedSeconds: () => number,
  endSeconds: number,
): AdjustSteps | undefined {
  if (budget === undefined || 'flops' in budget) return undefined;
  return meetDeadline(() => budget.seconds - elapsedSeconds() - endSeconds, TOLERANCE * budget.seconds);
}

/** Longest that a candidate may take, in seconds; undefined if the budget says nothing of it. */
export function longestEvaluation(config: SearchConfig, work: number): number | undefined {
  const { rate } = guarded(config) ?? {};
  return rate === undefined ? undefined : Math.ceil((TIMES_EXPECTED * work) / rate + SECONDS_MORE);
}

/**
 * @param seconds  without it, as long as it takes.
 * @returns what the evaluation gives, or that it took too long, after it was cancelled.
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
    const message = `it took longer than ${seconds} s, several times what was to be expected`;
    return failedOutcome(new EvaluationError('timeout', message, { cause: error }));
  } finally {
    timer.cancel();
  }
}
