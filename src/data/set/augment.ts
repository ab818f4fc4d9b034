// Augmentation: small random changes of the training images, drawn anew each time an image is used.

import { cosine, sine } from '../../arithmetic/sine-cosine.ts';
import type { Rng } from '../../random/rng.ts';
import { createCutMix } from './cutmix.ts';
import { type ImageShape, imageSizeOf } from './dataset.ts';

/** Changes that are off unless given. They are applied in this order. */
export interface AugmentationSettings {
  /** Rotation by an angle drawn uniformly from ± this many degrees, bilinear, with zeros from outside. */
  readonly rotation?: number | undefined;
  /** Pixels added on each side before a random crop of the old size (CNN-GA: 4). */
  readonly padAndCrop?: number | undefined;
  /** What these pixels are: zeros, or the image as a mirror along its border would show it. Default: `zeros`. */
  readonly padding?: 'zeros' | 'reflect' | undefined;
  /**
   * Mirrors the image left to right with probability 0.5; `alternating`: in every other epoch, the first or the second of
   * which is drawn for each image (Jordan 2024, arXiv 2404.00498, section 3.6).
   */
  readonly horizontalFlip?: boolean | 'alternating' | undefined;
  /** Multiplies all values by a factor drawn uniformly from 1 ± this share, and cuts them off at 0 and 255. */
  readonly brightness?: number | undefined;
  /** The same for the differences to the mean of all values. */
  readonly contrast?: number | undefined;
  /** The same for the differences to the mean of the three channels of a pixel. */
  readonly saturation?: number | undefined;
  /** Side in pixels of a square of zeros around a random pixel (DeVries & Taylor 2017). */
  readonly cutout?: number | undefined;
  /** Share of the images that get a rectangle of another image of the batch, and its label in proportion: see `CutMix`. */
  readonly cutmix?: number | undefined;
}

export interface Augmenter {
  /**
   * Changes the first images of a batch in place, and their labels.
   *
   * @param examples  the number of each image in the data.
   * @param epoch     counted from 1.
   */
  augment(pixels: Uint8Array, labels: Int32Array, examples: Int32Array, epoch: number, rng: Rng): void;
  /** Draws the same random numbers as `augment` for `count` images, and changes nothing. */
  skip(count: number, rng: Rng): void;
}

/**
 * @param examples  how many there are in the data.
 * @param rng       draws what is drawn once for each example.
 * @returns undefined if no setting asks for a change.
 */
export function createAugmenter(
  settings: AugmentationSettings,
  shape: ImageShape,
  examples: number,
  rng: Rng,
): Augmenter | undefined {
  const steps = augmentationSteps(settings, shape, examples, rng);
  const mix = settings.cutmix ? createCutMix(settings.cutmix, shape) : undefined;
  if (steps.length === 0 && mix === undefined) return undefined;
  const size = imageSizeOf(shape);
  const scratch = new Uint8Array(size);
  return {
    augment(pixels, labels, batch, epoch, draws) {
      for (const [i, example] of batch.entries()) {
        const image = pixels.subarray(i * size, (i + 1) * size);
        for (const draw of steps) draw(draws, example, epoch)?.(image, scratch);
      }
      mix?.mix(pixels, labels, batch.length, draws);
    },
    skip(count, draws) {
      for (let i = 0; i < count; i++) for (const draw of steps) draw(draws, 0, 0);
      mix?.skip(count, draws);
    },
  };
}

/** Changes one image `[C, H, W]`; `scratch` is as large and free to use. */
type Change = (image: Uint8Array, scratch: Uint8Array) => void;

/** Draws the change of one image; undefined for none. */
type Step = (rng: Rng, example: number, epoch: number) => Change | undefined;

function augmentationSteps(settings: AugmentationSettings, shape: ImageShape, examples: number, rng: Rng): Step[] {
  const {
    rotation = 0,
    padAndCrop = 0,
    padding = 'zeros',
    horizontalFlip = false,
    brightness = 0,
    contrast = 0,
    saturation = 0,
    cutout = 0,
  } = settings;
  return [
    ...(rotation > 0 ? [rotate(rotation, shape)] : []),
    ...(padAndCrop > 0 ? [shift(padAndCrop, padding === 'reflect', shape)] : []),
    ...(horizontalFlip === true ? [flipAtRandom(shape)] : []),
    ...(horizontalFlip === 'alternating' ? [flipInTurn(shape, examples, rng.fork('flips'))] : []),
    ...(brightness > 0 ? [brighten(brightness)] : []),
    ...(contrast > 0 ? [stretch(contrast)] : []),
    ...(saturation > 0 && shape.channels === 3 ? [saturate(saturation)] : []),
    ...(cutout > 0 ? [cutOut(cutout, shape)] : []),
  ];
}

/** Padding and cropping is shifting, with the padding from outside. */
function shift(most: number, reflects: boolean, { channels, height, width }: ImageShape): Step {
  return (rng) => {
    const [down, right] = [rng.integer(-most, most), rng.integer(-most, most)];
    if (down === 0 && right === 0) return undefined;
    const [from, to] = [Math.max(0, -right), Math.min(width, width - right)];
    return (image, scratch) => {
      const columns = Array.from({ length: reflects ? width : 0 }, (_, x) => x);
      const beyond = columns.filter((x) => x < right || x >= width + right);
      scratch.set(image);
      image.fill(0);
      for (let c = 0; c < channels; c++) {
        for (let y = 0; y < height; y++) {
          const fromY = reflects ? reflected(y - down, height) : y - down;
          if (fromY < 0 || fromY >= height) continue;
          const [row, source] = [(c * height + y) * width, (c * height + fromY) * width];
          if (from < to) image.set(scratch.subarray(source + from, source + to), row + from + right);
          for (const x of beyond) image[row + x] = scratch[source + reflected(x - right, width)] ?? 0;
        }
      }
    };
  };
}

/** The place in `0 .. length − 1` that a mirror at both ends shows at `index`; the ends themselves are not repeated. */
function reflected(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return Math.min(within, period - within);
}

function flipAtRandom({ width }: ImageShape): Step {
  return (rng) => (rng.uniform() >= 0.5 ? undefined : (image) => mirrorRows(image, width));
}

function flipInTurn({ width }: ImageShape, examples: number, rng: Rng): Step {
  const first = Uint8Array.from({ length: examples }, () => rng.integer(0, 1));
  return (_, example, epoch) =>
    ((first[example] ?? 0) + epoch) % 2 === 0 ? undefined : (image) => mirrorRows(image, width);
}

/** Mirrors images left to right, in place. */
export function mirrorRows(pixels: Uint8Array, width: number): void {
  for (let row = 0; row < pixels.length; row += width) pixels.subarray(row, row + width).reverse();
}

function brighten(share: number): Step {
  return (rng) => {
    const factor = drawFactor(share, rng);
    return (image) => mapValues(image, (value) => value * factor);
  };
}

function stretch(share: number): Step {
  return (rng) => {
    const factor = drawFactor(share, rng);
    return (image) => {
      let sum = 0;
      for (let i = 0; i < image.length; i++) sum += image[i] ?? 0;
      const mean = sum / image.length;
      mapValues(image, (value) => mean + (value - mean) * factor);
    };
  };
}

function saturate(share: number): Step {
  return (rng) => {
    const factor = drawFactor(share, rng);
    return (image) => {
      const size = image.length / 3;
      for (let i = 0; i < size; i++) {
        const grey = ((image[i] ?? 0) + (image[i + size] ?? 0) + (image[i + 2 * size] ?? 0)) / 3;
        for (let at = i; at < image.length; at += size) image[at] = toByte(grey + ((image[at] ?? 0) - grey) * factor);
      }
    };
  };
}

/** Uniform in 1 ± the share. */
function drawFactor(share: number, rng: Rng): number {
  return 1 + share * (2 * rng.uniform() - 1);
}

/** Changes each of the 256 values once instead of each pixel. */
function mapValues(image: Uint8Array, change: (value: number) => number): void {
  const changed = new Uint8Array(256);
  for (let value = 0; value < changed.length; value++) changed[value] = toByte(change(value));
  for (let i = 0; i < image.length; i++) image[i] = changed[image[i] ?? 0] ?? 0;
}

function toByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

function cutOut(side: number, { channels, height, width }: ImageShape): Step {
  return (rng) => {
    const top = rng.integer(0, height - 1) - Math.floor(side / 2);
    const left = rng.integer(0, width - 1) - Math.floor(side / 2);
    const [fromX, toX] = [Math.max(0, left), Math.min(width, left + side)];
    return (image) => {
      for (let c = 0; c < channels; c++) {
        for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
          image.fill(0, (c * height + y) * width + fromX, (c * height + y) * width + toX);
        }
      }
    };
  };
}

function rotate(degrees: number, { channels, height, width }: ImageShape): Step {
  const [centreY, centreX] = [(height - 1) / 2, (width - 1) / 2];
  return (rng) => {
    const angle = (degrees * (2 * rng.uniform() - 1) * Math.PI) / 180;
    const [cos, sin] = [cosine(angle), sine(angle)];
    return (image, scratch) => {
      scratch.set(image);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          // Where the pixel comes from: the inverse rotation about the centre.
          const fromX = cos * (x - centreX) + sin * (y - centreY) + centreX;
          const fromY = cos * (y - centreY) - sin * (x - centreX) + centreY;
          for (let c = 0; c < channels; c++) {
            const plane = c * height * width;
            image[plane + y * width + x] = Math.round(interpolate(scratch, plane, height, width, fromY, fromX));
          }
        }
      }
    };
  };
}

/**
 * Bilinear; zero outside the plane.
 *
 * @param plane  where the plane begins in `pixels`. A view for each pixel would cost more than all the rest.
 */
function interpolate(pixels: Uint8Array, plane: number, height: number, width: number, y: number, x: number): number {
  const y0 = Math.floor(y);
  const x0 = Math.floor(x);
  const dy = y - y0;
  const dx = x - x0;
  const at = (row: number, column: number): number =>
    row < 0 || row >= height || column < 0 || column >= width ? 0 : (pixels[plane + row * width + column] ?? 0);
  const top = at(y0, x0) * (1 - dx) + at(y0, x0 + 1) * dx;
  const bottom = at(y0 + 1, x0) * (1 - dx) + at(y0 + 1, x0 + 1) * dx;
  return top * (1 - dy) + bottom * dy;
}
