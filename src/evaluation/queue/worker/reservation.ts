// Where a worker takes its tasks from: the queue of all searches or, while a search has reserved it for its final trainings, a
// queue of its own, for as long as the search renews that.

import type { Redis } from 'ioredis';
import { KEYS } from '../messages/queue-names.ts';
import type { TaskTaker } from './task-taker.ts';

export interface ReservationOptions {
  readonly redis: Redis;
  readonly workerId: string;
  readonly takeShared: () => Promise<TaskTaker>;
  readonly takeOwn: () => Promise<TaskTaker>;
  /** Removes what is left of the own queue in Redis. */
  readonly removeOwn: () => Promise<void>;
}

export class Reservation {
  readonly #options: ReservationOptions;
  #taker: TaskTaker | undefined;
  #isOwn = false;
  /** Those with tasks that go on. */
  readonly #former = new Set<TaskTaker>();
  #holder: string | undefined;
  #isClosed = false;

  constructor(options: ReservationOptions) {
    this.#options = options;
  }

  /** Id of the search. */
  get holder(): string | undefined {
    return this.#holder;
  }

  /** Begins to take tasks. */
  async start(): Promise<void> {
    await this.#take(false);
  }

  /** Looks whether there is a reservation. What the worker has begun before it goes on. */
  async look(): Promise<void> {
    const { redis, workerId, removeOwn } = this.#options;
    this.#holder = (await redis.get(KEYS.reserved(workerId))) ?? undefined;
    const isOwn = this.#holder !== undefined;
    const former = this.#taker;
    if (former === undefined || isOwn === this.#isOwn) return;
    this.#former.add(former);
    former
      .finish()
      .then(() => (isOwn ? undefined : removeOwn()))
      .catch(() => {})
      .finally(() => this.#former.delete(former));
    await this.#take(isOwn);
  }

  /** Takes no more; what is in training has been told to end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#former, this.#taker].map((taker) => taker?.close()));
    if (this.#isOwn) await this.#options.removeOwn();
  }

  async #take(isOwn: boolean): Promise<void> {
    const { takeShared, takeOwn } = this.#options;
    const taker = await (isOwn ? takeOwn() : takeShared());
    if (this.#isClosed) return taker.close();
    this.#taker = taker;
    this.#isOwn = isOwn;
  }
}
