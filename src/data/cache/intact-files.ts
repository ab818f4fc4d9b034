// Packed files that were hashed and found intact, so that none is hashed twice while it stays as it is.

import { type BigIntStats, fstatSync, statSync } from 'node:fs';

/** What the system says of a file. Any write changes it: programs cannot set back the time of the last status change. */
export interface FileState {
  readonly inode: bigint;
  readonly size: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
}

export interface IntactFile {
  readonly state: FileState;
  /** Of the data set in it. */
  readonly fingerprint: string;
}

/** The state of an open file. @throws the system's error. */
export function openFileState(fd: number): FileState {
  return toState(fstatSync(fd, { bigint: true }));
}

export function isSameState(a: FileState, b: FileState): boolean {
  return a.inode === b.inode && a.size === b.size && a.modifiedNs === b.modifiedNs && a.changedNs === b.changedNs;
}

/**
 * Notes that a file was hashed and found intact. A file that was written shortly before is not noted: another write within
 * the same tick of the file system's clock would not show in its state.
 *
 * @param hashedFromMs  when hashing began, by `Date.now()`.
 */
export function noteIntact(path: string, file: IntactFile, hashedFromMs: number): void {
  if (hashedFromMs - Number(file.state.changedNs / 1_000_000n) > LONGEST_TICK_MS) intact.set(path, file);
}

/** What was noted of a file, if it is still as it was then. */
export function findIntact(path: string): IntactFile | undefined {
  const noted = intact.get(path);
  if (noted === undefined) return undefined;
  try {
    return isSameState(toState(statSync(path, { bigint: true })), noted.state) ? noted : undefined;
  } catch {
    // Whoever reads it will be told what is wrong.
    return undefined;
  }
}

const intact = new Map<string, IntactFile>();

/** File systems that keep the time of the last status change count in steps of at most 10 ms. */
const LONGEST_TICK_MS = 100;

function toState({ ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { inode: ino, size, modifiedNs: mtimeNs, changedNs: ctimeNs };
}
