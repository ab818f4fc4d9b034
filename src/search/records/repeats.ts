// Several trainings of one network that differ in their seed: which of them is kept, and what is said of all.

import type { FinalEntry } from './journal-entry.ts';
import type { RepeatStatistics } from './summary.ts';

/**
 * The one with the lowest training loss in its last epoch, the first of equals. The test set has no say in it, so that its
 * accuracy stays an honest figure.
 */
export function bestRepeat(trained: readonly FinalEntry[]): FinalEntry | undefined {
  return trained.reduce<FinalEntry | undefined>(
    (best, entry) => (best === undefined || lastLoss(entry) < lastLoss(best) ? entry : best),
    undefined,
  );
}

/** @returns undefined of fewer than two, which have no spread. */
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
