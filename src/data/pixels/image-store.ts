// Where decoded images wait for the rest: in memory, or in a file if memory should not hold them all.

import { createUnnamedFile } from '../../files/unnamed-file.ts';
import { type Examples, type ImageShape, selectExamples } from '../set/dataset.ts';
import type { Overflow, TargetSize } from '../set/source.ts';
import { dropEqualPlanes, joinImages } from './planes.ts';
import { imagesInFile } from './stored-images.ts';

export interface ImageStore {
  /** @param planes  one or three planes. @returns the number of the image, from 0. */
  readonly add: (planes: Uint8Array) => number;
  /** Whether every image so far has one plane. */
  readonly allGrey: () => boolean;
  /** The images with these numbers, as examples of one shape. */
  readonly take: (numbers: readonly number[], labels: readonly number[], shape: ImageShape) => Examples;
}

/** @param count  the most images that will come. */
export function createImageStore(count: number, size: TargetSize, overflow: Overflow | undefined): ImageStore {
  const colour = { ...size, channels: 3 };
  const fits = overflow === undefined || 3 * count * size.height * size.width <= overflow.limitBytes;
  return fits ? storeInMemory(size) : storeInFile(colour, overflow.folder);
}

function storeInMemory({ height, width }: TargetSize): ImageStore {
  const images: Uint8Array[] = [];
  return {
    add: (planes) => images.push(planes) - 1,
    allGrey: () => images.every(({ length }) => length === height * width),
    take: (numbers, labels, shape) =>
      joinImages(
        numbers.flatMap((number) => images[number] ?? []),
        labels,
        shape,
      ),
  };
}

/** The file has a row of three planes for each image. */
function storeInFile(colour: ImageShape, folder: string): ImageStore {
  const planeSize = colour.height * colour.width;
  const rowSize = 3 * planeSize;
  const file = createUnnamedFile(folder);
  const rows = imagesInFile(file, 0, rowSize);
  let count = 0;
  let allGrey = true;
  return {
    add(planes) {
      allGrey &&= planes.length === planeSize;
      file.append(joinImages([planes], [0], colour).pixels);
      return count++;
    },
    allGrey: () => allGrey,
    take(numbers, labels, shape) {
      const read = (index: number, target: Uint8Array): void => {
        const row = shape.channels === 3 ? target : new Uint8Array(rowSize);
        rows.read(index, row);
        if (row !== target) target.set(joinImages([dropEqualPlanes(row, planeSize)], [0], shape).pixels);
      };
      const all = { count, pixels: { read }, labels: new Int32Array(count) };
      return { ...selectExamples(all, planeSize * shape.channels, numbers), labels: Int32Array.from(labels) };
    },
  };
}
