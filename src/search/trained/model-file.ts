// Reads `model.onnx`.

import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { type ModelMetadata, readModelMetadata } from '../../network/onnx/onnx-metadata.ts';
import { openRunFolder } from '../run/run-folder.ts';

/** A model file that auto-cnn wrote. */
export interface ModelFile {
  /** The path as given, or inside the given run folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly metadata: ModelMetadata;
}

/**
 * @param path  a model, or the run folder that holds it.
 * @throws {InvalidInputError} if the model does not exist or cannot be read; {DataFormatError} if auto-cnn did not write
 *   it.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const file = modelPathAt(path);
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'it does not exist' : cause.message;
    throw new InvalidInputError(`the model ${file} cannot be read: ${reason}; give the model.onnx of a run`, {
      details: { path: file },
      cause,
    });
  });
  return { path: file, bytes, metadata: readModelMetadata(bytes, file) };
}

function modelPathAt(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const { folder } = openRunFolder(path);
  if (existsSync(folder.model)) return join(path, 'model.onnx');
  throw new InvalidInputError(
    `the run ${path} has no model.onnx yet; finish it with "auto-cnn resume ${path}", or give another model`,
    { details: { path: folder.path } },
  );
}
