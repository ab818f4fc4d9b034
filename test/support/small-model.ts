// Models with made-up weights, for everything that reads, runs or converts a model file.

import { type ImageShape, imageSizeOf } from '../../src/data/set/dataset.ts';
import type { NetworkInput } from '../../src/genome/cost.ts';
import { parseGenome } from '../../src/genome/text.ts';
import { compileEnsemble, type TrainedState, type Views } from '../../src/network/deployable-graph.ts';
import { encodeOnnx } from '../../src/network/onnx/onnx-bytes.ts';
import { type ImagePreparation, toMetadataProps } from '../../src/network/onnx/onnx-metadata.ts';
import { createNetwork, type Network } from '../../src/network/training-graph.ts';
import { createRng, type Rng } from '../../src/random/rng.ts';

export interface SmallModel {
  readonly network: Network;
  readonly state: TrainedState;
  readonly classes: readonly string[];
  readonly bytes: Uint8Array;
}

/** Every weight and every running statistic has a value of its own; the answers are neither sure nor all alike. */
export function smallModel(
  genome: string,
  input: ImageShape,
  classes: readonly string[],
  {
    views = 1,
    members = 1,
    decided,
    ...options
  }: Pick<NetworkInput, 'head' | 'shortcut'> & {
    readonly views?: Views;
    readonly members?: number;
    readonly decided?: Pick<ImagePreparation, 'ground' | 'pixelRange'>;
  } = {},
): SmallModel {
  const normalisation = {
    mean: Array.from({ length: input.channels }, (_, i) => 100 + 20 * i),
    std: Array.from({ length: input.channels }, (_, i) => 60 + 5 * i),
  };
  const network = createNetwork(parseGenome(genome), { input, classes: classes.length, ...options }, normalisation);
  const states = Array.from({ length: members }, (_, member) => stateOf(network, createRng(7 + member)));
  const [state = stateOf(network, createRng(7))] = states;
  const metadata = toMetadataProps({ classes, genome, version: '1.2.3', members }, network, views, decided);
  return { network, state, classes, bytes: encodeOnnx(compileEnsemble(network, states, views), { metadata }) };
}

function stateOf({ layout }: Network, rng: Rng): TrainedState {
  const { parameterCount, statisticCount, parameters, statistics } = layout;
  const state = { parameters: new Float32Array(parameterCount), statistics: new Float32Array(statisticCount) };
  for (const { name, shape, offset, size } of parameters) {
    const fanIn = name.endsWith('.weight')
      ? size / Math.max(shape[0] ?? 1, shape.length === 2 ? (shape[1] ?? 1) : 1)
      : 4;
    const centre = name.endsWith('.scale') ? 1 : 0;
    for (let i = 0; i < size; i++) state.parameters[offset + i] = centre + (2 * rng.uniform() - 1) / Math.sqrt(fanIn);
  }
  for (const { name, offset, size } of statistics) {
    const low = name.endsWith('.variance') ? 0.5 : -0.5;
    for (let i = 0; i < size; i++) state.statistics[offset + i] = low + rng.uniform();
  }
  return state;
}

/** `[count, channels, height, width]`, noise of several contrasts. */
export function noiseImages(count: number, shape: ImageShape, seed = 3): Uint8Array {
  const rng = createRng(seed);
  const size = imageSizeOf(shape);
  return Uint8Array.from({ length: count * size }, (_, i) => {
    const contrast = 40 + ((Math.floor(i / size) * 37) % 215);
    return rng.integer(0, contrast);
  });
}

/** The same images with left and right exchanged. */
export function mirrored(pixels: Uint8Array, { width }: ImageShape): Uint8Array {
  return pixels.map((_, i) => pixels[i - (i % width) + width - 1 - (i % width)] ?? 0);
}
