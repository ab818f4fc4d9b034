// Ten classes of images so small that a search over them takes a second.

import type { ExamplesInMemory } from '../../src/data/set/dataset.ts';
import type { DatasetParts } from '../../src/data/set/source.ts';
import { createRng } from '../../src/random/rng.ts';
import { writeIdxPair } from './data-fixtures.ts';

const SHAPE = { channels: 1, height: 8, width: 8 };
const CLASSES = 10;

/** Writes 20 training and 4 test images of each class as IDX files. */
export async function writeTinyDigits(folder: string, classes = CLASSES): Promise<void> {
  await writeIdxPair(folder, 'train', tinyDigits(20 * classes, 1, classes), SHAPE);
  await writeIdxPair(folder, 't10k', tinyDigits(4 * classes, 2, classes), SHAPE);
}

/** 20 training, 6 validation and 4 test images of each class. */
export function tinyDigitParts(): DatasetParts & { readonly validation: ExamplesInMemory } {
  return {
    name: 'digits',
    shape: SHAPE,
    classes: Array.from({ length: CLASSES }, (_, label) => String(label)),
    train: tinyDigits(20 * CLASSES, 1),
    validation: tinyDigits(6 * CLASSES, 3),
    test: tinyDigits(4 * CLASSES, 2),
    notes: [],
  };
}

/** Noise with one bright column and row that tell the class. */
function tinyDigits(count: number, seed: number, classes = CLASSES): ExamplesInMemory {
  const rng = createRng(seed);
  const size = SHAPE.height * SHAPE.width;
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const pixels = Uint8Array.from({ length: count * size }, (_, i) => {
    const label = labels[Math.floor(i / size)] ?? 0;
    const [row, column] = [Math.floor((i % size) / SHAPE.width), i % SHAPE.width];
    const bright = column === label % 5 || row === Math.floor(label / 5) + 2;
    return rng.integer(0, 90) + (bright ? 150 : 0);
  });
  return { count, pixels, labels };
}
