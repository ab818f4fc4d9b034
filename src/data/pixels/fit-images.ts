// Brings images that a format holds as arrays to the size and colour mode that were asked for.

import { mapConcurrently } from '../../concurrency.ts';
import { type Examples, imageSizeOf, readImages } from '../set/dataset.ts';
import type { DatasetParts, ReadOptions } from '../set/source.ts';
import { resizePlanes } from './decode-image.ts';
import { createImageStore } from './image-store.ts';
import { chooseChannels, dropEqualPlanes } from './planes.ts';

/** Gives the same bytes as lossless files of the same images, read with the same options. */
export async function fitImages(parts: DatasetParts, options: ReadOptions): Promise<DatasetParts> {
  const { shape, train, validation, test, notes } = parts;
  const { height, width } = options.size ?? shape;
  const resized = height !== shape.height || width !== shape.width;
  if (!resized && shape.channels === 1 && options.channels !== 'rgb') return parts;

  const size = imageSizeOf(shape);
  const all = [train, validation, test].filter((part) => part !== undefined);
  const originals = all.flatMap((examples) => Array.from(examples.labels, (_, index) => ({ examples, index })));
  const store = createImageStore(originals.length, { height, width }, options.overflow);
  let done = 0;
  const numbers = await mapConcurrently(
    originals,
    async ({ examples, index }) => {
      const image = readImages(examples, size, index, index + 1);
      if (resized) return store.add(await resizePlanes(image, shape, { height, width }));
      return store.add(dropEqualPlanes(image, shape.channels === 1 ? image.length : height * width));
    },
    { signal: options.signal, onDone: () => options.onProgress?.(++done, originals.length) },
  );
  const fitted = { channels: chooseChannels(store.allGrey(), options.channels), height, width };
  const testFrom = train.count + (validation?.count ?? 0);
  const take = (from: number, { count, labels }: Examples): Examples =>
    store.take(numbers.slice(from, from + count), [...labels], fitted);
  return {
    ...parts,
    shape: fitted,
    train: take(0, train),
    validation: validation && take(train.count, validation),
    test: test && take(testFrom, test),
    notes: resized
      ? [...notes, `All images were resized from ${shape.height} × ${shape.width} to ${height} × ${width}.`]
      : notes,
  };
}
