// Takes tasks from one queue, with a worker of BullMQ. When that is closed, it waits for the end of its blocking connection,
// which ioredis does not report of one that is between two attempts to connect. So it is closed by force, once it waits for
// nothing on that connection: an attempt under way would leave it open.

import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { atMost } from '../at-most.ts';

/** Redis may be gone when a worker ends: its locks expire by themselves. */
export const LONGEST_GOODBYE_MS = 5000;
/** A lock that is not renewed for so long is lost: then another worker gets the task. */
const LOCK_MS = 10_000;
/** How often lost tasks are looked for. A task of a machine that is gone is back after 15 s at most. */
const STALLED_MS = 5000;
/** Losses do not count against a task; deaths do, see `begun-tasks.ts`. */
const ANY_NUMBER = 1_000_000;
/** Longest wait for a task before it looks whether it is to end. */
const WAIT_SECONDS = 1;

export interface TaskTakerOptions {
  readonly redis: Redis;
  /** Tasks at a time. */
  readonly concurrency: number;
  /** Trains a task, or hands it back. */
  readonly process: (job: Job, token: string) => Promise<void>;
  /** Called if no tasks can be taken any more. */
  readonly onFailure: (error: unknown) => void;
}

export class TaskTaker {
  readonly #worker: Worker;
  /** Ends when nothing is taken, trained or handed back any more. */
  readonly #taking: Promise<void>;

  /** Begins to take tasks. */
  static async start(queueName: string, options: TaskTakerOptions): Promise<TaskTaker> {
    const { Worker } = await import('bullmq');
    const { redis, concurrency, process, onFailure } = options;
    const worker = new Worker(queueName, (job: Job, token = '') => process(job, token), {
      connection: redis,
      concurrency,
      maxStalledCount: ANY_NUMBER,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      drainDelay: WAIT_SECONDS,
      autorun: false,
    });
    // The connection reports its own errors, and a lock that was lost means that another worker has the task.
    worker.on('error', () => {});
    return new TaskTaker(worker, onFailure);
  }

  private constructor(worker: Worker, onFailure: (error: unknown) => void) {
    this.#worker = worker;
    this.#taking = worker.run().catch(onFailure);
  }

  /** Takes no more. Resolves when what is in training has ended. */
  async finish(): Promise<void> {
    await this.#worker.pause(true);
    await this.#taking;
    await this.#worker.close(true);
  }

  /** The same, but waits only a few seconds. What is still in training then goes to another worker. */
  async close(): Promise<void> {
    await this.#worker.pause(true);
    await atMost(LONGEST_GOODBYE_MS, this.#taking);
    await atMost(LONGEST_GOODBYE_MS, this.#worker.close(true));
  }
}
