// Brings images that a format holds as arrays to the direction, size and colour mode that were asked for.

import { mapConcurrently } from '../../concurrency.ts';
import { type Examples, type ImageShape, imageSizeOf, readImages } from '../set/dataset.ts';
import type { DatasetParts, ReadOptions } from '../set/source.ts';
import { resizePlanes } from './decode-image.ts';
import { createImageStore } from './image-store.ts';
import { chooseChannels, dropEqualPlanes } from './planes.ts';

/** Gives the same bytes as lossless files of the same images, read with the same options. */
export async function fitImages(given: DatasetParts, options: ReadOptions): Promise<DatasetParts> {
  const parts = options.transpose === true ? transposeParts(given) : given;
  const { shape, train, validation, test, notes } = parts;
  const { height, width } = options.size ?? shape;
  const resized = height !== shape.height || width !== shape.width;
  if (!resized && shape.channels === 1 && options.channels !== 'rgb') return parts;
  const size = imageSizeOf(shape);
  const all = [train, validation, test].flatMap((examples) => examples ?? []);
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
  let taken = 0;
  const take = ({ count, labels }: Examples): Examples => {
    taken += count;
    return store.take(numbers.slice(taken - count, taken), [...labels], fitted);
  };
  return {
    ...parts,
    shape: fitted,
    train: take(train),
    ...(validation && { validation: take(validation) }),
    test: test && take(test),
    notes: resized
      ? [...notes, `All images were resized from ${shape.height} × ${shape.width} to ${height} × ${width}.`]
      : notes,
  };
}

function transposeParts(parts: DatasetParts): DatasetParts {
  const { shape, train, validation, test } = parts;
  return {
    ...parts,
    shape: { channels: shape.channels, height: shape.width, width: shape.height },
    train: transposeExamples(train, shape),
    ...(validation && { validation: transposeExamples(validation, shape) }),
    test: test && transposeExamples(test, shape),
    notes: [
      ...parts.notes,
      'Rows and columns of all images were swapped: a model of this data takes images that are upright.',
    ],
  };
}

function transposeExamples(examples: Examples, shape: ImageShape): Examples {
  const size = imageSizeOf(shape);
  const read = (index: number, target: Uint8Array): void =>
    transposeImage(readImages(examples, size, index, index + 1), shape, target);
  if (!(examples.pixels instanceof Uint8Array)) return { ...examples, pixels: { read } };
  const pixels = new Uint8Array(examples.pixels.length);
  for (let i = 0; i < examples.count; i++) read(i, pixels.subarray(i * size, (i + 1) * size));
  return { ...examples, pixels };
}

/** `[C, H, W]` → `[C, W, H]`. */
function transposeImage(image: Uint8Array, { channels, height, width }: ImageShape, target: Uint8Array): void {
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let column = 0; column < width; column++) {
      const first = channel * height * width + column;
      for (let row = 0; row < height; row++) target[at++] = image[first + row * width] ?? 0;
    }
  }
}
