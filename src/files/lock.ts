// One process owns a run folder at a time: a lock file with the owner's process id.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { RunLockedError } from '../errors.ts';

export interface RunLock {
  /** Gives the folder up. */
  release(): void;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: a process id alone may have passed to another. */
  readonly started: string;
}

/**
 * Takes the lock. One that a dead process left behind is taken over.
 *
 * @throws {RunLockedError} if a living process holds it; on another host any owner counts as living.
 */
export function acquireLock(path: string): RunLock {
  const own = JSON.stringify(describeProcess(process.pid));
  for (;;) {
    if (createLock(path, own)) break;
    const text = readLock(path);
    if (text === undefined) continue;
    const owner = parseOwner(text);
    if (owner !== undefined && isAlive(owner)) {
      throw new RunLockedError(
        `the run is being worked on by process ${owner.pid} on ${owner.host} (${path}); wait for it, or stop it first`,
        { details: { path, pid: owner.pid, host: owner.host } },
      );
    }
    takeAway(path, text);
  }
  return {
    release() {
      if (readLock(path) === own) rmSync(path, { force: true });
    },
  };
}

/** A living process holds it; as in `acquireLock`, on another host any owner counts as living. */
export function isLocked(path: string): boolean {
  const owner = parseOwner(readLock(path) ?? '');
  return owner !== undefined && isAlive(owner);
}

/** Makes the lock file with its content in one step, so that nobody sees it empty; false if there is one. */
function createLock(path: string, content: string): boolean {
  const prepared = `${path}.${process.pid}.new`;
  writeFileSync(prepared, content);
  try {
    linkSync(prepared, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP') throw error;
    return createWithoutLinks(path, content);
  } finally {
    rmSync(prepared, { force: true });
  }
}

/** For file systems without hard links. */
function createWithoutLinks(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale lock; if somebody else replaced it in between, theirs is put back. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, started = '' } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host, started } : undefined;
  } catch {
    return undefined;
  }
}

function describeProcess(pid: number): Owner {
  return { pid, host: hostname(), started: startTime(pid) };
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTime(owner.pid) === owner.started;
}

/** Linux: field 22 of /proc/PID/stat, clock ticks since boot; elsewhere unknown. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
