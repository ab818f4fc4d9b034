// Runs a backbone in child processes, with bounds on time and memory.

import { fileURLToPath } from 'node:url';
import { type Pool, pool, TerminateError } from 'workerpool';
import { InvalidInputError } from '../errors.ts';
import { childMemory } from '../files/memory-limit.ts';
import type { FeatureAnswer, FeatureTask } from './protocol.ts';

/** The longest that a few images may take, the start of the child included. */
const LONGEST_MS = 120_000;
/** A child has this time to end; after a second of it, the pool sends it a signal. */
const LONGEST_END_MS = 3000;
const WORKER = new URL('./worker.js', import.meta.url);

/** What a model gave for some images. */
export type FeatureBatch = Exclude<FeatureAnswer, { readonly error: string }>;

export interface FeaturePoolOptions {
  /** Number of child processes. */
  readonly children: number;
  /** Path of the backbone, for messages. */
  readonly path: string;
  /**
   * The child's script; the built one unless a test says otherwise.
   *
   * @internal
   */
  readonly script?: URL | undefined;
}

export class FeaturePool {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #setting: Pick<FeatureTask, 'children' | 'memoryBytes'>;

  constructor({ children, path, script = WORKER }: FeaturePoolOptions) {
    this.#path = path;
    this.#setting = { children, memoryBytes: childMemory(children) };
    const forkOpts = { serialization: 'advanced' } as const;
    this.#pool = pool(fileURLToPath(script), { workerType: 'process', maxWorkers: children, forkOpts });
  }

  /**
   * @throws {InvalidInputError} if the backbone cannot be run, takes too long or too much memory, or gives numbers that are
   *   none. The pool is of no use then, but to be closed.
   */
  async run(task: Omit<FeatureTask, 'children' | 'memoryBytes'>, signal: AbortSignal): Promise<FeatureBatch> {
    const late = AbortSignal.timeout(LONGEST_MS);
    try {
      const work = this.#pool.exec('extract', [{ ...task, ...this.#setting }]);
      const answer: FeatureAnswer = await unlessAborted(work, AbortSignal.any([signal, late]));
      if ('error' in answer) throw this.#refusal(`cannot be run: ${answer.error}`, 'export it again, for ONNX Runtime');
      if (!answer.values.every(Number.isFinite)) {
        const cure = 'check --backbone-mean and --backbone-std, or choose another value with --backbone-output';
        throw this.#refusal('gives values that are not finite', cure);
      }
      return answer;
    } catch (cause) {
      signal.throwIfAborted();
      if (late.aborted) {
        const what = `took more than ${LONGEST_MS / 1000} s for ${task.to - task.from} images`;
        throw this.#refusal(what, 'use a smaller network or smaller images');
      }
      if (!(cause instanceof TerminateError)) throw cause;
      const mebibytes = Math.round(this.#setting.memoryBytes / 2 ** 20).toLocaleString('en-US');
      const what = `ended its process, which may hold ${mebibytes} MiB`;
      throw this.#refusal(what, 'use a smaller network, smaller images or fewer --workers');
    }
  }

  async close(): Promise<void> {
    try {
      await this.#pool.terminate(true, LONGEST_END_MS);
    } catch {
      // The child was sent a signal, too.
    }
  }

  #refusal(what: string, cure: string): InvalidInputError {
    return new InvalidInputError(`the backbone ${this.#path} ${what}; ${cure}`, { details: { path: this.#path } });
  }
}

function unlessAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).then(() => signal.removeEventListener('abort', abort));
  });
}
