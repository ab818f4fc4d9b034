// Writes a folder of files.

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { writeFileAtomically } from '../files/write-file.ts';
import { makeFolder } from '../search/run/run-folder.ts';

/**
 * Creates a folder and writes files into it.
 *
 * @param files  contents by path within the folder.
 * @throws {InvalidInputError} if the folder is not empty, or cannot be written.
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  makeFolder(folder, true);
  if (readdirSync(folder).length > 0) {
    throw new InvalidInputError(`${resolve(folder)} is not empty; give an empty or a new folder with --out`, {
      details: { path: resolve(folder) },
    });
  }
  for (const [name, content] of files) await writeFileAtomically(join(folder, name), [Buffer.from(content)]);
}

/** The folder, or the first of `NAME-2`, `NAME-3`, … that does not exist. */
export function firstFreeFolder(folder: string): string {
  let free = folder;
  for (let number = 2; existsSync(free); number++) free = `${folder}-${number}`;
  return free;
}
