// A Redis with workers, to be disturbed: as many workers as there should be, whatever becomes of one of them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rng } from '../../src/random/rng.ts';
import { RedisServer } from '../support/redis.ts';
import { FastWorkerProcess, WorkerProcess } from '../support/worker-process.ts';

export class WorkerFleet {
  readonly redis: RedisServer;
  readonly #folder: string;
  #workers: WorkerProcess[] = [];

  /**
   * One of the workers does the final trainings.
   *
   * @param settings  of Redis.
   */
  static async start(count: number, folder: string, settings: readonly string[]): Promise<WorkerFleet> {
    const fleet = new WorkerFleet(await RedisServer.start({ settings }), folder);
    for (let i = 0; i < count; i++) fleet.add(i === 0 ? FastWorkerProcess : WorkerProcess);
    return fleet;
  }

  /** Resolves when all workers take tasks. */
  async atWork(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.atWork()));
  }

  private constructor(redis: RedisServer, folder: string) {
    this.redis = redis;
    this.#folder = folder;
  }

  /** All that its workers have said, of those that are gone, too. */
  output = '';

  add(Kind: typeof WorkerProcess): void {
    this.#workers.push(new Kind(this.redis.url, join(this.#folder, 'data'), '--concurrency', '1'));
  }

  pick(rng: Rng): WorkerProcess {
    return rng.pick(this.#workers);
  }

  /** Takes a worker out, which ends, and has another take its place. */
  replace(worker: WorkerProcess): void {
    this.output += worker.output;
    this.#workers = this.#workers.filter((other) => other !== worker);
    this.add(worker instanceof FastWorkerProcess ? FastWorkerProcess : WorkerProcess);
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers) {
      await worker.kill();
      this.output += worker.output;
    }
    await this.redis.stop();
  }
}

/** Ids of the child processes of a process. Linux only. */
export function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}
