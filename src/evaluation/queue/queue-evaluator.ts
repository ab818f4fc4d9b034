// Evaluates on the workers of a queue. The search is the only truth: whatever Redis or a worker loses is put on the queue
// again, and since equal tasks have equal results, it does not matter who computes one, or how often.

import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { readPackedDataset } from '../../data/cache/packed-file.ts';
import { engineKind, requireEngine } from '../../engine/engine-kind.ts';
import { loadRuntime } from '../../engine/node/load-runtime.ts';
import { InvalidInputError } from '../../errors.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { missingWeights } from '../checkpoint.ts';
import {
  cancelledError,
  type EvaluateOptions,
  type Evaluator,
  type FinalSharing,
  type FinalSpeed,
} from '../evaluator.ts';
import type { TrainingSpeed } from '../measure-speed.ts';
import { requireFingerprint } from '../node/packed-data.ts';
import type { EvaluationOutcome, EvaluationTask } from '../task.ts';
import { atMost } from './at-most.ts';
import { DeliveryServer } from './delivery/delivery-server.ts';
import { describeFile } from './delivery/file-hash.ts';
import { FinalMachine, WorkerLostError } from './final-machine.ts';
import { isDivisible, trainInStretches } from './final-stretches.ts';
import { Fleet } from './fleet.ts';
import { IdleWatch } from './idle-watch.ts';
import { isRepeatable } from './messages/compare-results.ts';
import type { SearchRecord, WorkerRecord } from './messages/messages.ts';
import { ownQueueNameOf, queueNameOf, tribeOf } from './messages/queue-names.ts';
import { type TaskFiles, toMessage } from './messages/task-message.ts';
import type { RemoteFile } from './messages/task-schema.ts';
import { PendingTask } from './pending-task.ts';
import { DifferenceReader } from './redis/differences.ts';
import { connectQueue, type QueueConnection } from './redis/redis-connection.ts';
import { announceSearch, BEAT_MS, withdrawSearch } from './redis/registry.ts';
import { untilTaken } from './redis/until-taken.ts';
import { TaskBoard } from './task-board.ts';

export interface QueueOptions {
  /** `redis://HOST:PORT/DATABASE`. */
  readonly url: string;
  /** Trains what stays on this machine: final trainings, unless a worker is clearly faster. Closed with this evaluator. */
  readonly local: Evaluator;
  /** Longest that a candidate may train. */
  readonly timeoutMs: number;
  /** Of the search, for people. */
  readonly name: string;
  /** `HOST:PORT` at which workers reach this machine. Default: all its addresses, any port. */
  readonly listen?: string | undefined;
  /** What the user should know. */
  readonly notify: (notice: string) => void;
}

/** How often results are looked for; a worker also says when it has one. */
const LOOK_MS = 500;
/** How often tasks are looked for that were lost. */
const RECONCILE_MS = 5000;
/** How long a plan waits for a worker that has measured its speed. */
const LONGEST_WAIT_MS = 30_000;
/** Redis may be gone: what is left there expires. */
const LONGEST_GOODBYE_MS = 2000;

export class QueueEvaluator implements Evaluator {
  readonly #options: QueueOptions;
  readonly #connection: QueueConnection;
  readonly #server: DeliveryServer;
  readonly #id: string;
  readonly #fleet: Fleet;
  readonly #board: TaskBoard;
  readonly #final: FinalMachine;
  readonly #differences: DifferenceReader;
  readonly #idle = new IdleWatch();
  readonly #datasets = new Map<string, Promise<RemoteFile>>();
  readonly #closing = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  #kind = '';
  #announced: Promise<void> = Promise.resolve();
  #done = 0;
  #failed = 0;
  #policyProblem: string | undefined;
  #closed: Promise<void> | undefined;

  /** @throws {InvalidInputError} if the queue cannot be used, or this machine cannot listen for workers. */
  static async connect(options: QueueOptions): Promise<QueueEvaluator> {
    const { url, notify } = options;
    const connection = await connectQueue(url, (state, reason) => {
      const { shown } = connection.address;
      if (state === 'back') notify(`the queue at ${shown} is back; the search goes on`);
      else
        notify(
          `the queue at ${shown} cannot be reached (${reason || 'the connection broke'}); the search waits for it`,
        );
    });
    const { redis, address } = connection;
    const searchId = `search-${randomBytes(8).toString('hex')}`;
    const fleet = new Fleet(redis, address.shown, notify);
    const board = new TaskBoard({ redis, searchId, fleet, notify });
    try {
      await fleet.refresh();
      fleet.requireVersion();
      const server = await DeliveryServer.start(searchId, board.pending, options.listen);
      return new QueueEvaluator(options, connection, server, searchId, fleet, board);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private constructor(
    options: QueueOptions,
    connection: QueueConnection,
    server: DeliveryServer,
    id: string,
    fleet: Fleet,
    board: TaskBoard,
  ) {
    // Each task listens.
    setMaxListeners(0, this.#closing.signal);
    this.#options = options;
    this.#connection = connection;
    this.#server = server;
    this.#id = id;
    this.#fleet = fleet;
    this.#board = board;
    this.#final = new FinalMachine({ redis: connection.redis, searchId: id, fleet, ...options });
    this.#differences = new DifferenceReader(connection.redis, options.notify);
    this.#timers = [
      every(LOOK_MS, () => this.#board.look()),
      every(LOOK_MS, async () => this.#final.look()),
      every(RECONCILE_MS, () => this.#board.reconcile()),
      every(BEAT_MS, () => this.#beat()),
    ];
  }

  /** At least 1: a task may wait for the first worker. */
  get concurrency(): number {
    return Math.max(1, this.#fleet.slots);
  }

  get finalConcurrency(): number {
    return this.#final.places;
  }

  /** An arrow function, because it is passed on without its object. */
  readonly chooseFinalMachine = (
    lowering: LoweringName,
    sharing: FinalSharing,
    signal?: AbortSignal,
  ): Promise<FinalSpeed> => this.#final.choose(lowering, sharing, signal);

  readonly capacityGrown = (): Promise<void> => this.#fleet.grown;

  /** That of this machine: workers of other kinds are not used. */
  async engineKind(lowering: LoweringName): Promise<string> {
    const kind = await engineKind(await loadRuntime(), lowering);
    if (this.#kind !== kind) {
      this.#kind = kind;
      this.#fleet.use(kind);
      const { notify } = this.#options;
      this.#announced = untilTaken('this search', () => this.#beat(), notify, this.#closing.signal);
    }
    // Workers drop tasks of searches that they do not know.
    await this.#announced;
    return kind;
  }

  /** The mean of the workers that are there, each of which has measured itself with all its trainings at the same time. */
  async measureSpeed(lowering: LoweringName): Promise<TrainingSpeed> {
    await this.engineKind(lowering);
    for (let waitedMs = 0; waitedMs < LONGEST_WAIT_MS && !this.#closing.signal.aborted; waitedMs += LOOK_MS) {
      await this.#fleet.refresh();
      if (this.#fleet.speed !== undefined) return this.#fleet.speed;
      await pause(LOOK_MS);
    }
    const { shown } = this.#connection.address;
    throw new InvalidInputError(
      `a time budget is planned by the speed of the workers, and no worker on the queue at ${shown} computes as this machine does; start one with "auto-cnn worker --queue ${shown}", or give the budget in FLOPs`,
    );
  }

  async evaluate(task: EvaluationTask, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    if (task.part !== undefined || task.selection.purpose === 'final') return this.#evaluateFinal(task, options);
    // Its worker may be the only one.
    if (this.#final.isReserved) await this.#final.release();
    return this.#evaluateOn(undefined, task, options);
  }

  /** The outcome does not depend on the machine, so one after the other may try. */
  async #evaluateFinal(task: EvaluationTask, options: EvaluateOptions): Promise<EvaluationOutcome> {
    if (isDivisible(task) && (await this.#final.enter()) !== undefined) {
      const outcome = await trainInStretches(task, options, (part, its) => this.#evaluateFinal(part, its ?? {}));
      if (outcome !== undefined) return outcome;
    }
    const { signal, onProgress, threads = 1 } = options;
    const threadsOn = (places: number) => this.#final.threadsOn(places) ?? threads;
    for (let worker = await this.#final.enter(); worker !== undefined; worker = await this.#final.enter()) {
      const { host, slots } = worker;
      const remote: EvaluateOptions = {
        ...options,
        ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, machine: host }) }),
        threads: threadsOn(slots),
      };
      try {
        const outcome = await this.#evaluateOn(worker, task, remote);
        if (isRepeatable(outcome)) return outcome;
        this.#final.refuse(worker, `could not (${outcome.failure?.message})`);
      } catch (error) {
        if (signal?.aborted || this.#closing.signal.aborted) throw error;
        if (!(error instanceof WorkerLostError)) this.#final.refuse(worker, `could not (${(error as Error).message})`);
      }
    }
    const { local } = this.#options;
    return local.evaluate(task, { ...options, threads: threadsOn(local.concurrency) });
  }

  /** @param worker  Default: any. */
  async #evaluateOn(
    worker: WorkerRecord | undefined,
    task: EvaluationTask,
    options: EvaluateOptions,
  ): Promise<EvaluationOutcome> {
    const { signal } = options;
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    if (stop.aborted) throw cancelledError(stop.reason);
    const pending = await this.#prepare(worker, task, options);
    const cancel = () => pending.reject(cancelledError(stop.reason));
    stop.addEventListener('abort', cancel, { once: true });
    if (worker !== undefined) this.#final.watch(pending, worker);
    try {
      if (stop.aborted) throw cancelledError(stop.reason);
      // The same task at the same time: the second is answered by the result of the first.
      for (let same = this.#same(pending); same !== undefined; same = this.#same(pending)) {
        same.addFollower(pending);
        await Promise.race([same.outcome.catch(() => {}), pending.outcome]);
      }
      const outcome = await this.#board.run(pending);
      if (outcome.failure === undefined) this.#done++;
      else this.#failed++;
      return outcome;
    } catch (error) {
      if (!stop.aborted && !(error instanceof WorkerLostError)) throw error;
      this.#board.withdraw(pending).catch(() => {});
      throw stop.aborted ? cancelledError(error) : error;
    } finally {
      stop.removeEventListener('abort', cancel);
      this.#final.unwatch(pending);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  #same({ taskId }: PendingTask): PendingTask | undefined {
    return this.#board.pending.get(taskId);
  }

  async #prepare(
    worker: WorkerRecord | undefined,
    task: EvaluationTask,
    { onProgress, threads }: EvaluateOptions,
  ): Promise<PendingTask> {
    const { lowering = 'plain', dataset, parent, part, checkpointPath } = task;
    await requireEngine(await loadRuntime(), lowering, task.engineKind);
    const kind = await this.engineKind(lowering);
    const files: TaskFiles = { data: dataset.path, parent: parent?.path, checkpoint: checkpointPath };
    const { taskId, message } = toMessage(task, {
      kind,
      data: await this.#offerDataset(dataset),
      parent: parent && (await this.#offerParent(parent)),
      states: await Promise.all((part?.start ?? []).map(({ path }) => this.#offer(path))),
      ...(threads !== undefined && { threads }),
      timeoutMs: this.#options.timeoutMs,
    });
    const shared = queueNameOf(tribeOf(kind));
    const queueName = worker === undefined ? shared : ownQueueNameOf(shared, worker.id);
    const pending: PendingTask = new PendingTask({
      ...{ taskId, queueName, message, files, onProgress },
      onNews: () => this.#board.lookAt(pending),
    });
    return pending;
  }

  #offerDataset({ path, fingerprint }: EvaluationTask['dataset']): Promise<RemoteFile> {
    const key = JSON.stringify([path, fingerprint]);
    const check = async (): Promise<RemoteFile> => {
      requireFingerprint(await readPackedDataset(path, 0), path, fingerprint);
      return this.#offer(path);
    };
    const offered = this.#datasets.get(key) ?? check();
    this.#datasets.set(key, offered);
    // What is mended is looked at again.
    offered.catch(() => this.#datasets.delete(key));
    return offered;
  }

  async #offerParent(parent: NonNullable<EvaluationTask['parent']>): Promise<RemoteFile> {
    if (!existsSync(parent.path)) throw missingWeights(parent, 'is missing');
    return this.#offer(parent.path);
  }

  async #offer(path: string): Promise<RemoteFile> {
    const file = await describeFile(path);
    this.#server.offer(file.sha256, path);
    return file;
  }

  /** Says that this search is there, and looks who else is. */
  async #beat(): Promise<void> {
    if (this.#kind === '' || this.#closing.signal.aborted) return;
    const { redis } = this.#connection;
    const record: SearchRecord = {
      ...tribeOf(this.#kind),
      id: this.#id,
      name: this.#options.name,
      host: hostname(),
      pid: process.pid,
      addresses: [...this.#server.addresses],
      token: this.#server.token,
      outstanding: this.#board.pending.size,
      done: this.#done,
      failed: this.#failed,
    };
    await announceSearch(redis, record);
    await this.#final.renew();
    await this.#fleet.refresh();
    if (this.#board.pending.size > 0 && !this.#final.isReserved) {
      this.#fleet.report(performance.now());
      const note = this.#idle.look(this.#board.pending.size, this.#fleet.slots);
      if (note !== undefined) this.#options.notify(note);
    }
    await this.#differences.look(queueNameOf(tribeOf(this.#kind)));
    await this.#lookAtPolicy();
  }

  /** It was right when the search began. */
  async #lookAtPolicy(): Promise<void> {
    const problem = await this.#connection.evictionProblem();
    const isNew = problem !== undefined && problem !== this.#policyProblem;
    if (isNew) this.#options.notify(`${problem}; until then, the search repeats what is lost`);
    this.#policyProblem = problem;
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#options.local.close();
    await atMost(LONGEST_GOODBYE_MS, this.#final.release());
    await atMost(LONGEST_GOODBYE_MS, withdrawSearch(this.#connection.redis, this.#id));
    await this.#board.close();
    await this.#server.close();
    this.#connection.close();
  }
}

/** Works again and again; a failure is of the connection, which says so itself. */
function every(ms: number, work: () => Promise<void>): NodeJS.Timeout {
  return setInterval(() => void work().catch(() => {}), ms);
}
