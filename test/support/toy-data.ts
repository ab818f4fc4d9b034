// Tasks so easy that a tiny network learns them in a few steps.

import { type Dataset, type Examples, type ImageShape, imageSizeOf } from '../../src/data/set/dataset.ts';
import type { TrainingSettings } from '../../src/engine/training/train.ts';
import { parseGenome } from '../../src/genome/text.ts';
import { createNetwork, type Network } from '../../src/network/training-graph.ts';
import { createRng } from '../../src/random/rng.ts';

export const TOY_SHAPE: ImageShape = { channels: 1, height: 8, width: 8 };

/** Dark images (label 0) and bright ones (label 1) in turn. */
export function brightOrDark(count: number, shape: ImageShape = TOY_SHAPE, seed = 1): Examples {
  const rng = createRng(seed);
  const size = imageSizeOf(shape);
  const pixels = Uint8Array.from({ length: count * size }, (_, i) => rng.integer(0, 100) + 155 * labelOf(i / size));
  return { count, pixels, labels: Int32Array.from({ length: count }, (_, i) => labelOf(i)) };
}

export function toyDataset(trainCount: number, testCount: number, shape: ImageShape = TOY_SHAPE): Dataset {
  return {
    name: 'bright or dark',
    shape,
    classes: ['dark', 'bright'],
    train: brightOrDark(trainCount, shape, 1),
    test: brightOrDark(testCount, shape, 2),
    fingerprint: 'toy',
    notes: [],
  };
}

export function toyNetwork(genome: string, input: ImageShape = TOY_SHAPE): Network {
  const perChannel = (value: number) => new Array<number>(input.channels).fill(value);
  return createNetwork(parseGenome(genome), { input, classes: 2 }, { mean: perChannel(128), std: perChannel(80) });
}

export const TOY_TRAINING: TrainingSettings = {
  epochs: 3,
  batchSize: 4,
  learningRate: 0.01,
  optimiser: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  schedule: { name: 'constant' },
  statisticsMomentum: 0.9,
};

function labelOf(index: number): number {
  return Math.floor(index) % 2;
}
