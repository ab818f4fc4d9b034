// A small real data set: some MNIST images, on disk as IDX files.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../../src/data/load-dataset.ts';
import { type Examples, imageSizeOf } from '../../src/data/set/dataset.ts';
import { pixelsOf } from './data-fixtures.ts';

/** Writes the first images of both parts of MNIST to `folder` as the four IDX files. */
export async function writeSmallMnist(folder: string, trainCount: number, testCount: number): Promise<void> {
  const { train, test, shape } = await loadDataset('mnist');
  mkdirSync(folder, { recursive: true });
  const write = (name: string, examples: Examples, count: number) => {
    const pixels = pixelsOf(examples).subarray(0, count * imageSizeOf(shape));
    const images = idx([count, shape.height, shape.width], pixels);
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), images);
    const labels = Uint8Array.from(examples.labels.subarray(0, count));
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idx([count], labels));
  };
  write('train', train, trainCount);
  write('t10k', test, testCount);
}

function idx(dimensions: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt8(8, 2);
  header.writeUInt8(dimensions.length, 3);
  for (const [i, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, data]);
}
