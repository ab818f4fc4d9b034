// The tasks of a search that are on queues: puts them there, looks for their results, and puts them there again if Redis or
// a worker has lost them.

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { EvaluationOutcome } from '../task.ts';
import type { Fleet } from './fleet.ts';
import { isRepeatable } from './messages/compare-results.ts';
import { readResult, type WantedFile } from './messages/messages.ts';
import { KEYS } from './messages/queue-names.ts';
import { fromAnswerError } from './messages/task-message.ts';
import type { RemoteFile } from './messages/task-schema.ts';
import type { PendingTask } from './pending-task.ts';
import { fullnessOf } from './redis/until-taken.ts';

export interface TaskBoardOptions {
  readonly redis: Redis;
  readonly searchId: string;
  readonly fleet: Fleet;
  readonly notify: (notice: string) => void;
}

/** A worker that is alive sends the weights that it is asked for within this time. */
const WANTED_MS = 20_000;
/** How long a result is kept for another search that asked for the same, and a note to a worker. */
const KEPT_SECONDS = 600;
const WANTING_SECONDS = 86_400;

export class TaskBoard {
  /** By id. */
  readonly pending = new Map<string, PendingTask>();
  readonly #options: TaskBoardOptions;
  readonly #queues = new Map<string, Promise<Queue>>();
  #isLooking = false;
  #isFull = false;

  constructor(options: TaskBoardOptions) {
    this.#options = options;
  }

  /** Puts a task on its queue, and waits for its outcome. */
  async run(task: PendingTask): Promise<EvaluationOutcome> {
    this.pending.set(task.taskId, task);
    try {
      void this.#put(task);
      return await task.outcome;
    } finally {
      this.pending.delete(task.taskId);
    }
  }

  /** This search does not want its result any more. */
  async withdraw({ taskId, queueName }: PendingTask): Promise<void> {
    const { redis, searchId } = this.#options;
    const wanting = KEYS.wanting(taskId);
    await redis.srem(wanting, searchId);
    if ((await redis.scard(wanting)) > 0) return;
    await redis.set(KEYS.cancelled(taskId), 1, 'EX', KEPT_SECONDS);
    await (await this.#queueNamed(queueName)).remove(taskId);
  }

  /** Looks for the results of all tasks, unless it is just doing so. */
  async look(): Promise<void> {
    if (this.#isLooking || this.pending.size === 0) return;
    this.#isLooking = true;
    try {
      await this.#lookFor([...this.pending.values()]);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Looks for the result of a task that has news: best effort, {@link look} looks for all. */
  lookAt(task: PendingTask): void {
    this.#lookFor([task]).catch(() => {});
  }

  /** Puts tasks on their queues that are neither there nor have a result. */
  async reconcile(): Promise<void> {
    const tasks = [...this.pending.values()];
    if (tasks.length === 0) return;
    const names = [...new Set(tasks.map(({ queueName }) => queueName))];
    const onQueues = new Set((await Promise.all(names.map((name) => this.#idsOn(name)))).flat());
    // In this order: a worker writes the result before it takes the task from the queue.
    await this.#lookFor(tasks);
    const isLost = (task: PendingTask) =>
      !onQueues.has(task.taskId) && this.pending.has(task.taskId) && !task.isSettled;
    await Promise.all(tasks.filter(isLost).map((task) => this.#putAgain(task)));
  }

  /** Ids of tasks that wait or are trained, and whose content is there. */
  async #idsOn(queueName: string): Promise<readonly string[]> {
    const queue = await this.#queueNamed(queueName);
    const ids = await queue.getRanges(['wait', 'active']);
    if (ids.length === 0) return [];
    const pipeline = this.#options.redis.pipeline();
    for (const id of ids) pipeline.exists(queue.toKey(id));
    const found = (await pipeline.exec()) ?? [];
    return ids.filter((_, i) => found[i]?.[1] === 1);
  }

  /** Redis may have lost a part of a task only. What is left of it would keep BullMQ from adding it. */
  async #putAgain(task: PendingTask): Promise<void> {
    const queue = await this.#queueNamed(task.queueName);
    await queue.remove(task.taskId).catch(() => {});
    await this.#put(task);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(async (queue) => (await queue).close()));
  }

  async #lookFor(tasks: readonly PendingTask[]): Promise<void> {
    const texts = await this.#options.redis.mget(tasks.map(({ taskId }) => KEYS.result(taskId)));
    await Promise.all(tasks.map((task, i) => this.#take(task, texts[i] ?? undefined)));
  }

  async #put(task: PendingTask): Promise<void> {
    const { taskId, queueName, message } = task;
    const { redis, searchId, notify } = this.#options;
    const wanting = KEYS.wanting(taskId);
    try {
      const queue = await this.#queueNamed(queueName);
      await redis.multi().sadd(wanting, searchId).expire(wanting, WANTING_SECONDS).del(KEYS.cancelled(taskId)).exec();
      if (task.isSettled) return;
      await queue.add('evaluate', message, {
        jobId: taskId,
        removeOnComplete: true,
        removeOnFail: true,
      });
      this.#isFull = false;
    } catch (error) {
      const reason = fullnessOf(error) ?? (error as Error).message;
      // Tried again when tasks are reconciled.
      if (!this.#isFull) notify(`the queue does not take tasks (${reason}); the search tries again until it does`);
      this.#isFull = true;
    }
  }

  async #take(task: PendingTask, text: string | undefined): Promise<void> {
    if (text === undefined || task.isSettled) return;
    const { redis, fleet, notify } = this.#options;
    const key = KEYS.result(task.taskId);
    const parsed = readResult(text);
    if ('problem' in parsed) {
      notify(`a result on the queue is damaged (${parsed.problem}); ${task.message.task.genome} is trained again`);
      return this.#repeat(task);
    }
    const { worker, answer } = parsed.message;
    if (fleet.isAside(worker)) return this.#repeat(task);
    if ('error' in answer) {
      // Once it is mended, the search may be resumed.
      await redis.del(key);
      return task.reject(fromAnswerError(answer.error, task.files));
    }
    const { outcome, weights } = answer;
    if (task.message.keepsWeights && outcome.failure === undefined) {
      if (weights === undefined) return this.#repeat(task);
      if (!task.has(weights)) return this.#askFor(task, worker, weights);
    }
    if (isRepeatable(outcome)) await redis.expire(key, KEPT_SECONDS);
    else await redis.del(key);
    task.resolve(answer);
  }

  /** The weights are with the worker: it could not reach the search when it had them, or made them for another. */
  async #askFor(task: PendingTask, worker: string, weights: RemoteFile): Promise<void> {
    const { redis, fleet, searchId } = this.#options;
    const now = performance.now();
    if (!fleet.isAlive(worker) || now - (task.wantedAt ?? now) > WANTED_MS) return this.#repeat(task);
    if (task.wantedAt !== undefined) return;
    task.wantedAt = now;
    const wanted: WantedFile = { search: searchId, task: task.taskId, weights };
    const key = KEYS.wanted(worker);
    await redis.multi().rpush(key, JSON.stringify(wanted)).expire(key, KEPT_SECONDS).exec();
  }

  async #repeat(task: PendingTask): Promise<void> {
    task.wantedAt = undefined;
    await this.#options.redis.del(KEYS.result(task.taskId));
    await this.#put(task);
  }

  #queueNamed(name: string): Promise<Queue> {
    const known = this.#queues.get(name) ?? this.#open(name);
    this.#queues.set(name, known);
    return known;
  }

  async #open(name: string): Promise<Queue> {
    const { Queue } = await import('bullmq');
    const queue = new Queue(name, { connection: this.#options.redis });
    // A lost connection is reported where it was made.
    queue.on('error', () => {});
    return queue;
  }
}
