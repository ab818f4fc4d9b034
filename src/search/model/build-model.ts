// Builds the bytes of `model.onnx` from a checkpoint.

import { decodeSafetensors, decodeState } from '../../engine/state/safetensors.ts';
import { DataFormatError } from '../../errors.ts';
import { parseGenome } from '../../genome/text.ts';
import { joinClassifier } from '../../network/backbone/feature-model.ts';
import { compileDeployable, type Views } from '../../network/deployable-graph.ts';
import type { Normalisation } from '../../network/normalisation.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import { toMetadataProps } from '../../network/onnx/onnx-metadata.ts';
import { createNetwork } from '../../network/training-graph.ts';
import { VERSION } from '../../version.ts';
import type { OpenRun } from '../records/open-run.ts';

/**
 * The deployable model of a genome with the weights of a checkpoint.
 *
 * @throws {DataFormatError} if the checkpoint is damaged or belongs to another network.
 */
export async function buildModel(
  genome: string,
  { storage, problem, dataset, extractor }: Pick<OpenRun, 'storage' | 'problem' | 'dataset' | 'extractor'>,
  checkpointPath: string,
  views: Views = 1,
): Promise<Uint8Array> {
  const bytes = await storage.read(checkpointPath);
  const { metadata: stored } = decodeSafetensors(bytes, checkpointPath);
  const network = createNetwork(parseGenome(genome), problem, normalisationOf(stored, checkpointPath));
  const graph = compileDeployable(network, decodeState(network.layout, bytes, checkpointPath), views);
  const about = { classes: dataset.classes, genome, version: VERSION };
  const metadata = toMetadataProps(about, network, views, dataset, extractor?.image);
  if (extractor !== undefined) return joinClassifier(extractor, graph, metadata);
  return encodeOnnx(graph, { metadata, producerVersion: VERSION });
}

function normalisationOf(metadata: Readonly<Record<string, string>>, path: string): Normalisation {
  const text = metadata.normalisation;
  if (text === undefined) {
    throw new DataFormatError(`${path} lacks the normalisation in its metadata; train the network again`, {
      details: { path },
    });
  }
  return JSON.parse(text) as Normalisation;
}
