// What can happen to a run on a machine that other people use, too.

import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Rng } from '../../src/random/rng.ts';
import type { SmallDisk } from './disk-faults.ts';
import { type RunProcess, signal } from './run-process.ts';
import type { Faults } from './survive.ts';

export type FaultName =
  | 'the run is killed'
  | 'a child is killed'
  | 'the run is stopped for a while'
  | 'a child is stopped for a while'
  | 'the disk is full for a while'
  | 'the folder is read-only for a while'
  | 'the clock jumps';

export interface Scene {
  readonly run: RunProcess;
  readonly folder: string;
  readonly rng: Rng;
  readonly disk?: SmallDisk | undefined;
  readonly makeReadOnly?: ((folder: string) => () => void) | undefined;
}

const LONGEST_PAUSE_MS = 600;
/** A task whose child dies three times in a row while it is alone has failed, and rightly so. */
const KILLS_WITHOUT_RESULT = 2;

export const FAULTS: Faults<FaultName> = {
  'the run is killed': async ({ run }) => {
    signal(run.pid, 'SIGKILL');
    await run.ended;
    return run.exitCode === null;
  },
  'a child is killed': async (scene) => {
    const child = anyChild(scene);
    return child !== undefined && mayKill(scene) && signal(child, 'SIGKILL');
  },
  'the run is stopped for a while': async (scene) => stopForAWhile(scene.run.pid, scene),
  'a child is stopped for a while': async (scene) => stopForAWhile(anyChild(scene), scene),
  'the disk is full for a while': async (scene) => {
    if (scene.disk === undefined || !existsSync(scene.folder)) return false;
    return forAWhile(scene.disk.fill(scene.run), scene);
  },
  'the folder is read-only for a while': async (scene) => {
    if (scene.makeReadOnly === undefined || !existsSync(join(scene.folder, 'config.json'))) return false;
    return forAWhile(scene.makeReadOnly(scene.folder), scene);
  },
  // The lock is there as soon as the process listens to the signal.
  'the clock jumps': async ({ run, folder, rng }) => {
    const lock = join(folder, 'lock');
    const written = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (written === undefined || !signal(run.pid, 'SIGUSR2')) return false;
    const jumped = new Date(written + rng.integer(-100, 100) * 60_000);
    if (existsSync(lock)) utimesSync(lock, jumped, jumped);
    return true;
  },
};

const killsByLines = new WeakMap<RunProcess, { lines: number; kills: number }>();

/** At most so many in a row without a result in between. */
export function mayKill({ run, folder }: Pick<Scene, 'run' | 'folder'>): boolean {
  const lines = journalText(folder).split('\n').length;
  const last = killsByLines.get(run);
  const kills = last?.lines === lines ? last.kills : 0;
  if (kills === KILLS_WITHOUT_RESULT) return false;
  killsByLines.set(run, { lines, kills: kills + 1 });
  return true;
}

/** Its whole lines. */
export function journalText(folder: string): string {
  const path = join(folder, 'journal.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

function anyChild({ run, rng }: Scene): number | undefined {
  const { children } = run;
  return children.length === 0 ? undefined : rng.pick(children);
}

async function stopForAWhile(pid: number | undefined, scene: Scene): Promise<boolean> {
  if (pid === undefined || !signal(pid, 'SIGSTOP')) return false;
  return forAWhile(() => signal(pid, 'SIGCONT'), scene);
}

async function forAWhile(undo: () => void, { rng }: Scene): Promise<true> {
  try {
    await pause(rng.uniform() * LONGEST_PAUSE_MS);
  } finally {
    undo();
  }
  return true;
}
