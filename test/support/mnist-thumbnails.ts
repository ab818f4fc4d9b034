// The first images of MNIST at 8×8 pixels: for searches whose candidates are real and whose size does not matter.

import type { ArrayDataset } from '../../src/data/build/from-arrays.ts';
import { loadDataset } from '../../src/data/load-dataset.ts';
import type { Examples } from '../../src/data/set/dataset.ts';
import { pixelsOf, writeIdxPair } from './data-fixtures.ts';

const SIZE = 8;
const MNIST_SIZE = 28;

/** Writes so many images of both parts to `folder` as the four IDX files. */
export async function writeMnistThumbnails(folder: string, trainCount: number, testCount: number): Promise<void> {
  const shape = { channels: 1, height: SIZE, width: SIZE };
  const { train, test } = await loadDataset('mnist');
  await writeIdxPair(folder, 'train', thumbnailsOf(train, trainCount), shape);
  await writeIdxPair(folder, 't10k', thumbnailsOf(test, testCount), shape);
}

/** So many images of both parts, as bytes without a channel axis, and their labels. */
export async function mnistThumbnailArrays(trainCount: number, testCount: number): Promise<ArrayDataset> {
  const dataset = await loadDataset('mnist');
  const [train, test] = [thumbnailsOf(dataset.train, trainCount), thumbnailsOf(dataset.test, testCount)];
  return {
    xTrain: { data: train.pixels, shape: [trainCount, SIZE, SIZE] },
    yTrain: train.labels,
    xTest: { data: test.pixels, shape: [testCount, SIZE, SIZE] },
    yTest: test.labels,
  };
}

/** Each pixel is the mean of 3×3; the margin of two pixels, which is empty, is left out. */
function thumbnailsOf(examples: Examples, count: number) {
  const source = pixelsOf(examples);
  const pixels = Uint8Array.from({ length: count * SIZE * SIZE }, (_, i) => {
    const [image, row, column] = [Math.floor(i / SIZE ** 2), Math.floor(i / SIZE) % SIZE, i % SIZE];
    let sum = 0;
    for (let cell = 0; cell < 9; cell++) {
      const [y, x] = [2 + 3 * row + Math.floor(cell / 3), 2 + 3 * column + (cell % 3)];
      sum += source[image * MNIST_SIZE ** 2 + y * MNIST_SIZE + x] ?? 0;
    }
    return Math.round(sum / 9);
  });
  return { count, pixels, labels: examples.labels.slice(0, count) };
}
