// The machine that does the final trainings of a search: a worker, if it is clearly faster than the search's own. While they
// last, it is reserved: it takes no other tasks, and these from a queue of its own. Whatever happens to it, the search goes on
// without it.

import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import type { Evaluator, FinalSharing, FinalSpeed } from '../evaluator.ts';
import type { TrainingSpeed } from '../measure-speed.ts';
import { atMost } from './at-most.ts';
import type { Fleet } from './fleet.ts';
import type { WorkerRecord } from './messages/messages.ts';
import { KEYS } from './messages/queue-names.ts';
import { BEAT_MS } from './redis/registry.ts';

export interface FinalMachineOptions {
  readonly redis: Redis;
  readonly searchId: string;
  readonly fleet: Fleet;
  /** This machine. */
  readonly local: Evaluator;
  readonly notify: (notice: string) => void;
}

/** A task that a worker trains for the search alone. */
interface Waiting {
  reject(error: unknown): void;
}

/** The worker is gone, or serves another search: the task is for another machine. */
export class WorkerLostError extends Error {}

/**
 * A worker is reserved if its final training is so many times as fast: measured rates vary by some tenths, and states travel.
 */
const CLEARLY_FASTER = 1.5;
/** A reservation ends so long after its search. */
const LEASE_SECONDS = 15;
/** A worker that was missing twice in the list has gone: records live for 15 s, so this takes 21 s at most. */
const MISSING_MS = 1.5 * BEAT_MS;
/** Without Redis for so long, the search goes on by itself. */
const SILENT_MS = 20_000;
const LONGEST_ANSWER_MS = 5000;

export class FinalMachine {
  readonly #options: FinalMachineOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #refused = new Set<string>();
  #sharing: FinalSharing | undefined;
  /** Of this machine. */
  #rateHere: TrainingSpeed['rate'] | undefined;
  #reserved: WorkerRecord | undefined;
  #entering: Promise<WorkerRecord | undefined> | undefined;

  constructor(options: FinalMachineOptions) {
    this.#options = options;
  }

  get isReserved(): boolean {
    return this.#reserved !== undefined;
  }

  /** Trainings that the machine of the next final training does at the same time. */
  get places(): number {
    return (this.#reserved ?? this.#fastest())?.slots ?? this.#options.local.concurrency;
  }

  threadsOn(places: number): number | undefined {
    return this.#sharing?.threads(places);
  }

  /** See `Evaluator.chooseFinalMachine`. Measures this machine if there are workers to compare it with, and none of them has. */
  async choose(lowering: LoweringName, sharing: FinalSharing, signal?: AbortSignal): Promise<FinalSpeed> {
    const { fleet, local } = this.#options;
    this.#sharing = sharing;
    if (fleet.alike.length > 0)
      this.#rateHere ??= this.#knownRate() ?? (await local.measureSpeed?.(lowering, signal))?.rate;
    const { slots, rate } = this.#fastest() ?? { slots: local.concurrency, rate: this.#rateHere };
    return { workers: slots, ...(rate !== undefined && { rate }) };
  }

  /** The worker that the next final training is for; undefined if it is this machine's. */
  enter(): Promise<WorkerRecord | undefined> {
    this.#entering ??= this.#reserve().finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  /** Ends the task with a {@link WorkerLostError} if its worker is lost, or was meanwhile. */
  watch(task: Waiting, worker: WorkerRecord): void {
    this.#waiting.add(task);
    if (this.#reserved !== worker) task.reject(new WorkerLostError());
  }

  unwatch(task: Waiting): void {
    this.#waiting.delete(task);
  }

  /** What it cannot train, this machine tries. */
  refuse({ id }: WorkerRecord, why: string): void {
    this.#refused.add(id);
    if (this.#reserved?.id === id) this.#lose(why);
  }

  /** Looks whether the worker is still there; also without an answer from Redis. */
  look(): void {
    const worker = this.#reserved;
    const why = worker && this.#whyLost(worker);
    if (why !== undefined) this.#lose(why);
  }

  /** Renews the reservation. */
  async renew(): Promise<void> {
    const worker = this.#reserved;
    if (worker === undefined || (await this.#hold(worker)) || this.#reserved !== worker) return;
    this.#lose('now works for another search');
  }

  /** What it still trains for this search is for another machine. */
  async release(): Promise<void> {
    const worker = this.#reserved;
    this.#reserved = undefined;
    for (const task of this.#waiting) task.reject(new WorkerLostError());
    const { redis, searchId } = this.#options;
    if (worker === undefined || (await redis.get(KEYS.reserved(worker.id))) !== searchId) return;
    await redis.del(KEYS.reserved(worker.id));
  }

  async #reserve(): Promise<WorkerRecord | undefined> {
    if (this.#reserved !== undefined) return this.#reserved;
    const fastest = this.#fastest();
    if (fastest === undefined) return undefined;
    let isHeld = false;
    const hold = this.#hold(fastest).then((held) => {
      isHeld = held;
    });
    await atMost(LONGEST_ANSWER_MS, hold);
    if (!isHeld) return undefined;
    this.#reserved = fastest;
    const times = (this.#speedOf(fastest) / this.#speedHere).toFixed(1);
    this.#options.notify(
      `the final training is done by ${fastest.id}, where it is ${times} times as fast as on this machine`,
    );
    return fastest;
  }

  /** @returns false if another search has reserved it. */
  async #hold({ id }: WorkerRecord): Promise<boolean> {
    const { redis, searchId } = this.#options;
    const key = KEYS.reserved(id);
    if ((await redis.set(key, searchId, 'EX', LEASE_SECONDS, 'NX')) !== null) return true;
    return (await redis.get(key)) === searchId && (await redis.expire(key, LEASE_SECONDS)) === 1;
  }

  #lose(why: string): void {
    const worker = this.#reserved;
    if (worker === undefined) return;
    this.#options.notify(`${worker.id}, which did the final training, ${why}; it goes on from its last state`);
    this.release().catch(() => {});
  }

  #whyLost({ id }: WorkerRecord): string | undefined {
    const { fleet } = this.#options;
    const { missingMs, silentMs } = fleet.absenceOf(id, performance.now());
    if (silentMs > SILENT_MS) return 'cannot be reached';
    if (missingMs > MISSING_MS) return 'is gone';
    return fleet.isAside(id) ? 'was put aside' : undefined;
  }

  /** Undefined if no worker is clearly faster than this machine. */
  #fastest(): WorkerRecord | undefined {
    const { fleet, searchId } = this.#options;
    const free = fleet.alike.filter(
      (worker) =>
        (worker.reservedFor === undefined || worker.reservedFor === searchId) &&
        !this.#refused.has(worker.id) &&
        this.#whyLost(worker) === undefined,
    );
    const fastest = free.reduce<WorkerRecord | undefined>(
      (best, worker) => (best === undefined || this.#speedOf(worker) > this.#speedOf(best) ? worker : best),
      undefined,
    );
    const isFaster = fastest !== undefined && this.#speedOf(fastest) > CLEARLY_FASTER * this.#speedHere;
    return isFaster ? fastest : undefined;
  }

  #speedOf({ rate = 0, slots }: Pick<WorkerRecord, 'rate' | 'slots'>): number {
    return rate * (this.#sharing?.speedUp(slots) ?? 1);
  }

  /** As a worker on this machine has measured it, which takes seconds. */
  #knownRate(): number | undefined {
    return this.#options.fleet.alike.find(({ host, rate }) => host === hostname() && rate !== undefined)?.rate;
  }

  /** Infinite before it is known. */
  get #speedHere(): number {
    const rate = this.#rateHere ?? Number.POSITIVE_INFINITY;
    return this.#speedOf({ rate, slots: this.#options.local.concurrency });
  }
}
