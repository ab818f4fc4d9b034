// Whether two workers computed the same.

import type { EvaluationFailure } from '../../../errors.ts';
import type { EvaluationOutcome } from '../../task.ts';
import type { ResultMessage } from './messages.ts';

type Outcome = Extract<ResultMessage['answer'], { outcome: unknown }>['outcome'];

/** Failures that happen to a candidate on every machine; the others depend on memory, time and luck. */
const REPEATABLE: readonly EvaluationFailure[] = ['diverged', 'invalid'];

export function isRepeatable({ failure }: Pick<EvaluationOutcome, 'failure'>): boolean {
  return failure === undefined || REPEATABLE.includes(failure.reason);
}

/** True if two results of one task differ in what must be equal: not in what depends on memory, time or the machine's speed. */
export function areDifferent({ answer: a }: ResultMessage, { answer: b }: ResultMessage): boolean {
  if ('error' in a || 'error' in b || !isRepeatable(a.outcome) || !isRepeatable(b.outcome)) return false;
  if (JSON.stringify(bitsOf(a.outcome)) !== JSON.stringify(bitsOf(b.outcome))) return true;
  // The outcome is in the file, and the latency with it.
  const mayDiffer = a.outcome.latencyMs !== undefined || b.outcome.latencyMs !== undefined;
  return !mayDiffer && a.weights?.sha256 !== b.weights?.sha256;
}

function bitsOf({ fitness, history, bestEpoch, failure, pruned }: Outcome): unknown {
  return [fitness, history, bestEpoch, failure?.reason, pruned];
}
