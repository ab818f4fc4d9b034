// What the axes of an array of images are.

import type { ImageShape } from '../../set/dataset.ts';
import type { PixelLayout } from '../../set/source.ts';
import type { ElementOrder } from './npy-images.ts';

/** The axes in order: n counts the images; k counts the numbers of an image in a row. */
type Axes = 'nhw' | 'nhwc' | 'nchw' | 'hwn' | 'hwcn' | 'nk';

export interface ArrayForm {
  readonly axes: Axes;
  readonly layout: PixelLayout;
  /** Of the images, without a fourth channel. */
  readonly shape: ImageShape;
  /** A fourth channel follows, which is the opacity. */
  readonly hasAlpha: boolean;
  /** What is not plain, for the user. */
  readonly note?: string;
}

/** Why an array cannot be read as images. */
interface Unreadable {
  readonly problem: string;
  readonly cure: string;
}

/**
 * Images are `[n, height, width]`, or have a last axis of 1, 3 or 4 channels. With `layout: 'nchw'`, or if only the second
 * axis can be channels, the channels come second. MATLAB's order, with the images in the last axis, is told by the number of
 * labels. Rows of numbers are square grey images; those of three channels need a layout, for nothing tells their order.
 *
 * @param shape   of the array.
 * @param labels  how many labels it has.
 */
export function formOfArray(
  shape: readonly number[],
  labels: number,
  asked: PixelLayout | undefined,
): ArrayForm | Unreadable {
  const [first = 0] = shape;
  if (shape.length === 2) return formOfRows(shape, asked);
  if (shape.length !== 3 && shape.length !== 4) {
    return {
      problem: `images are numbers of shape (n, height, width) or (n, height, width, channels), got (${shape.join(', ')})`,
      cure: 'reshape them',
    };
  }
  if (first !== labels && shape.at(-1) === labels && (shape.length === 3 || isChannels(shape[2]))) {
    return formOfMatlab(shape);
  }
  if (shape.length === 3) {
    const [, height = 0, width = 0] = shape;
    return { axes: 'nhw', layout: 'nhwc', shape: { channels: 1, height, width }, hasAlpha: false };
  }
  const [, a = 0, b = 0, c = 0] = shape;
  const layout = asked ?? (!isChannels(c) && (isChannels(a) || (a === 4 && c !== 4)) ? 'nchw' : 'nhwc');
  const [found, height, width] = layout === 'nhwc' ? [c, a, b] : [a, b, c];
  if (isChannels(found) || found === 4) {
    const channels = found === 4 ? 3 : found;
    return { axes: layout, layout, shape: { channels, height, width }, hasAlpha: found === 4 };
  }
  return {
    problem: `${found} channels in the shape (${shape.join(', ')}), expected 1 (grey) or 3 (red, green, blue)`,
    cure: 'say where they are with --layout nhwc or nchw',
  };
}

/** Where the elements lie. @param strides  of the array's axes. */
export function elementOrder({ axes, layout, shape }: ArrayForm, strides: readonly number[]): ElementOrder {
  const [a = 0, b = 0, c = 0, d = 0] = strides;
  const start = 0;
  switch (axes) {
    case 'nhw':
      return { start, image: a, channel: 0, row: b, column: c };
    case 'nhwc':
      return { start, image: a, row: b, column: c, channel: d };
    case 'nchw':
      return { start, image: a, channel: b, row: c, column: d };
    case 'hwn':
      return { start, row: a, column: b, image: c, channel: 0 };
    case 'hwcn':
      return { start, row: a, column: b, channel: c, image: d };
    case 'nk': {
      const { channels, height, width } = shape;
      if (layout === 'nchw') return { start, image: a, channel: b * height * width, row: b * width, column: b };
      return { start, image: a, row: b * width * channels, column: b * channels, channel: b };
    }
  }
}

export function isSameForm(a: ArrayForm, b: ArrayForm): boolean {
  const { channels, height, width } = a.shape;
  return channels === b.shape.channels && height === b.shape.height && width === b.shape.width;
}

/** The smallest side of an image in a row: smaller tables are hardly of pixels. */
const SMALLEST_SIDE = 4;

function formOfRows([, length = 0]: readonly number[], asked: PixelLayout | undefined): ArrayForm | Unreadable {
  const side = sideOf(length);
  if (side !== undefined) {
    return {
      axes: 'nk',
      layout: 'nhwc',
      shape: { channels: 1, height: side, width: side },
      hasAlpha: false,
      note: `Rows of ${length} numbers were read as grey images of ${side} × ${side}.`,
    };
  }
  const colourSide = sideOf(length / 3);
  if (colourSide === undefined) {
    return {
      problem: `rows of ${length} numbers are not square images, grey or of 3 channels`,
      cure: 'reshape the array to (n, height, width) or (n, height, width, 3)',
    };
  }
  const sides = `${colourSide}, ${colourSide}`;
  if (asked === undefined) {
    return {
      problem: `rows of ${length} numbers may be images of ${colourSide} × ${colourSide} with 3 channels, but nothing tells whether the channels follow each other pixel by pixel or plane by plane`,
      cure: `reshape the array to (n, ${sides}, 3) or (n, 3, ${sides}), or give --layout nhwc (pixel by pixel) or nchw (plane by plane)`,
    };
  }
  return {
    axes: 'nk',
    layout: asked,
    shape: { channels: 3, height: colourSide, width: colourSide },
    hasAlpha: false,
    note: `Rows of ${length} numbers were read as images of ${colourSide} × ${colourSide} with 3 channels, ${asked === 'nhwc' ? 'pixel by pixel' : 'plane by plane'}.`,
  };
}

function formOfMatlab(shape: readonly number[]): ArrayForm {
  const [height = 0, width = 0, channels = 1] = shape.length === 4 ? shape : shape.slice(0, 2);
  const order = shape.length === 4 ? 'height, width, channels, images' : 'height, width, images';
  return {
    axes: shape.length === 4 ? 'hwcn' : 'hwn',
    layout: 'nhwc',
    shape: { channels, height, width },
    hasAlpha: false,
    note: `The images are in the last axis of the array: (${shape.join(', ')}) was read as (${order}).`,
  };
}

function sideOf(pixels: number): number | undefined {
  const side = Math.sqrt(pixels);
  return Number.isInteger(side) && side >= SMALLEST_SIDE ? side : undefined;
}

const isChannels = (axis: number | undefined): boolean => axis === 1 || axis === 3;
