// One process owns a run folder at a time. It rewrites its lock file every few seconds as a heartbeat. Another process may take
// the folder from an owner that is dead, or silent for a minute, on any host. A process that was stopped that long (a sleeping
// laptop, SIGSTOP) finds out before it writes anything, because it calls `check` first.
//
// The heartbeat runs on the event loop, to which training in the same process returns after each step. A step longer than a
// minute may cost the lock: the process then stops, and nothing that it had finished is lost.

import { closeSync, statSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { RunLockedError } from '../errors.ts';
import { systemCodeOf } from './file-failure.ts';
import {
  ageMs,
  createLock,
  formatContent,
  type LockContent,
  mayLive,
  ownContent,
  parseContent,
  readLock,
  takeAway,
} from './lock-file.ts';
import { removeIfPossible } from './write-file.ts';

export interface RunLock {
  /** What the user should hear of how it was acquired: it was taken from a silent owner. */
  readonly notice: string | undefined;
  /** Aborted with a {@link RunLockedError} as soon as it is known that somebody else has the lock. */
  readonly lost: AbortSignal;
  /** Looks whether this process still has it. */
  isHeld(): boolean;
  /**
   * Before each write.
   *
   * @throws {RunLockedError} if somebody else has it.
   */
  check(): void;
  /** Gives the folder up. */
  release(): void;
}

export interface LockTiming {
  /** Between two signs of life. */
  readonly beatMs: number;
  /** An owner that is silent for this long may lose its lock. */
  readonly silentMs: number;
}

const TIMING: LockTiming = { beatMs: 3000, silentMs: 60_000 };
/** How many more beats the lock of an owner that seems silent is watched. */
const BEATS_WATCHED = 3;
const LOOKS_PER_BEAT = 4;

/**
 * Takes the lock, from a dead or silent process too: that takes some seconds, or a minute if the clock says nothing.
 *
 * @throws {RunLockedError} if a living process holds it; {InvalidInputError} if the folder cannot be written.
 */
export async function acquireLock(
  path: string,
  { signal, ...timing }: Partial<LockTiming> & { readonly signal?: AbortSignal } = {},
): Promise<RunLock> {
  const { beatMs, silentMs } = { ...TIMING, ...timing };
  const own = ownContent();
  let notice: string | undefined;
  for (;;) {
    const file = createLock(path, formatContent(own));
    if (file !== undefined) return new HeldLock(path, file, own, beatMs, notice);
    const text = readLock(path);
    if (text === undefined) continue;
    const owner = parseContent(text);
    if (owner !== undefined && mayLive(owner)) {
      if (!(await isSilent(path, text, owner, { beatMs, silentMs }, signal))) continue;
      notice = `The run was taken over from process ${owner.pid} on ${owner.host}, which has given no sign of life for ${seconds(silentMs)} s. Should it come back, it will stop by itself.`;
    }
    takeAway(path, text);
  }
}

/** As far as can be told without taking it over, and by this host's clock. */
export function isLocked(path: string): boolean {
  const owner = parseContent(readLock(path) ?? '');
  if (owner === undefined || !mayLive(owner)) return false;
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - written < TIMING.silentMs;
}

/**
 * Silence shows by the lock staying as it is, not by clocks, which jump and differ: those only tell how long to look. It is
 * counted in looks, so that a process that was stopped itself has not looked meanwhile.
 *
 * @returns false if the lock changed: it has to be looked at anew.
 * @throws {RunLockedError} if its owner was heard of lately.
 */
async function isSilent(
  path: string,
  text: string,
  owner: LockContent,
  { beatMs, silentMs }: LockTiming,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const age = ageMs(path);
  if (age === undefined) return false;
  // A clock that was set back says nothing.
  if (age > -beatMs && age < silentMs) throw lockedError(path, owner, Math.max(0, age), silentMs);
  const lookMs = beatMs / LOOKS_PER_BEAT;
  const watchedMs = age < 0 ? silentMs : BEATS_WATCHED * beatMs;
  for (let watched = 0; watched < watchedMs; watched += lookMs) {
    await pause(lookMs, undefined, signal && { signal });
    if (readLock(path) !== text) return false;
  }
  return true;
}

class HeldLock implements RunLock {
  readonly notice: string | undefined;
  readonly #path: string;
  readonly #file: number;
  readonly #own: LockContent;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #beat = 0;
  #isReleased = false;

  constructor(path: string, file: number, own: LockContent, beatMs: number, notice: string | undefined) {
    this.notice = notice;
    this.#path = path;
    this.#file = file;
    this.#own = own;
    this.#timer = setInterval(() => this.#giveSign(), beatMs).unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  isHeld(): boolean {
    if (this.#lost.signal.aborted) return false;
    const owner = readOwner(this.#path);
    if (owner === 'unknown' || owner?.token === this.#own.token) return true;
    clearInterval(this.#timer);
    this.#lost.abort(lostError(this.#path, owner));
    return false;
  }

  check(): void {
    if (!this.isHeld()) throw this.#lost.signal.reason;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearInterval(this.#timer);
    const isHeld = this.isHeld();
    closeSync(this.#file);
    if (isHeld) removeIfPossible(this.#path);
  }

  /** Into the open file: if the lock was taken away in this moment, it reaches no other. */
  #giveSign(): void {
    if (!this.isHeld()) return;
    this.#beat++;
    try {
      writeSync(this.#file, this.#text(), 0);
    } catch {
      // The disk is full or has become read-only: the next write that matters says so.
    }
  }

  #text(): string {
    return formatContent({ ...this.#own, beat: this.#beat });
  }
}

/** Undefined if there is no lock. */
function readOwner(path: string): LockContent | 'unknown' | undefined {
  try {
    return parseContent(readLock(path) ?? '');
  } catch (error) {
    // The disk does not answer now; the write itself will tell.
    if (systemCodeOf(error) !== undefined) return 'unknown';
    throw error;
  }
}

function lockedError(path: string, { pid, host }: LockContent, age: number, silentMs: number): RunLockedError {
  return new RunLockedError(
    `the run is being worked on by process ${pid} on ${host} (${path}), which gave a sign of life ${seconds(age)} s ago; wait for it, or stop it first; if it is gone, try again in ${seconds(silentMs - age)} s`,
    { details: { path, pid, host } },
  );
}

function lostError(path: string, owner: LockContent | undefined): RunLockedError {
  const what =
    owner === undefined
      ? `the lock of this run is gone (${path}): it was removed, or another process had the run meanwhile`
      : `process ${owner.pid} on ${owner.host} has taken this run over (${path}), because this process gave no sign of life for a minute`;
  return new RunLockedError(
    `${what}; it writes nothing more, and what it had finished is in the journal: resume the run when nobody else works on it`,
    { details: { path, ...(owner && { pid: owner.pid, host: owner.host }) } },
  );
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
