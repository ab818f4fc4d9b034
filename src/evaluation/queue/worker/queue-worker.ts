// A worker of a queue: a thin process that talks to Redis, while its child processes train. So renewing the lock of a task
// never waits for a training step.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import { engineKind } from '../../../engine/engine-kind.ts';
import { chooseLowering } from '../../../engine/lowering/choose-lowering.ts';
import { loadRuntime } from '../../../engine/node/load-runtime.ts';
import type { Evaluator } from '../../evaluator.ts';
import type { TrainingSpeed } from '../../measure-speed.ts';
import { Turns } from '../../node/turns.ts';
import { atMost } from '../at-most.ts';
import { Audience } from '../delivery/audience.ts';
import { DeliveryClient } from '../delivery/delivery-client.ts';
import { readTask, readWanted, type SearchRecord, type TaskMessage, type WorkerRecord } from '../messages/messages.ts';
import { isSameVersion, KEYS, ownQueueNameOf, queueNameOf, taskIdOf, tribeOf } from '../messages/queue-names.ts';
import { deadlyOutcome, deathsOf, noteBegin, noteEnd, type TaskDeaths } from '../redis/begun-tasks.ts';
import { connectQueue, type QueueConnection } from '../redis/redis-connection.ts';
import { announceWorker, BEAT_MS, findSearches, listSearches, withdrawWorker } from '../redis/registry.ts';
import { untilTaken } from '../redis/until-taken.ts';
import { FileStore } from './file-store.ts';
import { Reservation } from './reservation.ts';
import { HandBackError, type RunnerOptions, runTask } from './task-runner.ts';
import { LONGEST_GOODBYE_MS, TaskTaker } from './task-taker.ts';

export interface QueueWorkerOptions {
  readonly url: string;
  /** Trains; its concurrency is that of the worker. Closed with the worker. */
  readonly evaluator: Evaluator;
  /** Default: the fastest that works here. */
  readonly lowering?: 'auto' | 'blocked' | 'plain';
  /** Folder for data sets and weights. Default: the user's cache folder. */
  readonly dataDir?: string | undefined;
  /** Longest that it trains any candidate. */
  readonly timeoutMs: number;
  /** End when no task and no search is left. */
  readonly drain: boolean;
  /** What whoever runs it should know. */
  readonly notify: (line: string) => void;
}

/** How long a task waits to learn whether the worker that had it is dead: until its record has expired. */
const LONGEST_DOUBT_MS = 10_000;
const DOUBT_MS = 500;
/** A task that was handed back may find another worker meanwhile. */
const HAND_BACK_PAUSE_MS = 2000;

interface RunningTask {
  readonly abort: AbortController;
  readonly audience: Audience;
  /** Set if it is to be done by another worker. */
  isHandedBack: boolean;
}

export class QueueWorker {
  readonly id: string;
  readonly #options: QueueWorkerOptions;
  readonly #connection: QueueConnection;
  readonly #store: FileStore;
  readonly #kind: string;
  readonly #turns: Turns;
  readonly #running = new Map<string, RunningTask>();
  readonly #clients = new Map<string, DeliveryClient>();
  readonly #speed: TrainingSpeed | undefined;
  readonly #ending = new AbortController();
  #failure: unknown;
  #done = 0;
  #failed = 0;
  /** Messages since the last beat. */
  #refused = 0;
  /** Of searches, at the last beat. */
  #otherVersions = '';

  /**
   * Checks everything that a worker needs, and measures how fast it is.
   *
   * @throws {InvalidInputError} if the queue or the folder cannot be used; {EngineError} if nothing can train here.
   */
  static async start(options: QueueWorkerOptions): Promise<QueueWorker> {
    const { url, evaluator, lowering = 'auto', notify } = options;
    const store = await FileStore.open(options.dataDir);
    const connection = await connectQueue(url, (state, reason) =>
      notify(
        state === 'back'
          ? 'the queue is back'
          : `the queue cannot be reached (${reason || 'the connection broke'}); waiting for it`,
      ),
    );
    try {
      const runtime = await loadRuntime();
      const { name } = await chooseLowering(runtime, lowering);
      const kind = await engineKind(runtime, name);
      const speed = await evaluator.measureSpeed?.(name);
      return new QueueWorker(options, connection, store, kind, speed);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private constructor(
    options: QueueWorkerOptions,
    connection: QueueConnection,
    store: FileStore,
    kind: string,
    speed: TrainingSpeed | undefined,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#store = store;
    this.#kind = kind;
    this.#speed = speed;
    this.#turns = new Turns(options.evaluator.concurrency);
    const host = hostname()
      .replaceAll(/[^A-Za-z0-9-]/g, '-')
      .replace(/^-+/, '')
      .slice(0, 40);
    this.id = `${host || 'worker'}-${process.pid}-${randomBytes(3).toString('hex')}`;
  }

  /**
   * Takes tasks until the signal is aborted; what it trains then is handed back.
   *
   * @throws the error of this machine that ended it: a full disk, an engine that fails or computes otherwise than others.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { Queue } = await import('bullmq');
    const { redis, address } = this.#connection;
    const { evaluator, notify } = this.#options;
    const name = queueNameOf(tribeOf(this.#kind));
    const ownName = ownQueueNameOf(name, this.id);
    // The connection reports its own errors.
    const openQueue = (queueName: string) => new Queue(queueName, { connection: redis }).on('error', () => {});
    const queue = openQueue(name);
    const taking = {
      ...{ redis, concurrency: evaluator.concurrency },
      process: (job: Job, token: string) => this.#process(job, token),
      onFailure: (error: unknown) => this.#fail(error),
    };
    const reservation = new Reservation({
      ...{ redis, workerId: this.id },
      takeShared: () => TaskTaker.start(name, taking),
      takeOwn: () => TaskTaker.start(ownName, taking),
      removeOwn: () => removeQueue(openQueue(ownName)),
    });
    const ended = once(this.#ending.signal, 'abort');
    const end = () => this.#ending.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const work = async (): Promise<void> => {
      await untilTaken('this worker', () => this.#beat(queue, reservation), notify, this.#ending.signal);
      if (this.#ending.signal.aborted) return;
      notify(`${this.id} takes tasks from ${address.shown}: ${evaluator.concurrency} at a time, engine ${this.#kind}`);
      await reservation.start();
      while (!this.#ending.signal.aborted) {
        await pause(BEAT_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
        if (!this.#ending.signal.aborted) await this.#beat(queue, reservation).catch(() => {});
      }
    };
    try {
      // The end does not wait for a beat, which waits for Redis where that is away.
      await Promise.race([work(), ended]);
    } finally {
      signal.removeEventListener('abort', end);
      await this.#end(reservation);
      await atMost(LONGEST_GOODBYE_MS, queue.close());
      this.#connection.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #process(job: Job, token: string): Promise<void> {
    const { redis } = this.#connection;
    const { notify } = this.#options;
    const { taskId, message } = await this.#check(job);
    if ((await redis.exists(KEYS.result(taskId))) === 1) return;
    const audience = new Audience(await this.#clientsOf(taskId));
    // Its search is gone. If it is resumed, it adds its tasks again.
    if (audience.clients.length === 0) return;
    const running: RunningTask = { abort: new AbortController(), audience, isHandedBack: false };
    this.#running.set(taskId, running);
    const { signal } = running.abort;
    if (this.#ending.signal.aborted) this.#handBack(running);
    try {
      const deaths = await this.#deathsOf(taskId, signal);
      const places = deaths.all.length > 0 ? this.#turns.places : 1;
      const leave = await this.#turns.take(places, signal);
      try {
        const begin = () => noteBegin(redis, taskId, this.id, places === this.#turns.places);
        await untilTaken('a note of what this worker trains', begin, notify, signal);
        const outcome = await runTask(this.#runner, { taskId, message, audience, signal });
        if (outcome?.failure === undefined) this.#done++;
        else this.#failed++;
      } finally {
        leave();
        await noteEnd(redis, taskId, this.id);
      }
    } catch (error) {
      if (!running.isHandedBack && signal.aborted) return;
      if (!running.isHandedBack && !(error instanceof HandBackError)) this.#fail(error);
      await this.#giveBack(job, token, error);
    } finally {
      this.#running.delete(taskId);
    }
  }

  /** A worker's record expires at most as long after its death as its task takes to come back: so the wait costs no time. */
  async #deathsOf(taskId: string, signal: AbortSignal): Promise<TaskDeaths> {
    const { redis } = this.#connection;
    let deaths = await deathsOf(redis, taskId);
    for (let waitedMs = 0; deaths.isUncertain && waitedMs < LONGEST_DOUBT_MS; waitedMs += DOUBT_MS) {
      await pause(DOUBT_MS, undefined, { signal });
      deaths = await deathsOf(redis, taskId);
    }
    // Redis may have lost the records of workers that live: they write them anew.
    if (deadlyOutcome(deaths) !== undefined) await pause(2 * BEAT_MS, undefined, { signal });
    return deaths;
  }

  /** @throws if the message is not what a search of this version sends; the task is then removed from the queue. */
  async #check(job: Job): Promise<{ readonly taskId: string; readonly message: TaskMessage }> {
    const { UnrecoverableError } = await import('bullmq');
    const parsed = readTask(JSON.stringify(job.data));
    const { id = '' } = job;
    const problem = 'problem' in parsed ? parsed.problem : problemOfId(id, parsed.message, this.#kind);
    if ('message' in parsed && problem === undefined) return { taskId: id, message: parsed.message };
    if (this.#refused++ === 0) this.#options.notify(`a message on the queue was refused and removed: ${problem}`);
    throw new UnrecoverableError(`refused: ${problem}`);
  }

  async #giveBack(job: Job, token: string, error: unknown): Promise<void> {
    const { WaitingError } = await import('bullmq');
    if (error instanceof HandBackError) {
      this.#options.notify(`a task was handed back: ${error.message}`);
      await pause(HAND_BACK_PAUSE_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
    }
    await job.moveToWait(token);
    throw new WaitingError();
  }

  get #runner(): RunnerOptions {
    const { evaluator, timeoutMs, notify } = this.#options;
    const { redis } = this.#connection;
    const queueName = queueNameOf(tribeOf(this.#kind));
    return { redis, workerId: this.id, queueName, evaluator, store: this.#store, timeoutMs, notify };
  }

  /** Ends the worker with an error. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#ending.abort();
  }

  #handBack(running: RunningTask): void {
    running.isHandedBack = true;
    running.abort.abort();
  }

  /** Of the searches that want a task and are alive. */
  async #clientsOf(taskId: string): Promise<readonly DeliveryClient[]> {
    const { redis } = this.#connection;
    const searches = await findSearches(redis, await redis.smembers(KEYS.wanting(taskId)));
    return searches.map((search) => this.#clientFor(search));
  }

  #clientFor(search: SearchRecord): DeliveryClient {
    const known = this.#clients.get(search.id) ?? new DeliveryClient(search);
    this.#clients.set(search.id, known);
    return known;
  }

  /** Says that this worker is there, and hears what searches say to it. */
  async #beat(queue: Queue, reservation: Reservation): Promise<void> {
    const { redis } = this.#connection;
    await reservation.look();
    await announceWorker(redis, this.#record(reservation));
    if (this.#refused > 1) this.#options.notify(`${this.#refused} messages on the queue were refused and removed`);
    this.#refused = 0;
    await this.#cancelUnwanted();
    for (const [taskId, { audience }] of this.#running) audience.clients = await this.#clientsOf(taskId);
    await this.#sendWanted();
    const searches = await listSearches(redis);
    this.#nameOtherVersions(searches);
    const alive = new Set(searches.map(({ id }) => id));
    for (const [id, client] of this.#clients) {
      if (alive.has(id)) continue;
      client.close();
      this.#clients.delete(id);
    }
    if (!this.#options.drain || this.#running.size > 0) return;
    const counts = await queue.getJobCounts('wait', 'active');
    const isServed = searches.some(({ kind }) => kind === this.#kind);
    if ((counts.wait ?? 0) === 0 && !isServed) {
      this.#options.notify('no task and no search is left; the worker ends');
      this.#ending.abort();
    }
  }

  #nameOtherVersions(searches: readonly SearchRecord[]): void {
    const own = tribeOf(this.#kind);
    const others = searches.filter((search) => !isSameVersion(search, own));
    const versions = [...new Set(others.map(({ version }) => version))].join(', ');
    if (versions !== '' && versions !== this.#otherVersions) {
      this.#options.notify(
        `searches of another version (${versions}) are on the queue; this worker is of version ${own.version} and does not train for them`,
      );
    }
    this.#otherVersions = versions;
  }

  #record({ holder }: Reservation): WorkerRecord {
    return {
      ...tribeOf(this.#kind),
      id: this.id,
      host: hostname(),
      pid: process.pid,
      slots: this.#options.evaluator.concurrency,
      ...this.#speed,
      running: [...this.#running.keys()],
      done: this.#done,
      failed: this.#failed,
      ...(holder !== undefined && { reservedFor: holder }),
    };
  }

  async #cancelUnwanted(): Promise<void> {
    const ids = [...this.#running.keys()];
    if (ids.length === 0) return;
    const unwanted = await this.#connection.redis.mget(ids.map(KEYS.cancelled));
    for (const [i, id] of ids.entries()) if (unwanted[i] !== null) this.#running.get(id)?.abort.abort();
  }

  async #sendWanted(): Promise<void> {
    const { redis } = this.#connection;
    for (const text of (await redis.lpop(KEYS.wanted(this.id), 100)) ?? []) {
      const parsed = readWanted(text);
      if ('problem' in parsed) continue;
      const { search: searchId, task, weights } = parsed.message;
      const [search] = await findSearches(redis, [searchId]);
      const path = this.#store.findWeights(weights);
      if (search === undefined || path === undefined) continue;
      // If that fails, the search has the task trained again.
      this.#clientFor(search)
        .sendWeights(task, weights, path, this.#ending.signal)
        .catch(() => {});
    }
  }

  /** Hands back what is in training, and leaves the queues. */
  async #end(reservation: Reservation): Promise<void> {
    for (const running of this.#running.values()) this.#handBack(running);
    await atMost(3 * LONGEST_GOODBYE_MS, reservation.close());
    await this.#store.removeStates();
    await atMost(LONGEST_GOODBYE_MS, withdrawWorker(this.#connection.redis, this.id));
    await this.#options.evaluator.close();
    for (const client of this.#clients.values()) client.close();
  }
}

/** Unless it is in use again. */
async function removeQueue(queue: Queue): Promise<void> {
  await queue.obliterate().catch(() => queue.resume());
  await queue.close();
}

/** The id must be the hash of the content: otherwise the result would stand for another task. */
function problemOfId(id: string, { task, keepsWeights }: TaskMessage, kind: string): string | undefined {
  return id === taskIdOf([tribeOf(kind), task, keepsWeights]) ? undefined : 'its id does not belong to its content';
}
