// Evaluates a genome's fitness. Everything that can train a candidate implements this interface.

import type { EpochRecord } from '../engine/training/train.ts';
import { EvaluationError } from '../errors.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import type { EpochDetails } from './epoch-details.ts';
import type { EvaluationOutcome, EvaluationTask } from './task.ts';

/** Progress of an evaluation. */
export interface EvaluationProgress {
  readonly step: number;
  readonly totalSteps: number;
  /**
   * The machine that does a final training, if it is not that of the search.
   *
   * @internal
   */
  readonly machine?: string;
  /** Set when an epoch is complete. */
  readonly epoch?: EpochRecord;
  /**
   * Details of a complete epoch, if the task asks for them.
   *
   * @internal
   */
  readonly details?: EpochDetails;
  /** Weights after a complete epoch, if the task asks for them: the checkpoint (safetensors) if the training ended here. */
  readonly weights?: Uint8Array;
}

/** Options of an evaluation. */
export interface EvaluateOptions {
  /** Called during training: after every epoch, and otherwise at most a few times per second. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal?: AbortSignal;
  /** Threads that may share this training; no effect on the outcome. Default: 1. */
  readonly threads?: number;
}

/** How final trainings use a machine, by the number of its places: the trainings that it does at the same time. */
export interface FinalSharing {
  /** Threads of each process. */
  readonly threads: (places: number) => number;
  /** Work per second, over that of one of as many separate trainings as there are places. */
  readonly speedUp: (places: number) => number;
}

/** Of the machine that does final trainings. */
export interface FinalSpeed {
  /** Processes that share them. */
  readonly workers: number;
  /** Work per second of each of as many separate trainings. Absent if it is that of all machines. */
  readonly rate?: number;
}

/** Trains candidates. A custom evaluator may train them elsewhere, or wrap a {@link ProcessPoolEvaluator}. */
export interface Evaluator {
  /** Number of tasks it can evaluate concurrently. It may change. */
  readonly concurrency: number;
  /** Number of processes that share final trainings, if they run elsewhere than other tasks. Default: `concurrency`. */
  readonly finalConcurrency?: number | undefined;
  /**
   * Decides which machine does the final trainings from now on, for evaluators that have several.
   *
   * @internal
   */
  readonly chooseFinalMachine?:
    | ((lowering: LoweringName, sharing: FinalSharing, signal?: AbortSignal) => Promise<FinalSpeed>)
    | undefined;
  /**
   * Resolves when `concurrency` has grown, for evaluators that others join.
   *
   * @internal
   */
  readonly capacityGrown?: (() => Promise<void>) | undefined;
  /**
   * Resolves to fitness 0 and a reason if the candidate cannot be trained: it diverges, runs out of memory or time, or
   * crashes repeatedly. Rejects for errors that are not the candidate's fault: unreadable data, a missing runtime, a full
   * disk.
   *
   * @throws {EvaluationError} `cancelled` if the signal is aborted.
   */
  evaluate(task: EvaluationTask, options?: EvaluateOptions): Promise<EvaluationOutcome>;
  /**
   * How fast each task trains when `concurrency` tasks train concurrently: work per second, and the work that it could do
   * while a byte is read or written. Needed for time budgets; if absent, one thread of this process is measured.
   *
   * @param signal  interrupts it.
   */
  measureSpeed?(
    lowering: LoweringName,
    signal?: AbortSignal,
  ): Promise<{ readonly rate: number; readonly byteWork: number }>;
  /**
   * The kind of engine that it trains with, if it may differ from that of this process. Tasks and their ids name it.
   */
  engineKind?(lowering: LoweringName): Promise<string>;
  /** Ends all work and cancels running evaluations. */
  close(): Promise<void>;
}

export function failedOutcome(error: EvaluationError): EvaluationOutcome {
  return { fitness: 0, history: [], bestEpoch: 0, failure: { reason: error.reason, message: error.message } };
}

export function cancelledError(cause?: unknown): EvaluationError {
  return new EvaluationError('cancelled', 'the evaluation was cancelled', { cause });
}

/** Passes on epochs immediately, and other progress at most once per `intervalMs` by the given clock. */
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
