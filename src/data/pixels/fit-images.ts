// Brings images that a format holds as arrays to the size and colour mode that were asked for.

import { mapConcurrently } from '../../concurrency.ts';
import { imageSizeOf, readImages } from '../set/dataset.ts';
import type { DatasetParts, ReadOptions } from '../set/source.ts';
import { resizePlanes } from './decode-image.ts';
import { createImageStore } from './image-store.ts';
import { chooseChannels, dropEqualPlanes } from './planes.ts';

/** Gives the same bytes as lossless files of the same images, read with the same options. */
export async function fitImages(parts: DatasetParts, options: ReadOptions): Promise<DatasetParts> {
  const { shape, train, test, notes } = parts;
  const { height, width } = options.size ?? shape;
  const resized = height !== shape.height || width !== shape.width;
  if (!resized && shape.channels === 1 && options.channels !== 'rgb') return parts;

  const size = imageSizeOf(shape);
  const all = [train, ...(test === undefined ? [] : [test])];
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
  return {
    ...parts,
    shape: fitted,
    train: store.take(numbers.slice(0, train.count), [...train.labels], fitted),
    test: test && store.take(numbers.slice(train.count), [...test.labels], fitted),
    notes: resized
      ? [...notes, `All images were resized from ${shape.height} × ${shape.width} to ${height} × ${width}.`]
      : notes,
  };
}
