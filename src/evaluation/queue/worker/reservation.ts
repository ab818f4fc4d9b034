// A worker that a search has reserved for its final trainings: it takes tasks from a queue of its own, and no others, for as
// long as the search renews that.

import type { Redis } from 'ioredis';
import { KEYS } from '../messages/queue-names.ts';
import type { TaskTaker } from './task-taker.ts';

export interface ReservationOptions {
  readonly redis: Redis;
  readonly workerId: string;
  /** Takes the tasks of all searches. */
  readonly shared: TaskTaker;
  /** Opens the queue that only this worker takes tasks from. */
  readonly openOwn: () => Promise<TaskTaker>;
  /** Removes what is left of that queue in Redis. */
  readonly removeOwn: () => Promise<void>;
}

export class Reservation {
  readonly #options: ReservationOptions;
  #own: TaskTaker | undefined;
  /** Of former reservations, with tasks that go on. */
  readonly #former = new Set<TaskTaker>();
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
    const { redis, workerId, shared, openOwn, removeOwn } = this.#options;
    this.#holder = (await redis.get(KEYS.reserved(workerId))) ?? undefined;
    const own = this.#own;
    if (this.#holder === undefined && own !== undefined) {
      this.#own = undefined;
      this.#former.add(own);
      own
        .finish()
        .then(removeOwn)
        .catch(() => {})
        .finally(() => this.#former.delete(own));
      shared.resume();
    } else if (this.#holder !== undefined && own === undefined) {
      await shared.pause();
      const opened = await openOwn();
      this.#own = opened;
      // A lost connection is reported where it was made.
      opened.start().catch(() => {});
    }
  }

  /** Takes no more; what is in training has been told to end. */
  async close(): Promise<void> {
    const { removeOwn } = this.#options;
    const all = [...this.#former, ...(this.#own === undefined ? [] : [this.#own])];
    await Promise.all(all.map((taker) => taker.close()));
    if (all.length > 0) await removeOwn();
  }
}
