// Between a search and its evaluator, where there are callbacks: waits for them, and ends evaluations that they stop.

import type { EpochRecord } from '../engine/train.ts';
import { EvaluationError } from '../errors.ts';
import { cancelledError, type EvaluateOptions, type Evaluator, failedOutcome } from '../evaluation/evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from '../evaluation/task.ts';
import type { CallbackQueue, EvaluationStopper } from './callbacks.ts';

export class CallbackEvaluator implements Evaluator, EvaluationStopper {
  readonly #inner: Evaluator;
  readonly #queue: CallbackQueue;
  readonly #stops = new Map<string, Stop>();

  constructor(inner: Evaluator, queue: CallbackQueue) {
    this.#inner = inner;
    this.#queue = queue;
  }

  get concurrency(): number {
    return this.#inner.concurrency;
  }

  /** As an arrow function: it is handed on without its object. */
  readonly stop = (genome: string, afterEpoch: number): void => {
    this.#stops.get(genome)?.after(afterEpoch);
  };

  async evaluate(task: EvaluationTask, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    if (task.selection.purpose === 'final') {
      await this.#queue.idle();
      return this.#inner.evaluate(task, options);
    }
    const stop = new Stop();
    this.#stops.set(task.genome, stop);
    try {
      await this.#queue.idle();
      const outcome = await this.#evaluateUntil(stop, task, options);
      // What the last epochs' callbacks have to say counts, however fast the training was.
      await this.#queue.idle();
      return stop.epoch === undefined ? outcome : upTo(stop.epoch, outcome, task);
    } finally {
      this.#stops.delete(task.genome);
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** The outcome of the training, or of its epochs up to now if it is stopped. */
  async #evaluateUntil(stop: Stop, task: EvaluationTask, options: EvaluateOptions): Promise<EvaluationOutcome> {
    const { signal, onProgress } = options;
    if (signal?.aborted) throw cancelledError(signal.reason);
    const history: EpochRecord[] = [];
    if (stop.signal.aborted) return { fitness: 0, history, bestEpoch: 0 };
    try {
      return await this.#inner.evaluate(task, {
        signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
        onProgress: (progress) => {
          if (progress.epoch !== undefined) history.push(progress.epoch);
          onProgress?.(progress);
        },
      });
    } catch (error) {
      if (!stop.signal.aborted || signal?.aborted) throw error;
      return { fitness: 0, history, bestEpoch: 0 };
    }
  }
}

/** Whether, and after which epoch, an evaluation is to end: the earliest that was asked for. */
class Stop {
  readonly #abort = new AbortController();
  epoch: number | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  after(epoch: number): void {
    this.epoch = Math.min(epoch, this.epoch ?? epoch);
    this.#abort.abort();
  }
}

/** The outcome as if the training had ended after an epoch, so that it does not depend on how soon the stop came. */
function upTo(epoch: number, outcome: EvaluationOutcome, { training }: EvaluationTask): EvaluationOutcome {
  if (outcome.failure !== undefined) return outcome;
  const history = outcome.history.filter((record) => record.epoch <= epoch);
  if (history.length === 0) {
    const error = new EvaluationError('cancelled', 'a callback stopped it before the end of its first epoch');
    return { ...failedOutcome(error), stopped: true };
  }
  const metric = training.metrics?.[0] ?? 'accuracy';
  const scoreOf = ({ validationAccuracy, metrics }: EpochRecord): number =>
    (metric === 'accuracy' ? validationAccuracy : metrics?.[metric]) ?? 0;
  const best = history.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a));
  return { fitness: scoreOf(best), history, bestEpoch: best.epoch, stopped: true };
}
