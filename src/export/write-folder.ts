// Writes a folder of files.

import { join } from 'node:path';
import { makeEmptyFolder } from '../files/new-folder.ts';
import { writeFileAtomically } from '../files/write-file.ts';

/**
 * Creates a folder and writes files into it.
 *
 * @param files  contents by path within the folder.
 * @throws {InvalidInputError} if the folder is not empty, or cannot be written.
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  makeEmptyFolder(folder, '--out');
  for (const [name, content] of files) await writeFileAtomically(join(folder, name), [Buffer.from(content)]);
}
