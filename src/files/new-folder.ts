// Folders that a command makes for what it writes.

import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { ensureFolder } from './ensure-folder.ts';
import { fileFailure } from './file-failure.ts';

/**
 * Creates a folder, unless there is an empty one.
 *
 * @param option  of the command line that names it, for the message.
 * @throws {InvalidInputError} if it is not empty, or cannot be created.
 */
export function makeEmptyFolder(path: string, option: string): void {
  const folder = resolve(path);
  let names: readonly string[];
  try {
    ensureFolder(folder);
    names = readdirSync(folder);
  } catch (error) {
    throw fileFailure('create the folder', folder, error);
  }
  if (names.length === 0) return;
  throw new InvalidInputError(`${folder} is not empty; give an empty or a new folder with ${option}`, {
    details: { path: folder },
  });
}

/** The folder, or the first of `NAME-2`, `NAME-3`, … that does not exist. */
export function firstFreeFolder(folder: string): string {
  let free = folder;
  for (let number = 2; existsSync(free); number++) free = `${folder}-${number}`;
  return free;
}
