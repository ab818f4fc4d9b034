// What can happen to a search whose candidates are trained on other machines, besides what can happen to any.

import { setTimeout as pause } from 'node:timers/promises';
import type { WorkerProcess } from '../support/worker-process.ts';
import { FAULTS, mayKill, type Scene } from './faults.ts';
import { signal } from './run-process.ts';
import type { Faults } from './survive.ts';
import { childrenOf, type WorkerFleet } from './worker-fleet.ts';

export type QueueFaultName =
  | 'the run is killed'
  | 'the run is stopped for a while'
  | 'the clock jumps'
  | 'a worker is killed'
  | 'a child of a worker is killed'
  | 'a worker is stopped until its task is lost'
  | 'a worker is stopped for a while'
  | 'a worker is told to end'
  | 'Redis is killed and comes back'
  | 'Redis loses everything'
  | 'Redis is full for a while'
  | 'all connections break';

const LONGEST_PAUSE_MS = 600;
/** Locks last 10 s, and lost tasks are looked for every 5 s. */
const LOST_MS = 16_000;

export function queueFaults(fleet: WorkerFleet): Faults<QueueFaultName> {
  const { redis } = fleet;
  const pauseFor = ({ rng }: Scene) => pause(rng.uniform() * LONGEST_PAUSE_MS);
  const stop = async (worker: WorkerProcess, ms: number): Promise<boolean> => {
    const { pid = Number.NaN } = worker.child;
    if (!signal(pid, 'SIGSTOP')) return false;
    await pause(ms);
    return signal(pid, 'SIGCONT');
  };
  return {
    'the run is killed': FAULTS['the run is killed'],
    'the run is stopped for a while': FAULTS['the run is stopped for a while'],
    'the clock jumps': FAULTS['the clock jumps'],
    'a worker is killed': async (scene) => {
      if (!mayKill(scene)) return false;
      const worker = fleet.pick(scene.rng);
      await worker.kill();
      fleet.replace(worker);
      return true;
    },
    'a child of a worker is killed': async (scene) => {
      const children = childrenOf(fleet.pick(scene.rng).child.pid ?? Number.NaN);
      return children.length > 0 && mayKill(scene) && signal(scene.rng.pick(children), 'SIGKILL');
    },
    'a worker is stopped until its task is lost': async (scene) => {
      return mayKill(scene) && stop(fleet.pick(scene.rng), LOST_MS);
    },
    'a worker is stopped for a while': async ({ rng }) => {
      return stop(fleet.pick(rng), rng.uniform() * LONGEST_PAUSE_MS);
    },
    'a worker is told to end': async ({ rng }) => {
      const worker = fleet.pick(rng);
      await worker.stop();
      fleet.replace(worker);
      return true;
    },
    'Redis is killed and comes back': async (scene) => {
      await redis.kill();
      await pauseFor(scene);
      await redis.restart();
      return true;
    },
    'Redis loses everything': async () => redis.command('flushall') === 'OK',
    'Redis is full for a while': async (scene) => {
      redis.command('config', 'set', 'maxmemory', '1');
      await pauseFor(scene);
      return redis.command('config', 'set', 'maxmemory', '0') === 'OK';
    },
    'all connections break': async () => Number(redis.command('client', 'kill', 'type', 'normal')) > 0,
  };
}
