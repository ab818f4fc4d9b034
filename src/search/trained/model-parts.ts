// Takes a model file apart into its network and weights.

import { basename, dirname, resolve } from 'node:path';
import type { Dataset } from '../../data/set/dataset.ts';
import { loadScoringRuntime } from '../../engine/node/load-runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { Score } from '../../engine/scoring/scorer.ts';
import { encodeStates } from '../../engine/state/safetensors.ts';
import { InvalidInputError } from '../../errors.ts';
import { parseGenome } from '../../genome/text.ts';
import type { TrainedState, Views } from '../../network/deployable-graph.ts';
import type { ModelMetadata } from '../../network/onnx/onnx-metadata.ts';
import { readModelStates } from '../../network/onnx/onnx-weights.ts';
import { createNetwork, type Network } from '../../network/training-graph.ts';
import type { SearchConfig } from '../config/config.ts';
import { openRunFolder } from '../run/run-folder.ts';
import type { ModelFile } from './model-file.ts';

/** Folder within a run that contains a folder per export. */
export const EXPORTS = 'exports';

export interface ModelParts {
  /** Path of the model file. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly metadata: ModelMetadata;
  readonly network: Network;
  readonly views: Views;
  /** Of each training of the network whose mean the model is; one unless it is an ensemble. */
  readonly members: readonly TrainedState[];
}

/**
 * @throws {InvalidInputError} if an early version, which did not store the network, wrote the file; {DataFormatError} if
 *   its weights do not fit its genome.
 */
export function partsOf({ path, bytes, metadata }: ModelFile): ModelParts {
  const { structure, genome, input, classes, version } = metadata;
  if (structure === undefined) {
    throw new InvalidInputError(
      `${path} was written by an early auto-cnn (${version}) and does not describe its head; train its genome ${JSON.stringify(genome)} again with "auto-cnn train"`,
      { details: { path, version } },
    );
  }
  const { head, shortcut, normalisation, views = 1, members = 1, features } = structure;
  const problem = { input: features ?? input, classes: classes.length, head, shortcut };
  const network = createNetwork(parseGenome(genome), problem, normalisation);
  return { path, bytes, metadata, network, views, members: readModelStates(network.layout, members, bytes, path) };
}

/** All weights and running statistics under their names, as a safetensors file. */
export function encodeWeights(
  { network, members }: ModelParts,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  return encodeStates(network.layout, members, metadata);
}

/** The configuration of the run that contains a model or its export; undefined if there is none. */
export function configBeside(modelPath: string): SearchConfig | undefined {
  const folder = dirname(resolve(modelPath));
  const above = dirname(folder);
  try {
    return openRunFolder(basename(above) === EXPORTS ? dirname(above) : folder).config;
  } catch {
    return undefined;
  }
}

/** Scores a model by running it. */
export async function scoreModel(bytes: Uint8Array, path: string, { test, shape }: Dataset): Promise<Score> {
  const model = await DeployedModel.load(await loadScoringRuntime(), bytes, path);
  try {
    return await model.score(test, shape);
  } finally {
    await model.release();
  }
}
