// Files that are there as a whole or not at all.

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AutoCnnError } from '../errors.ts';
import { ensureFolder } from './ensure-folder.ts';
import { fileFailure } from './file-failure.ts';

/** Writes a file so that others see all of it or nothing. Creates the folder. */
export function writeFileAtomically(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  return replaceFile(path, async (file) => {
    for (const chunk of chunks) await file.writeFile(chunk);
  });
}

/** {@link writeFileAtomically} where nobody can wait: for small files. */
export function writeFileAtomicallySync(path: string, content: string | Uint8Array): void {
  const temporary = temporaryName(path);
  try {
    ensureFolder(dirname(path));
    const file = openSync(temporary, 'wx');
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeIfPossible(temporary);
    throw fileFailure('write', path, error);
  }
}

/** {@link writeFileAtomically} for what is made while it is written. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    ensureFolder(dirname(path));
    const file = await open(temporary, 'wx');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error instanceof AutoCnnError ? error : fileFailure('write', path, error);
  }
}

/**
 * Removes what a process that was killed in the middle of `writeFileAtomically` left in a folder. Only for a folder that
 * no other process writes to: a write under way there would fail.
 */
export function removeUnfinishedWrites(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (UNFINISHED.test(name)) removeIfPossible(join(folder, name));
  }
}

/** For what does no harm if it stays: a folder that has become read-only must not hide why a run ended. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next session of the run tries again.
  }
}

/** Of a file that stands for another for a moment; `removeUnfinishedWrites` knows it. */
export function temporaryName(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

/** The end of a temporary file's name: a UUID. */
const UNFINISHED = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
