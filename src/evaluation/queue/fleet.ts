// The workers as a search sees them: which of them compute as it does, and what its user should know about the others.

import type { Redis } from 'ioredis';
import { median } from '../../arithmetic/averages.ts';
import { withResolvers } from '../../concurrency.ts';
import { InvalidInputError } from '../../errors.ts';
import { counted } from '../../text/figures.ts';
import type { TrainingSpeed } from '../measure-speed.ts';
import type { WorkerRecord } from './messages/messages.ts';
import { isSameTribe, isSameVersion, type Tribe, tribeOf } from './messages/queue-names.ts';
import { listWorkers } from './redis/registry.ts';

/** A search without workers says so this often. */
const REMINDER_MS = 60_000;

export class Fleet {
  readonly #redis: Redis;
  readonly #url: string;
  readonly #notify: (notice: string) => void;
  #kinds: readonly string[] = [];
  #all: readonly WorkerRecord[] = [];
  #refreshedAt = Number.NEGATIVE_INFINITY;
  /** When each worker was last in the list. */
  readonly #seenAt = new Map<string, number>();
  #grown = withResolvers<void>();
  #described = '';
  #remindedAt = Number.NEGATIVE_INFINITY;

  /** @param url  as the user would give it to a worker. */
  constructor(redis: Redis, url: string, notify: (notice: string) => void) {
    this.#redis = redis;
    this.#url = url;
    this.#notify = notify;
  }

  /** Workers that compute as this search does. */
  get alike(): readonly WorkerRecord[] {
    return this.#all.filter((worker) => this.#isOwn(worker) && !worker.isAside);
  }

  /** Those of them that take any task of this search. */
  get own(): readonly WorkerRecord[] {
    return this.alike.filter(({ reservedFor }) => reservedFor === undefined);
  }

  /** Trainings that they do at the same time. */
  get slots(): number {
    return this.own.reduce((sum, { slots }) => sum + slots, 0);
  }

  /** The mean over all trainings that are possible at the same time; undefined if no worker has measured its speed. */
  get speed(): TrainingSpeed | undefined {
    const measured = this.alike.filter(({ rate, byteWork }) => rate !== undefined && byteWork !== undefined);
    const slots = measured.reduce((sum, worker) => sum + worker.slots, 0);
    if (slots === 0) return undefined;
    const rate = measured.reduce((sum, worker) => sum + worker.slots * (worker.rate ?? 0), 0) / slots;
    return { rate, byteWork: median(measured.map(({ byteWork = 0 }) => byteWork)) };
  }

  /** @throws {InvalidInputError} if there are workers, but none of this version. */
  requireVersion(): void {
    const own = tribeOf('');
    if (this.#all.length === 0 || this.#all.some((worker) => isSameVersion(worker, own))) return;
    const versions = [...new Set(this.#all.map(({ version }) => version))].join(', ');
    throw new InvalidInputError(
      `the queue at ${this.#url} has workers of version ${versions} only, and this search is of version ${own.version}; start workers of version ${own.version}, or search with the version of the workers`,
      { details: { versions, own: own.version } },
    );
  }

  isAlive(workerId: string): boolean {
    return this.#all.some(({ id }) => id === workerId);
  }

  isAside(workerId: string): boolean {
    return this.#all.some(({ id, isAside }) => id === workerId && isAside === true);
  }

  /** For how long a worker has been missing in the list, up to the last answer of Redis; and how long ago that was. */
  absenceOf(workerId: string, now: number): { readonly missingMs: number; readonly silentMs: number } {
    const seenAt = this.#seenAt.get(workerId) ?? Number.NEGATIVE_INFINITY;
    return { missingMs: this.#refreshedAt - seenAt, silentMs: now - this.#refreshedAt };
  }

  /** Names a kind of engine that this search computes with. */
  use(kind: string): void {
    if (!this.#kinds.includes(kind)) this.#kinds = [...this.#kinds, kind];
  }

  /** Resolves when there are more trainings at the same time than now. */
  get grown(): Promise<void> {
    return this.#grown.promise;
  }

  async refresh(): Promise<void> {
    const before = this.slots;
    this.#all = await listWorkers(this.#redis);
    this.#refreshedAt = performance.now();
    for (const { id } of this.#all) this.#seenAt.set(id, this.#refreshedAt);
    if (this.slots <= before) return;
    this.#grown.resolve();
    this.#grown = withResolvers();
  }

  /** Says which workers there are if that has changed, and, now and then, that there is none. */
  report(now: number): void {
    const { own } = this;
    const described = this.#describe();
    const isReminder = own.length === 0 && now - this.#remindedAt > REMINDER_MS;
    if (described === this.#described && !isReminder) return;
    this.#described = described;
    this.#remindedAt = now;
    this.#notify(described);
  }

  #describe(): string {
    const { own } = this;
    const others = this.#describeOthers();
    if (own.length > 0) {
      return `${counted(own.length, 'worker')} on the queue, ${counted(this.slots, 'training')} at the same time${others}`;
    }
    return `the search waits for a worker that computes as this machine does (${this.#kinds.join('; ')}); start one with: auto-cnn worker --queue ${this.#url}${others}`;
  }

  #describeOthers(): string {
    const groups = new Map<string, number>();
    for (const worker of this.#all) {
      const why = this.#whyNot(worker);
      if (why !== undefined) groups.set(why, (groups.get(why) ?? 0) + 1);
    }
    const texts = [...groups].map(([why, count]) => `${count} of ${why}`);
    return texts.length === 0 ? '' : `; not used: ${texts.join(', ')}`;
  }

  #whyNot(worker: WorkerRecord): string | undefined {
    const [kind] = this.#kinds;
    if (kind === undefined) return undefined;
    const own = tribeOf(kind);
    if (!isSameVersion(worker, own)) return `version ${worker.version}`;
    if (!this.#isOwn(worker)) return `another kind of engine (${worker.kind})`;
    if (worker.isAside) return 'those that were put aside because their results differ';
    return worker.reservedFor === undefined ? undefined : 'those that do a final training';
  }

  #isOwn(worker: Tribe): boolean {
    return this.#kinds.some((kind) => isSameTribe(worker, tribeOf(kind)));
  }
}
