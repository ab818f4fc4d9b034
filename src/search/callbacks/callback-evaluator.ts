// Sits between a search and its evaluator if there are callbacks: waits for them, and ends the trainings that they stop.

import { type EpochRecord, recordedMetric } from '../../engine/training/train.ts';
import { EvaluationError } from '../../errors.ts';
import {
  cancelledError,
  type EvaluateOptions,
  type EvaluationProgress,
  type Evaluator,
  failedOutcome,
} from '../../evaluation/evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from '../../evaluation/task.ts';
import type { Storage } from '../../storage.ts';
import type { EvaluationStopper } from './callback.ts';
import type { CallbackQueue } from './callback-queue.ts';

export class CallbackEvaluator implements Evaluator, EvaluationStopper {
  readonly #inner: Evaluator;
  readonly #queue: CallbackQueue;
  readonly #storage: Storage;
  readonly #trainings = new Map<string, StoppableTraining>();

  /** @param storage  receives the weights of stopped trainings. */
  constructor(inner: Evaluator, queue: CallbackQueue, storage: Storage) {
    this.#inner = inner;
    this.#queue = queue;
    this.#storage = storage;
  }

  get concurrency(): number {
    return this.#inner.concurrency;
  }

  get finalConcurrency(): number | undefined {
    return this.#inner.finalConcurrency;
  }

  get chooseFinalMachine(): Evaluator['chooseFinalMachine'] {
    return this.#inner.chooseFinalMachine;
  }

  get capacityGrown(): Evaluator['capacityGrown'] {
    return this.#inner.capacityGrown;
  }

  /** An arrow function, because it is passed on without its object. */
  readonly stop = (id: string, afterEpoch: number): void => {
    this.#trainings.get(id)?.stop(afterEpoch);
  };

  async evaluate(task: EvaluationTask, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    const { id = task.genome } = task;
    const training = new StoppableTraining(task, this.#queue);
    this.#trainings.set(id, training);
    try {
      await this.#queue.idle();
      const outcome = await this.#evaluateUntilStopped(training, task, options);
      // Callbacks of the last epochs may still stop the training, however fast it was.
      await this.#queue.idle();
      return (await training.stoppedOutcome(this.#storage)) ?? outcome;
    } finally {
      this.#trainings.delete(id);
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #evaluateUntilStopped(
    training: StoppableTraining,
    task: EvaluationTask,
    { signal, onProgress }: EvaluateOptions,
  ): Promise<EvaluationOutcome> {
    if (signal?.aborted) throw cancelledError(signal.reason);
    if (training.signal.aborted) return NOTHING;
    try {
      const asked = this.#queue.hears('onEpochEnd') ? { ...task, weights: true } : task;
      return await this.#inner.evaluate(asked, {
        signal: signal ? AbortSignal.any([signal, training.signal]) : training.signal,
        onProgress: ({ weights, ...progress }) => {
          training.follow(progress, weights);
          onProgress?.(progress);
          training.passWhenHeard(progress);
        },
      });
    } catch (error) {
      if (!training.signal.aborted || signal?.aborted) throw error;
      return NOTHING;
    }
  }
}

const NOTHING: EvaluationOutcome = { fitness: 0, history: [], bestEpoch: 0 };

/**
 * One training, and the epoch after which it should end. Its outcome, weights included, is as if it had ended exactly
 * there, no matter how late the stop arrives.
 */
class StoppableTraining {
  readonly #task: EvaluationTask;
  readonly #queue: CallbackQueue;
  readonly #abort = new AbortController();
  /** By epoch number, so that an epoch repeated after a crash counts once. */
  readonly #epochs = new Map<number, EpochRecord>();
  /** Weights of the epochs whose callbacks have not finished. */
  readonly #weights = new Map<number, Uint8Array>();
  /** The last epoch whose callbacks have finished. */
  #passed = 0;
  #stopAfter: number | undefined;

  constructor(task: EvaluationTask, queue: CallbackQueue) {
    this.#task = task;
    this.#queue = queue;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** A final training exists for its weights: if those of the epoch are unknown, it continues. */
  stop(afterEpoch: number): void {
    const epoch = Math.max(afterEpoch, this.#passed);
    if (this.#isFinal && epoch > 0 && !this.#weights.has(epoch)) return;
    this.#stopAfter = Math.min(epoch, this.#stopAfter ?? epoch);
    this.#abort.abort();
  }

  follow({ epoch }: EvaluationProgress, weights: Uint8Array | undefined): void {
    if (epoch === undefined) return;
    this.#epochs.set(epoch.epoch, epoch);
    if (weights !== undefined) this.#weights.set(epoch.epoch, weights);
  }

  /** Drops older weights once the callbacks of an epoch have finished. */
  async passWhenHeard({ epoch: record }: EvaluationProgress): Promise<void> {
    if (record === undefined) return;
    await this.#queue.idle();
    if (this.#stopAfter !== undefined) return;
    this.#passed = record.epoch;
    for (const epoch of this.#weights.keys()) if (epoch < record.epoch) this.#weights.delete(epoch);
  }

  /** @returns undefined if the training was not stopped. */
  async stoppedOutcome(storage: Storage): Promise<EvaluationOutcome | undefined> {
    const last = this.#stopAfter;
    if (last === undefined) return undefined;
    const { checkpointPath, training } = this.#task;
    const history = [...this.#epochs.values()].filter(({ epoch }) => epoch <= last);
    const [first, ...others] = history;
    if (first === undefined) {
      const error = new EvaluationError('cancelled', 'a callback stopped it before the end of its first epoch');
      return { ...failedOutcome(error), stopped: true };
    }
    const weights = this.#weights.get(last);
    if (weights !== undefined && checkpointPath !== undefined) await storage.write(checkpointPath, weights);
    if (this.#isFinal) return { ...NOTHING, history, bestEpoch: last, stopped: true };
    const metric = training.metrics?.[0] ?? 'accuracy';
    const scoreOf = (record: EpochRecord): number => recordedMetric(record, metric);
    const best = others.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a), first);
    return { fitness: scoreOf(best), history, bestEpoch: best.epoch, stopped: true };
  }

  get #isFinal(): boolean {
    return this.#task.selection.purpose === 'final';
  }
}
