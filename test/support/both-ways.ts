// A source read twice: all in memory, and with no memory for pixels.

import { expect } from 'vitest';
import { type Examples, imageSizeOf, readImages } from '../../src/data/set/dataset.ts';
import type { DatasetParts, LocatedSource, ReadOptions } from '../../src/data/set/source.ts';
import { temporaryFolder } from './data-fixtures.ts';

/** @returns what came of it in memory, having seen that the other way gives the same, or fails alike. */
export async function readBothWays(source: LocatedSource, options: ReadOptions = {}): Promise<DatasetParts> {
  const overflow = { folder: await temporaryFolder(), limitBytes: 0 };
  const inMemory = await source.read(options).catch((error: unknown) => error as Error);
  const stored = await source.read({ ...options, overflow }).catch((error: unknown) => error as Error);
  if (inMemory instanceof Error || stored instanceof Error) {
    expect(stored).toEqual(inMemory);
    throw inMemory;
  }
  expect(inFull(stored)).toEqual(inFull(inMemory));
  return inMemory;
}

/** With all pixels, as text: large arrays take long to compare. */
function inFull({ shape, train, validation, test, ...others }: DatasetParts) {
  const imageSize = imageSizeOf(shape);
  const load = (part: Examples) => ({
    ...part,
    pixels: Buffer.from(readImages(part, imageSize, 0, part.count)).toString('hex'),
  });
  return {
    ...others,
    shape,
    train: load(train),
    ...(validation && { validation: load(validation) }),
    test: test && load(test),
  };
}
