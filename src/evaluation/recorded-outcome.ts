// Outcomes that were recorded outside the run and replace a training.

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

/** Parses a recorded outcome; undefined if the value is not an outcome. */
export function readOutcome(value: unknown): EvaluationOutcome | undefined {
  if (!outcomeSchema.safeParse(value).success) return undefined;
  const { fitness, history, bestEpoch, failure, pruned } = value as EvaluationOutcome;
  return { fitness, history, bestEpoch, ...(failure && { failure }), ...(pruned && { pruned }) };
}

/**
 * Returns a recorded outcome and repeats the progress of its training, so that callbacks see every epoch and can stop it as
 * usual.
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
