// A worker that a search has reserved for its final trainings: it takes tasks from a queue of its own, and no others, for as
// long as the search renews that.

import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { KEYS } from '../messages/queue-names.ts';

export interface ReservationOptions {
  readonly redis: Redis;
  readonly workerId: string;
  /** Takes the tasks of all searches. */
  readonly shared: Worker;
  /** Opens the queue that only this worker takes tasks from. */
  readonly openOwn: () => Worker;
  /** Removes what is left of that queue in Redis. */
  readonly removeOwn: () => Promise<void>;
}

export class Reservation {
  readonly #options: ReservationOptions;
  #own: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #holder: string | undefined;

  constructor(options: ReservationOptions) {
    this.#options = options;
  }

  /** Id of the search. */
  get holder(): string | undefined {
    return this.#holder;
  }

  /** Looks whether there is a reservation. What the worker has begun before it goes on. */
  async look(): Promise<void> {
    const { redis, workerId, shared, openOwn } = this.#options;
    this.#holder = (await redis.get(KEYS.reserved(workerId))) ?? undefined;
    if (this.#holder === undefined) {
      if (this.#own === undefined) return;
      this.#close();
      await shared.resume();
    } else if (this.#own === undefined) {
      await shared.pause(true);
      this.#own = openOwn();
      // A lost connection is reported where it was made.
      this.#own.run().catch(() => {});
    }
  }

  /** Resolves when the tasks of the own queue have ended. */
  async end(): Promise<void> {
    this.#close();
    await this.#ended;
  }

  /** A task that it trains goes on, also if there is another reservation before its end. */
  #close(): void {
    const own = this.#own;
    this.#own = undefined;
    const ended = own?.close().then(this.#options.removeOwn);
    this.#ended = Promise.allSettled([this.#ended, ended]).then(() => {});
  }
}
