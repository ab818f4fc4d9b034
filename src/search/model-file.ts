// From a checkpoint to `model.onnx`.

import { readFile } from 'node:fs/promises';
import type { Dataset } from '../data/dataset.ts';
import { decodeSafetensors, decodeState } from '../engine/safetensors.ts';
import { DataFormatError } from '../errors.ts';
import { parseGenome } from '../genome/text.ts';
import { compileDeployable } from '../network/deployable-graph.ts';
import { encodeOnnx } from '../network/onnx-bytes.ts';
import { toMetadataProps } from '../network/onnx-metadata.ts';
import { createNetwork, type Normalisation } from '../network/training-graph.ts';
import type { SearchConfig } from './config.ts';
import { networkInputOf } from './network-input.ts';
import { VERSION } from './version.ts';

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
    metadata: toMetadataProps({ classes: dataset.classes, genome, version: VERSION }),
    producerVersion: VERSION,
  });
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
