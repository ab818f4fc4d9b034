// Takes tasks from one queue. A worker of BullMQ, which this wraps, waits when it is closed for the end of its blocking
// connection. ioredis does not report that of a connection that is between two attempts to connect. So a worker is only
// closed by force, once it has nothing in training.

import type { Job, Worker, WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { atMost } from '../at-most.ts';

/** Redis may be gone when a worker ends: its locks expire by themselves. */
export const LONGEST_GOODBYE_MS = 5000;

export interface TaskTakerOptions extends Omit<WorkerOptions, 'connection' | 'autorun'> {
  readonly redis: Redis;
  /** Trains a task, or hands it back. */
  readonly process: (job: Job, token: string) => Promise<void>;
}

export class TaskTaker {
  readonly #redis: Redis;
  readonly #worker: Worker;
  readonly #tasks = new Set<Promise<void>>();

  /** @param queueName  nothing is taken from it before `start`. */
  static async open(queueName: string, options: TaskTakerOptions): Promise<TaskTaker> {
    const { Worker } = await import('bullmq');
    const { redis, process, ...others } = options;
    const taker: TaskTaker = new TaskTaker(
      redis,
      new Worker(queueName, (job: Job, token = '') => taker.#keep(process(job, token)), {
        ...others,
        connection: redis,
        autorun: false,
      }),
    );
    return taker;
  }

  private constructor(redis: Redis, worker: Worker) {
    this.#redis = redis;
    // The connection reports its own errors, and a lock that was lost means that another worker has the task.
    this.#worker = worker.on('error', () => {});
  }

  /** @throws if tasks cannot be taken. */
  start(): Promise<void> {
    return this.#worker.run();
  }

  /** Takes no more until it is resumed. What is in training goes on. */
  pause(): Promise<void> {
    return this.#worker.pause(true);
  }

  resume(): void {
    this.#worker.resume();
  }

  /** Takes no more. Resolves when what is in training has ended. */
  async finish(): Promise<void> {
    await this.pause();
    await this.#untilIdle();
    await this.#worker.close(true);
  }

  /** The same, but waits only a few seconds for each. What is still in training then goes to another worker. */
  async close(): Promise<void> {
    await this.pause();
    await atMost(LONGEST_GOODBYE_MS, this.#untilIdle());
    await atMost(LONGEST_GOODBYE_MS, this.#worker.close(true));
  }

  async #keep(task: Promise<void>): Promise<void> {
    this.#tasks.add(task);
    try {
      await task;
    } finally {
      this.#tasks.delete(task);
    }
  }

  async #untilIdle(): Promise<void> {
    // Redis answers in order: then a task that was just being taken is here.
    await this.#redis.ping();
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
  }
}
