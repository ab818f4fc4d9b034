// The lock file itself: who owns it, and its ways into and out of a folder, each in one step.

import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, openSync, readFileSync, renameSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileFailure, systemCodeOf } from './file-failure.ts';
import { removeIfPossible, temporaryName } from './write-file.ts';

/** What a lock file says. */
export interface LockContent {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: a process id alone may have passed to another. */
  readonly started: string;
  /** Of this lock alone. */
  readonly token: string;
  /** Counts the signs of life. */
  readonly beat: number;
}

/** As the next owner, this process. */
export function ownContent(): LockContent {
  const { pid } = process;
  return { pid, host: hostname(), started: startTime(pid), token: randomUUID(), beat: 0 };
}

/** Always of the same length, so that a new beat is written over the old one and needs no room on the disk. */
export function formatContent({ beat, ...owner }: LockContent): string {
  return `${JSON.stringify({ ...owner, beat: String(beat).padStart(12, '0') })}\n`;
}

/** Undefined if it is no lock, such as one that a kill left empty. */
export function parseContent(text: string): LockContent | undefined {
  try {
    const { pid, host, started = '', token = '', beat = 0 } = JSON.parse(text);
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { pid, host, started: String(started), token: String(token), beat: Number(beat) };
  } catch {
    return undefined;
  }
}

/** False if its process is known to be dead; nobody can tell of one on another host. */
export function mayLive(owner: LockContent): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') return false;
  }
  return startTime(owner.pid) === owner.started;
}

/**
 * Makes the lock file with its content in one step, so that nobody sees it empty.
 *
 * @returns the open file; undefined if there is a lock already.
 * @throws {InvalidInputError} if it cannot be written.
 */
export function createLock(path: string, content: string): number | undefined {
  const prepared = temporaryName(path);
  let file: number | undefined;
  try {
    file = openSync(prepared, 'wx+');
    writeSync(file, content);
    linkSync(prepared, path);
    return file;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    const code = systemCodeOf(error);
    // ENOENT: the owner, there in the meantime, tidied up.
    if (file !== undefined && (code === 'EEXIST' || code === 'ENOENT')) return undefined;
    if (code === 'EPERM' || code === 'ENOTSUP') return createWithoutLinks(path, content);
    throw fileFailure('write the lock', path, error);
  } finally {
    removeIfPossible(prepared);
  }
}

/**
 * Removes a stale lock. If somebody was faster, or its owner gave a sign of life in this moment, it is put back.
 *
 * @throws {InvalidInputError} if the folder cannot be written.
 */
export function takeAway(path: string, stale: string): void {
  const aside = temporaryName(path);
  try {
    renameSync(path, aside);
    if (readLock(aside) !== stale) putBack(aside, path);
    removeIfPossible(aside);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('take over the lock', path, error);
  }
}

/** Undefined if there is none. */
export function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * How long ago a lock was written last, by the clock of the disk that it lies on: those of two hosts may differ. Negative if
 * that clock was set back. Undefined if the lock is gone.
 *
 * @throws {InvalidInputError} if the folder cannot be written.
 */
export function ageMs(path: string): number | undefined {
  const probe = temporaryName(path);
  try {
    writeFileSync(probe, '');
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return written === undefined ? undefined : statSync(probe).mtimeMs - written;
  } catch (error) {
    throw fileFailure('write the lock', path, error);
  } finally {
    removeIfPossible(probe);
  }
}

/** For file systems without hard links. */
function createWithoutLinks(path: string, content: string): number | undefined {
  try {
    const file = openSync(path, 'wx+');
    writeSync(file, content);
    return file;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return undefined;
    throw fileFailure('write the lock', path, error);
  }
}

/** Unless there is a new lock in its place. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EPERM' || code === 'ENOTSUP') renameSync(aside, path);
    else if (code !== 'EEXIST') throw error;
  }
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
