// Reads the file of a backbone. Nothing of it is run here.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { InvalidInputError } from '../errors.ts';
import { fileFailure } from '../files/file-failure.ts';
import { type Backbone, readBackbone } from '../network/backbone/backbone.ts';

/** Memory holds a few copies of a backbone in each process. */
const LARGEST_MEBIBYTES = 512;

export interface OpenedBackbone extends Backbone {
  /** Of the file, hex. */
  readonly sha256: string;
}

/**
 * @param output  the value to use; see {@link readBackbone}.
 * @param sha256  the hash that the file must have.
 * @throws {InvalidInputError} if it cannot be read, is too large, another file, or not usable; {DataFormatError} if it is not an
 *   ONNX file.
 */
export async function openBackbone(path: string, output?: string, sha256?: string): Promise<OpenedBackbone> {
  const bytes = await readBounded(path);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== undefined && sha256 !== hash) {
    throw new InvalidInputError(
      `the backbone ${path} is not the file that the configuration names: SHA-256 ${hash}, expected ${sha256}; restore the file, or start a new search`,
      { details: { path, sha256: hash, expected: sha256 } },
    );
  }
  return { ...readBackbone(bytes, path, output), sha256: hash };
}

async function readBounded(path: string): Promise<Uint8Array> {
  const refuse = (what: string): InvalidInputError =>
    new InvalidInputError(`the backbone ${path} ${what}`, { details: { path } });
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw refuse('is not a file; give an ONNX file');
    const mebibytes = Math.ceil(stats.size / 2 ** 20);
    if (mebibytes > LARGEST_MEBIBYTES) {
      throw refuse(
        `has ${mebibytes.toLocaleString('en-US')} MiB; at most ${LARGEST_MEBIBYTES} MiB are read: export a smaller network, or only its first layers`,
      );
    }
    return await readFile(path);
  } catch (error) {
    throw error instanceof InvalidInputError ? error : fileFailure('read the backbone', path, error);
  }
}
