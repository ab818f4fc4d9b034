// Several trainings of one network with different seeds: which one is kept, and statistics over all.

import type { FinalEntry } from './journal-entry.ts';
import type { RepeatStatistics } from './summary.ts';

/**
 * The training with the lowest training loss in its last epoch; the first among equals. The choice does not use the test
 * set, so the test accuracy stays unbiased.
 */
export function bestRepeat(trained: readonly FinalEntry[]): FinalEntry | undefined {
  return trained.reduce<FinalEntry | undefined>(
    (best, entry) => (best === undefined || lastLoss(entry) < lastLoss(best) ? entry : best),
    undefined,
  );
}

/** @returns undefined for fewer than two accuracies, which have no spread. */
export function describeRepeats(accuracies: readonly number[]): RepeatStatistics | undefined {
  const count = accuracies.length;
  if (count < 2) return undefined;
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / count;
  const squares = accuracies.reduce((sum, accuracy) => sum + (accuracy - mean) * (accuracy - mean), 0);
  return { accuracies, mean, std: Math.sqrt(squares / (count - 1)), best: Math.max(...accuracies) };
}

function lastLoss({ history }: FinalEntry): number {
  return history.at(-1)?.loss ?? Number.POSITIVE_INFINITY;
}
