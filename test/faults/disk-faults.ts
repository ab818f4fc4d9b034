// A disk that is full, a folder that has become read-only: by whatever the machine that tests run on allows.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunProcess } from './run-process.ts';

/** Brings the fault about. */
export type DiskFault = (run: RunProcess) => () => void;

const BALLAST_BYTES = 64 * 1024;

/** A folder on a disk of its own. */
export interface SmallDisk {
  readonly folder: string;
  /** @returns undoes it. */
  readonly fill: DiskFault;
  remove(): void;
}

/**
 * A small file system in memory, or, where mounting is not allowed, a folder in which no process of a run can write a larger file
 * than it has; undefined if there is neither.
 */
export function createSmallDisk(folder: string): SmallDisk | undefined {
  mkdirSync(folder);
  if (succeeds('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder])) {
    const remove = () => {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    };
    return { folder, fill: () => fillWithBallast(join(folder, 'ballast')), remove };
  }
  if (!succeeds('prlimit', ['--version'])) return undefined;
  return { folder, fill: limitFileSize, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Undefined where it cannot be had. Permission bits say nothing to root, whose files can be made immutable. */
export function readOnlyFault(probe: string): ((folder: string) => () => void) | undefined {
  if (process.getuid?.() !== 0) return withoutPermission;
  mkdirSync(probe);
  const canBeHad = succeeds('chattr', ['+i', probe]) && succeeds('chattr', ['-i', probe]);
  rmSync(probe, { recursive: true });
  return canBeHad ? immutable : undefined;
}

function fillWithBallast(path: string): () => void {
  for (let bytes = BALLAST_BYTES, size = 0; bytes >= 1; ) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
      size += bytes;
      if (size > 2 ** 30) throw new Error(`${path} does not lie on a small disk`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      bytes = Math.floor(bytes / 2);
    }
  }
  return () => rmSync(path);
}

function limitFileSize(run: RunProcess): () => void {
  const limit = (bytes: string) => {
    for (const pid of [run.pid, ...run.children]) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  };
  limit('1024');
  return () => limit('unlimited');
}

function immutable(folder: string): () => void {
  // Files come and go meanwhile: what chattr misses is not immutable.
  spawnSync('chattr', ['-R', '+i', folder]);
  return () => void spawnSync('chattr', ['-R', '-i', folder]);
}

function withoutPermission(folder: string): () => void {
  const folders = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ];
  const existing = folders.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
  for (const path of existing) chmodSync(path, 0o555);
  return () => {
    for (const path of existing) chmodSync(path, 0o755);
  };
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
