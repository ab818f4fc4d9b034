// The images of an npy array as pixels. The array is in memory, or in a file if memory should not hold it.

import type { OpenFile } from '../../../files/open-file.ts';
import { joinRanges, type PixelScale, rangeOf, type ValueRange } from '../../pixels/pixel-values.ts';
import { imagesInFile } from '../../pixels/stored-images.ts';
import type { Examples, ImageShape } from '../../set/dataset.ts';
import type { PixelLayout } from '../../set/source.ts';
import { decodeNumbers, type NpyArray, type NpyHeader, type NpyKind, type NumberType } from './npy.ts';

export interface NpyImages {
  /** Axes of the array; the first counts the images. */
  readonly axes: readonly number[];
  readonly kind: NpyKind;
  /** Where the first element starts, in bytes. */
  readonly offset: number;
  /** The range of all values. */
  range(): ValueRange;
  /** @returns `[n, C, H, W]`, whatever the order of the axes and of the elements. */
  toPixels(shape: ImageShape, layout: PixelLayout, scale: PixelScale): Examples['pixels'];
}

export function imagesOf({ shape: axes, strides, kind, values, offset }: NpyArray): NpyImages {
  return {
    axes,
    kind,
    offset,
    range: () => rangeOf(values),
    toPixels(shape, layout, { toByte }) {
      const [count = 0] = axes;
      const [imageStride = 0] = strides;
      const order = elementOrder(strides, layout);
      const imageSize = shape.channels * shape.height * shape.width;
      const isInOrder = imageStride === imageSize && isPlaneByPlane(order, shape);
      if (isInOrder && kind === 'byte' && values instanceof Uint8Array) return values;
      const pixels = new Uint8Array(count * imageSize);
      for (let image = 0; image < count; image++) {
        const target = pixels.subarray(image * imageSize, (image + 1) * imageSize);
        copyImage(values, image * imageStride, order, shape, toByte, target);
      }
      return pixels;
    },
  };
}

/** The images of an array in C order, which follow one another in the file. */
export function imagesInArrayFile(
  file: OpenFile,
  { shape: axes, strides, bigEndian, start }: NpyHeader,
  type: NumberType,
): NpyImages {
  const [count = 0] = axes;
  const [imageLength = 0] = strides;
  const elements = Buffer.alloc(imageLength * type.itemSize);
  const images = imagesInFile(file, start, elements.length);
  const valuesOf = (image: number): ArrayLike<number> => {
    images.read(image, elements);
    return decodeNumbers(elements, type, bigEndian);
  };
  return {
    axes,
    kind: type.kind,
    offset: start,
    range() {
      let range = rangeOf(valuesOf(0));
      for (let image = 1; image < count; image++) range = joinRanges(range, rangeOf(valuesOf(image)));
      return range;
    },
    toPixels(shape, layout, { toByte }) {
      const order = elementOrder(strides, layout);
      return { read: (image, target) => copyImage(valuesOf(image), 0, order, shape, toByte, target) };
    },
  };
}

/** How many elements lie between neighbours in an image. */
interface ElementOrder {
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

function elementOrder([, a = 0, b = 0, c]: readonly number[], layout: PixelLayout): ElementOrder {
  if (c === undefined) return { channel: 0, row: a, column: b };
  return layout === 'nhwc' ? { channel: c, row: a, column: b } : { channel: a, row: b, column: c };
}

function isPlaneByPlane({ channel, row, column }: ElementOrder, { channels, height, width }: ImageShape): boolean {
  return column === 1 && row === width && (channels === 1 || channel === height * width);
}

function copyImage(
  values: ArrayLike<number>,
  start: number,
  order: ElementOrder,
  { channels, height, width }: ImageShape,
  toByte: PixelScale['toByte'],
  target: Uint8Array,
): void {
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      const first = start + channel * order.channel + row * order.row;
      for (let column = 0; column < width; column++) target[at++] = toByte(values[first + column * order.column] ?? 0);
    }
  }
}
