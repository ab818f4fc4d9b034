// One genome → its fitness. Everything that can train a candidate stands behind this interface.

import type { EpochRecord } from '../engine/training/train.ts';
import { EvaluationError } from '../errors.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import type { EpochDetails } from './epoch-details.ts';
import type { EvaluationOutcome, EvaluationTask } from './task.ts';

/** How far an evaluation is. */
export interface EvaluationProgress {
  readonly step: number;
  readonly totalSteps: number;
  /** Set when an epoch is complete. */
  readonly epoch?: EpochRecord;
  /**
   * Of a complete epoch, if the task asks for it.
   *
   * @internal
   */
  readonly details?: EpochDetails;
  /** Of a complete epoch, if the task asks for them: a checkpoint of what counts if the training ends here (safetensors). */
  readonly weights?: Uint8Array;
}

/** What an evaluation is told beside its task. */
export interface EvaluateOptions {
  /** Called as training goes on, at most a few times a second but for every epoch. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal?: AbortSignal;
}

/** Trains candidates. An own one may train them elsewhere, or wrap a {@link ProcessPoolEvaluator}. */
export interface Evaluator {
  /** How many tasks it can work on at the same time. */
  readonly concurrency: number;
  /**
   * A candidate that cannot be trained (it diverges, runs out of memory or time, crashes again and again) resolves to
   * fitness 0 and a reason. What is no fault of the candidate rejects: unreadable data, a missing runtime, a full disk.
   *
   * @throws {EvaluationError} `cancelled` if the signal is aborted.
   */
  evaluate(task: EvaluationTask, options?: EvaluateOptions): Promise<EvaluationOutcome>;
  /**
   * Work a second with which each of `concurrency` tasks trains when there are so many at a time. For a budget of time;
   * without it, a thread of this process is measured.
   */
  measureRate?(lowering: LoweringName): Promise<number>;
  /**
   * The kind of engine that it trains with, if that need not be this process's own; tasks name it, and so do their ids.
   */
  engineKind?(lowering: LoweringName): Promise<string>;
  /** Ends all work; what is being evaluated is cancelled. */
  close(): Promise<void>;
}

export function failedOutcome(error: EvaluationError): EvaluationOutcome {
  return { fitness: 0, history: [], bestEpoch: 0, failure: { reason: error.reason, message: error.message } };
}

export function cancelledError(cause?: unknown): EvaluationError {
  return new EvaluationError('cancelled', 'the evaluation was cancelled', { cause });
}

/** Passes on epochs at once and other progress at most once in `intervalMs`, by the given clock. */
export function throttleProgress(
  onProgress: (progress: EvaluationProgress) => void,
  now: () => number,
  intervalMs = 200,
): (progress: EvaluationProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (progress.epoch === undefined && now() - last < intervalMs) return;
    last = now();
    onProgress(progress);
  };
}
