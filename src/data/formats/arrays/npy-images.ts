// The images of an array as pixels. The array is in memory, or in a file if memory should not hold it.

import type { OpenFile } from '../../../files/open-file.ts';
import { joinRanges, rangeOf, type ValueRange } from '../../pixels/pixel-ranges.ts';
import type { PixelScale } from '../../pixels/pixel-values.ts';
import { imagesInFile } from '../../pixels/stored-images.ts';
import type { Examples, ImageShape } from '../../set/dataset.ts';
import { decodeNumbers, type NpyArray, type NpyHeader, type NpyKind, type NumberType } from './npy.ts';

/** How many elements lie between neighbours. */
export interface ElementOrder {
  readonly image: number;
  readonly channel: number;
  readonly row: number;
  readonly column: number;
  /** The first element of the first image. */
  readonly start: number;
}

export interface ArrayImages {
  readonly axes: readonly number[];
  /** How many elements lie between neighbours along each axis. */
  readonly strides: readonly number[];
  readonly kind: NpyKind;
  /** Where the first element starts, in bytes. */
  readonly offset: number;
  /** The range of all values. */
  range(): ValueRange;
  /** @returns `[count, C, H, W]`, whatever the order of the axes and of the elements. */
  toPixels(count: number, shape: ImageShape, order: ElementOrder, scale: PixelScale): Examples['pixels'];
}

export function imagesOf({ shape: axes, strides, kind, values, offset }: NpyArray): ArrayImages {
  return {
    axes,
    strides,
    kind,
    offset,
    range: () => rangeOf(values),
    toPixels(count, shape, order, { toByte }) {
      const imageSize = shape.channels * shape.height * shape.width;
      const isInOrder = order.start === 0 && order.image === imageSize && isPlaneByPlane(order, shape);
      const isUnchanged = kind === 'byte' && toByte(1) === 1 && toByte(255) === 255;
      if (isInOrder && isUnchanged && values instanceof Uint8Array) return values;
      const pixels = new Uint8Array(count * imageSize);
      for (let image = 0; image < count; image++) {
        const target = pixels.subarray(image * imageSize, (image + 1) * imageSize);
        copyImage(values, order.start + image * order.image, order, shape, toByte, target);
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
): ArrayImages {
  const [imageLength = 0] = strides;
  const elements = Buffer.alloc(imageLength * type.itemSize);
  const images = imagesInFile(file, start, elements.length);
  return imagesOneByOne(axes, strides, type.kind, start, (image) => {
    images.read(image, elements);
    return decodeNumbers(elements, type, bigEndian);
  });
}

/** Bytes in C order, as IDX files have them. */
export function imagesOfBytes(axes: readonly number[], pixels: Examples['pixels'], offset: number): ArrayImages {
  const strides = axes.map((_, axis) => axes.slice(axis + 1).reduce((product, length) => product * length, 1));
  if (pixels instanceof Uint8Array) {
    return imagesOf({ shape: axes, strides, kind: 'byte', values: pixels, texts: [], offset, itemSize: 1 });
  }
  const image = new Uint8Array(strides[0] ?? 0);
  return imagesOneByOne(axes, strides, 'byte', offset, (index) => {
    pixels.read(index, image);
    return image;
  });
}

function imagesOneByOne(
  axes: readonly number[],
  strides: readonly number[],
  kind: NpyKind,
  offset: number,
  valuesOf: (image: number) => ArrayLike<number>,
): ArrayImages {
  const [count = 0] = axes;
  return {
    axes,
    strides,
    kind,
    offset,
    range() {
      let range = rangeOf(valuesOf(0));
      // Nothing is brighter than 255 in bytes.
      for (let image = 1; image < count && !(kind === 'byte' && range.high === 255); image++) {
        range = joinRanges(range, rangeOf(valuesOf(image)));
      }
      return range;
    },
    toPixels(_count, shape, order, { toByte }) {
      return { read: (image, target) => copyImage(valuesOf(image), order.start, order, shape, toByte, target) };
    },
  };
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
