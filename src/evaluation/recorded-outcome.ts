// An outcome that was recorded outside the run, instead of a training.

import { z } from 'zod';
import { cancelledError, type EvaluateOptions } from './evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from './task.ts';

const outcomeSchema = z.looseObject({
  fitness: z.number(),
  history: z.array(z.looseObject({ epoch: z.int() })),
  bestEpoch: z.int(),
  failure: z.looseObject({ reason: z.string(), message: z.string() }).optional(),
  pruned: z.literal(true).optional(),
});

/** What a file says of an outcome; undefined if it is none. */
export function readOutcome(value: unknown): EvaluationOutcome | undefined {
  if (!outcomeSchema.safeParse(value).success) return undefined;
  const { fitness, history, bestEpoch, failure, pruned } = value as EvaluationOutcome;
  return { fitness, history, bestEpoch, ...(failure && { failure }), ...(pruned && { pruned }) };
}

/**
 * The outcome, with the progress that its training reported: callbacks see every epoch and can stop it as they would have.
 *
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export function replayOutcome(
  outcome: EvaluationOutcome,
  { training }: EvaluationTask,
  { onProgress, signal }: EvaluateOptions,
): EvaluationOutcome {
  if (signal?.aborted) throw cancelledError(signal.reason);
  const totalSteps = Math.ceil(training.epochs);
  for (const epoch of outcome.history) onProgress?.({ step: epoch.epoch, totalSteps, epoch });
  return { ...outcome, cached: true };
}
