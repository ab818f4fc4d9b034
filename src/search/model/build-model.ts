// Builds the bytes of `model.onnx` from a checkpoint.

import { decodeSafetensors, decodeState } from '../../engine/state/safetensors.ts';
import { DataFormatError } from '../../errors.ts';
import { parseGenome } from '../../genome/text.ts';
import { joinClassifier } from '../../network/backbone/feature-model.ts';
import { compileEnsemble, type Views } from '../../network/deployable-graph.ts';
import type { Normalisation } from '../../network/normalisation.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import { toMetadataProps } from '../../network/onnx/onnx-metadata.ts';
import { createNetwork } from '../../network/training-graph.ts';
import { VERSION } from '../../version.ts';
import type { OpenRun } from '../records/open-run.ts';

/**
 * The deployable model of a genome with the weights of a checkpoint, or as the mean of several.
 *
 * @param checkpoints  paths of trainings on the same images.
 * @throws {DataFormatError} if a checkpoint is damaged or belongs to another network.
 */
export async function buildModel(
  genome: string,
  { storage, problem, dataset, extractor }: Pick<OpenRun, 'storage' | 'problem' | 'dataset' | 'extractor'>,
  checkpoints: string | readonly string[],
  views: Views = 1,
): Promise<Uint8Array> {
  const paths = typeof checkpoints === 'string' ? [checkpoints] : checkpoints;
  const files = await Promise.all(paths.map(async (path) => ({ path, bytes: await storage.read(path) })));
  const [first] = files;
  if (first === undefined) throw new RangeError('a model has at least one checkpoint');
  const { metadata: stored } = decodeSafetensors(first.bytes, first.path);
  const network = createNetwork(parseGenome(genome), problem, normalisationOf(stored, first.path));
  const states = files.map(({ path, bytes }) => decodeState(network.layout, bytes, path));
  const graph = compileEnsemble(network, states, views);
  const about = { classes: dataset.classes, genome, version: VERSION, members: states.length };
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
