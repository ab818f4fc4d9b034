// Evaluates in a pool of child processes, one thread each. A child that dies is replaced and its task tried again.

import { fileURLToPath } from 'node:url';
import { type Pool, type Promise as PoolPromise, pool, TerminateError, Promise as WorkerpoolPromise } from 'workerpool';
import { EvaluationError } from '../../errors.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import {
  cancelledError,
  type EvaluateOptions,
  type EvaluationProgress,
  type Evaluator,
  failedOutcome,
} from '../evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from '../task.ts';
import { fromWireError, type WireAnswer, type WireRate } from './protocol.ts';

export interface ProcessPoolOptions {
  /** Number of child processes. */
  readonly workers: number;
  /** Longest a task may take before it counts as failed. */
  readonly timeoutMs: number;
  /** The child's script; the built one unless a test says otherwise. */
  readonly script?: URL;
}

/** A task is started so often at most when its child dies: a search may be unlucky with its neighbours. */
const MAX_ATTEMPTS = 5;

export class ProcessPoolEvaluator implements Evaluator {
  readonly concurrency: number;
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #running = new Set<PoolPromise<WireAnswer>>();
  #closed = false;

  constructor({ workers, timeoutMs, script = new URL('./worker.js', import.meta.url) }: ProcessPoolOptions) {
    this.concurrency = workers;
    this.#timeoutMs = timeoutMs;
    this.#pool = pool(fileURLToPath(script), {
      workerType: 'process',
      maxWorkers: workers,
      forkOpts: { serialization: 'advanced' },
    });
  }

  async evaluate(task: EvaluationTask, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    let crash: EvaluationError | undefined;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return await this.#attempt(task, options);
      } catch (error) {
        if (!(error instanceof EvaluationError) || error.reason === 'cancelled') throw error;
        if (!error.retryable) return failedOutcome(error);
        crash = error;
      }
    }
    return failedOutcome(crash ?? new EvaluationError('crashed', 'the child process died'));
  }

  /** All children at the same time, as they share the machine's memory and caches; the mean. */
  async measureRate(lowering: LoweringName): Promise<number> {
    const measure = async (): Promise<number> => {
      const answer: WireRate = await this.#pool.exec('measure', [lowering]);
      if ('error' in answer) throw fromWireError(answer.error);
      return answer.rate;
    };
    const rates = await Promise.all(Array.from({ length: this.concurrency }, measure));
    return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const running of this.#running) running.cancel();
    await this.#pool.terminate(true);
  }

  async #attempt(task: EvaluationTask, options: EvaluateOptions): Promise<EvaluationOutcome> {
    const { onProgress, signal } = options;
    if (this.#closed || signal?.aborted) throw cancelledError(signal?.reason);
    const running = this.#pool
      .exec('evaluate', [task], { on: (progress: EvaluationProgress) => onProgress?.(progress) })
      .timeout(this.#timeoutMs) as PoolPromise<WireAnswer>;
    // Returns nothing: a signal takes a listener's promise for its own and throws when that rejects.
    const cancel = () => {
      running.cancel();
    };
    this.#running.add(running);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer: WireAnswer = await running;
      if ('error' in answer) throw fromWireError(answer.error);
      return answer.outcome;
    } catch (error) {
      // The child had died while it was idle: the task never reached it, and the pool has a new one now.
      if (error instanceof TerminateError && error.message === 'Worker is terminated' && !this.#closed) {
        return this.#attempt(task, options);
      }
      throw this.#explain(error, signal);
    } finally {
      this.#running.delete(running);
      signal?.removeEventListener('abort', cancel);
    }
  }

  #explain(error: unknown, signal: AbortSignal | undefined): unknown {
    if (this.#closed || signal?.aborted || error instanceof WorkerpoolPromise.CancellationError) {
      return cancelledError(error);
    }
    if (error instanceof WorkerpoolPromise.TimeoutError) {
      const message = `it took longer than ${this.#timeoutMs / 1000} s`;
      return new EvaluationError('timeout', message, { cause: error });
    }
    if (error instanceof TerminateError) {
      const [, exitCode, signalCode] = /exitCode: `(.*)`\s+signalCode: `(.*)`/.exec(error.message) ?? [];
      const message = `its process died ${MAX_ATTEMPTS} times (${howItDied(exitCode, signalCode)}); perhaps memory ran out`;
      return new EvaluationError('crashed', message, { cause: error, details: { exitCode, signalCode } });
    }
    return error;
  }
}

/** Neither is known if the death came to light in a failed write to the child. */
function howItDied(exitCode: string | undefined, signalCode: string | undefined): string {
  if (exitCode === undefined) return 'found dead';
  return signalCode === 'null' ? `exit code ${exitCode}` : `signal ${signalCode}`;
}
