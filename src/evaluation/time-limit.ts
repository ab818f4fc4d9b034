// How long a training may take.

import type { EvaluationTask } from './task.ts';

/**
 * A candidate that takes too long counts as failed, so that it cannot hold up a search. A final training takes as long as its
 * epochs do: it is what the run is for.
 *
 * @param candidateMs  longest time for a candidate.
 */
export function timeLimitOf({ selection }: Pick<EvaluationTask, 'selection'>, candidateMs: number): number {
  return selection.purpose === 'final' ? Number.POSITIVE_INFINITY : candidateMs;
}
