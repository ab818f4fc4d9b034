// Brings images that a format holds as arrays to the size and colour mode that were asked for.

import { mapConcurrently } from './concurrency.ts';
import { type Examples, type ImageShape, imageSizeOf, readImages } from './dataset.ts';
import { resizePlanes } from './decode-image.ts';
import type { DatasetParts, ReadOptions } from './loader.ts';
import { chooseChannels, dropEqualPlanes, joinImages } from './pixels.ts';

/** Gives the same bytes as reading the same images from lossless image files with the same options. */
export async function fitImages(parts: DatasetParts, options: ReadOptions): Promise<DatasetParts> {
  const { shape, train, test, notes } = parts;
  const { height, width } = options.size ?? shape;
  const resized = height !== shape.height || width !== shape.width;
  if (!resized && shape.channels === 1 && options.channels !== 'rgb') return parts;

  const originals = [train, ...(test === undefined ? [] : [test])].flatMap((examples) => listImages(examples, shape));
  let done = 0;
  const images = await mapConcurrently(
    originals,
    async (image) =>
      resized
        ? resizePlanes(image, shape, { height, width })
        : dropEqualPlanes(image, shape.channels === 1 ? image.length : height * width),
    { signal: options.signal, onDone: () => options.onProgress?.(++done, originals.length) },
  );
  const fitted = {
    channels: chooseChannels(
      images.every(({ length }) => length === height * width),
      options.channels,
    ),
    height,
    width,
  };
  return {
    ...parts,
    shape: fitted,
    train: joinImages(images.slice(0, train.count), train.labels, fitted),
    test: test === undefined ? undefined : joinImages(images.slice(train.count), test.labels, fitted),
    notes: resized
      ? [...notes, `All images were resized from ${shape.height} × ${shape.width} to ${height} × ${width}.`]
      : notes,
  };
}

function listImages(examples: Examples, shape: ImageShape): Uint8Array[] {
  const size = imageSizeOf(shape);
  return Array.from({ length: examples.count }, (_, i) => readImages(examples, size, i, i + 1));
}
