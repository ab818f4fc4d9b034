// Images and labels in memory, as Keras has them: `[n, height, width]` or `[n, height, width, channels]`.

import { InvalidInputError } from '../../errors.ts';
import { rangeOf } from '../pixels/pixel-ranges.ts';
import { type PixelKind, type PixelNumbers, type PixelScale, scaleOfRange, scalesFor } from '../pixels/pixel-values.ts';
import { type Dataset, type Examples, type ImageShape, imageSizeOf } from '../set/dataset.ts';
import { buildDataset } from './build-dataset.ts';

/** Images in memory, as Keras has them. Bytes lie in 0..255; for floats see {@link datasetFromArrays}. */
export interface ImageArray {
  readonly data: Uint8Array | Float32Array;
  /** `[n, height, width]` for grey images, or `[n, height, width, channels]` with 1 or 3 channels, the last axis fastest. */
  readonly shape: readonly number[];
}

/** Whole numbers, one per image; or one-hot rows, one per image. */
export type LabelArray = ArrayLike<number>;

/** A data set in memory: a training part, a test part and, if you have one, a validation part. */
export interface ArrayDataset {
  readonly xTrain: ImageArray;
  readonly yTrain: LabelArray;
  /** A validation part of your own, with `yValidation`; without it a search holds training images out. */
  readonly xValidation?: ImageArray;
  readonly yValidation?: LabelArray;
  readonly xTest: ImageArray;
  readonly yTest: LabelArray;
  /** Names of the classes. Default `0`, `1`, … */
  readonly classes?: readonly string[];
  /** Default `arrays`. */
  readonly name?: string;
}

/**
 * A data set from arrays in memory. Floats become bytes by `scalesFor`: within 0..1 they are scaled to 0..255, within
 * 0..255 rounded; the notes of the data set say which. Other floats (−1..1, standardised) are refused.
 *
 * @throws {InvalidInputError} naming the array, what does not fit, and the cure.
 */
export function datasetFromArrays(arrays: ArrayDataset): Dataset {
  const { xTrain, yTrain, xValidation, yValidation, xTest, yTest, name = 'arrays' } = arrays;
  if ((xValidation === undefined) !== (yValidation === undefined)) {
    const [given, missing] =
      xValidation === undefined ? ['yValidation', 'xValidation'] : ['xValidation', 'yValidation'];
    throw new InvalidInputError(`${given} is given without ${missing}; a validation part needs both`);
  }
  const others = Object.entries(xValidation === undefined ? { xTest } : { xValidation, xTest });
  checkImages('xTrain', xTrain);
  for (const [array, images] of others) checkImages(array, images);
  const shape = imageShapeOf(xTrain);
  for (const [array, images] of others) {
    if (JSON.stringify(imageShapeOf(images)) === JSON.stringify(shape)) continue;
    throw new InvalidInputError(
      `${array} has images of [${images.shape.slice(1).join(', ')}], xTrain of [${xTrain.shape.slice(1).join(', ')}]; both must have the same size`,
    );
  }
  const scales = scalesFor([numbersOf('xTrain', xTrain), ...others.map(([array, images]) => numbersOf(array, images))]);
  if ('problem' in scales) throw new InvalidInputError(`${scales.problem}; ${scales.cure}`);
  const labels = {
    train: toLabels('yTrain', yTrain, countOf(xTrain)),
    ...(xValidation && yValidation && { validation: toLabels('yValidation', yValidation, countOf(xValidation)) }),
    test: toLabels('yTest', yTest, countOf(xTest)),
  };
  const classCount = Math.max(...Object.values(labels).map((part) => part.classCount));
  const classes = arrays.classes ?? Array.from({ length: classCount }, (_, label) => String(label));
  if (classCount > classes.length) {
    throw new InvalidInputError(
      `the labels go up to ${classCount - 1}, but classes has ${classes.length} names; give a name for each class`,
      { details: { classes, largestLabel: classCount - 1 } },
    );
  }
  const part = (images: ImageArray, { values }: Labels): Examples => ({
    count: countOf(images),
    pixels: toPixels(images, scales.of(kindOf(images))),
    labels: values,
  });
  return buildDataset({
    name,
    shape,
    classes,
    train: part(xTrain, labels.train),
    ...(xValidation && labels.validation && { validation: part(xValidation, labels.validation) }),
    test: part(xTest, labels.test),
    pixelRange: scales.pixelRange,
    notes: scales.note === undefined ? [] : [scales.note],
  });
}

/**
 * Images in memory as a network takes them.
 *
 * @param name        of the array, for messages.
 * @param pixelRange  of the data set that the network was trained on: its two values become 0 and 255. Without it, bytes stay as
 *   they are, and floats become bytes as in `datasetFromArrays`.
 * @returns `[n, channels, height, width]` bytes.
 * @throws {InvalidInputError} if data and shape do not fit, or the values lie outside the range.
 */
export function pixelsFromArray(
  name: string,
  images: ImageArray,
  pixelRange?: Dataset['pixelRange'],
): { shape: ImageShape; pixels: Uint8Array } {
  checkImages(name, images);
  return { shape: imageShapeOf(images), pixels: toPixels(images, scaleForNetwork(name, images, pixelRange)) };
}

function scaleForNetwork(name: string, images: ImageArray, pixelRange: Dataset['pixelRange']): PixelScale {
  if (pixelRange === undefined) {
    if (images.data instanceof Uint8Array) return { toByte: (value) => value };
    const scales = scalesFor([numbersOf(name, images)]);
    if ('problem' in scales) throw new InvalidInputError(`${name}: ${scales.problem}; ${scales.cure}`);
    return scales.pixelRange === undefined ? scales.of('float') : { toByte: Math.round };
  }
  const { low, high } = rangeOf(images.data);
  if (low >= pixelRange.low && high <= pixelRange.high) return scaleOfRange(pixelRange);
  throw new InvalidInputError(
    `${name}: the pixels must lie in ${pixelRange.low}..${pixelRange.high}, as those of the training part, but they go from ${low} to ${high}; scale them alike`,
    { details: { pixelRange, low, high } },
  );
}

/**
 * Images and labels in memory as examples of a data set with the given classes.
 *
 * @param pixelRange  see {@link pixelsFromArray}.
 * @throws {InvalidInputError} if lengths, shape or labels do not fit.
 */
export function examplesFromArrays(
  x: ImageArray,
  y: LabelArray,
  classes: number,
  pixelRange?: Dataset['pixelRange'],
): { shape: ImageShape; examples: Examples } {
  const { shape, pixels } = pixelsFromArray('x', x, pixelRange);
  const { values, classCount } = toLabels('y', y, countOf(x));
  if (classCount > classes) {
    throw new InvalidInputError(`the labels in y go up to ${classCount - 1}, but the network has ${classes} classes`);
  }
  return { shape, examples: { count: countOf(x), pixels, labels: values } };
}

interface Labels {
  readonly values: Int32Array;
  readonly classCount: number;
}

function checkImages(name: string, { data, shape }: ImageArray): void {
  const refuse = (what: string): never => {
    throw new InvalidInputError(`${name} ${what}`, { details: { shape, length: data?.length } });
  };
  if (!(data instanceof Uint8Array || data instanceof Float32Array)) {
    refuse('needs data: a Uint8Array or a Float32Array');
  }
  const isWhole = (size: number): boolean => Number.isSafeInteger(size) && size >= 1;
  if (!Array.isArray(shape) || (shape.length !== 3 && shape.length !== 4) || !shape.every(isWhole)) {
    refuse(
      `must have the shape [n, height, width] or [n, height, width, channels] of positive whole numbers, received ${JSON.stringify(shape)}`,
    );
  }
  const [, , , channels = 1] = shape;
  if (channels !== 1 && channels !== 3) {
    refuse(`has ${channels} channels in its last axis; grey images have 1, colour images 3`);
  }
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (data.length !== size) {
    refuse(`has ${data.length} values, but its shape [${shape.join(', ')}] needs ${size}`);
  }
  const bad = data instanceof Float32Array ? data.findIndex((value) => !Number.isFinite(value)) : -1;
  if (bad >= 0) refuse(`holds ${data[bad]} at position ${bad}; pixels must be finite numbers`);
}

function imageShapeOf({ shape: [, height = 0, width = 0, channels = 1] }: ImageArray): ImageShape {
  return { channels, height, width };
}

function countOf({ shape }: ImageArray): number {
  return shape[0] ?? 0;
}

const kindOf = ({ data }: ImageArray): PixelKind => (data instanceof Uint8Array ? 'byte' : 'float');

const numbersOf = (name: string, array: ImageArray): PixelNumbers => ({
  name,
  kind: kindOf(array),
  range: () => rangeOf(array.data),
});

/** `[n, H, W, C]` → `[n, C, H, W]`, as bytes. */
function toPixels(images: ImageArray, { toByte }: PixelScale): Uint8Array {
  const { data } = images;
  const shape = imageShapeOf(images);
  const { channels } = shape;
  const imageSize = imageSizeOf(shape);
  const plane = imageSize / channels;
  const pixels = new Uint8Array(data.length);
  for (let start = 0; start < data.length; start += imageSize) {
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0; i < plane; i++) {
        pixels[start + channel * plane + i] = toByte(data[start + i * channels + channel] ?? 0);
      }
    }
  }
  return pixels;
}

function toLabels(name: string, labels: LabelArray, count: number): Labels {
  const { length } = labels;
  if (length === count) {
    const values = Int32Array.from(labels);
    for (let i = 0; i < count; i++) {
      const label = labels[i] ?? Number.NaN;
      if (Number.isInteger(label) && label >= 0) continue;
      throw new InvalidInputError(`${name} holds ${label} for image ${i}; labels are whole numbers from 0 up`, {
        details: { row: i, received: label },
      });
    }
    return { values, classCount: values.reduce((largest, label) => Math.max(largest, label), -1) + 1 };
  }
  if (length === 0 || length % count !== 0) {
    throw new InvalidInputError(
      `${name} has ${length} labels for ${count} images; give one whole number or one one-hot row per image`,
      { details: { length, count } },
    );
  }
  const classCount = length / count;
  const values = Int32Array.from({ length: count }, (_, row) => {
    const oneHot = Array.from({ length: classCount }, (_, label) => labels[row * classCount + label]);
    const label = oneHot.indexOf(1);
    if (label >= 0 && oneHot.every((value, i) => value === (i === label ? 1 : 0))) return label;
    throw new InvalidInputError(
      `${name} has no one-hot row for image ${row}: [${oneHot.join(', ')}]; a row must hold one 1, and 0 otherwise`,
      { details: { row } },
    );
  });
  return { values, classCount };
}
