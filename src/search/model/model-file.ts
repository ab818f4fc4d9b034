// `model.onnx`: from a checkpoint to the file, and back.

import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../../data/set/dataset.ts';
import { decodeSafetensors, decodeState } from '../../engine/state/safetensors.ts';
import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { parseGenome } from '../../genome/text.ts';
import { compileDeployable } from '../../network/deployable-graph.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import { type ModelMetadata, readModelMetadata, toMetadataProps } from '../../network/onnx/onnx-metadata.ts';
import { createNetwork, type Normalisation } from '../../network/training-graph.ts';
import { VERSION } from '../../version.ts';
import type { SearchConfig } from '../config/config.ts';
import { networkInputOf } from '../config/network-input.ts';
import { openRunFolder } from '../run/run-folder.ts';

/**
 * The deployable model of a genome with the weights of a checkpoint.
 *
 * @throws {DataFormatError} if the checkpoint is damaged or belongs to another network.
 */
export async function buildModel(
  genome: string,
  config: SearchConfig,
  dataset: Dataset,
  checkpointPath: string,
): Promise<Uint8Array> {
  const bytes = await readFile(checkpointPath);
  const { metadata } = decodeSafetensors(bytes, checkpointPath);
  const network = createNetwork(
    parseGenome(genome),
    networkInputOf(config, dataset),
    normalisationOf(metadata, checkpointPath),
  );
  const graph = compileDeployable(network, decodeState(network.layout, bytes, checkpointPath));
  return encodeOnnx(graph, {
    metadata: toMetadataProps({ classes: dataset.classes, genome, version: VERSION }, network),
    producerVersion: VERSION,
  });
}

export interface ModelFile {
  /** As given, or in the run folder that was given. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly metadata: ModelMetadata;
}

/**
 * @param path  a model, or the run folder that holds it.
 * @throws {InvalidInputError} if there is none or it cannot be read; {DataFormatError} if it is no model of ours.
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

function normalisationOf(metadata: Readonly<Record<string, string>>, path: string): Normalisation {
  const text = metadata.normalisation;
  if (text === undefined) {
    throw new DataFormatError(`${path} lacks the normalisation in its metadata; train the network anew`, {
      details: { path },
    });
  }
  return JSON.parse(text) as Normalisation;
}
