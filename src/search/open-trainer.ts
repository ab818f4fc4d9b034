// What trains the candidates of a run: an evaluator that a program brings, the workers of a queue, or child processes.

import { deviceOf } from '../engine/device.ts';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import { InvalidInputError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { ProcessPoolEvaluator } from '../evaluation/node/process-pool-evaluator.ts';
import type { SearchConfig } from './config/config.ts';
import type { Search } from './search.ts';

export interface TrainerOptions {
  readonly evaluator?: Evaluator | undefined;
  /** Its address, and `HOST:PORT` at which its workers reach this machine. */
  readonly queue?: string | { readonly url: string; readonly listen?: string | undefined } | undefined;
}

export interface Trainer {
  readonly evaluator: Evaluator;
  /** Passes on what the trainer has to say, from the start of the search on. */
  follow(search: Search): void;
}

/**
 * @param name  of the search, for people who look at the queue.
 * @throws {InvalidInputError} if the queue cannot be used or does not go with the device, or there is an evaluator as well.
 */
export async function openTrainer(
  config: SearchConfig,
  { evaluator, queue }: TrainerOptions,
  name: string,
): Promise<Trainer> {
  if (evaluator !== undefined && queue !== undefined) {
    throw new InvalidInputError('evaluator and queue both say what trains the candidates; give one');
  }
  if (evaluator !== undefined) return { evaluator, follow() {} };
  const { workers, timeoutSeconds } = config;
  const device = deviceOf(config);
  // Where the native engine is missing, a processor is WebAssembly.
  if (queue !== undefined && device !== 'cpu' && device !== (await loadRuntime()).device) {
    throw new InvalidInputError(
      `the workers of a queue train on processors, but device is ${device}; leave one of them out`,
      { details: { device } },
    );
  }
  const timeoutMs = timeoutSeconds * 1000;
  const local = new ProcessPoolEvaluator({ workers, timeoutMs, device });
  if (queue === undefined) return { evaluator: local, follow() {} };
  const { url, listen } = typeof queue === 'string' ? { url: queue } : queue;
  const news = new Notices();
  try {
    const { QueueEvaluator } = await import('../evaluation/queue/queue-evaluator.ts');
    const remote = await QueueEvaluator.connect({ url, listen, local, timeoutMs, name, notify: news.add });
    return { evaluator: remote, follow: (search) => news.follow(search) };
  } catch (error) {
    await local.close();
    throw error;
  }
}

/** Holds notices back until there is a search that shows them. */
class Notices {
  #early: string[] = [];
  #search: Search | undefined;

  readonly add = (notice: string): void => {
    if (this.#search === undefined) this.#early.push(notice);
    else this.#search.emit('notice', notice);
  };

  follow(search: Search): void {
    search.once('start', () => {
      this.#search = search;
      // After all who listen have heard of the start.
      queueMicrotask(() => this.#early.splice(0).map(this.add));
    });
  }
}
