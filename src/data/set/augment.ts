// Augmentation: small random changes of the training images, drawn anew each time an image is used.

import { cosine, sine } from '../../arithmetic/sine-cosine.ts';
import type { Rng } from '../../random/rng.ts';
import { type ImageShape, imageSizeOf } from './dataset.ts';

/** Changes that are off unless given. They are applied in this order. */
export interface AugmentationSettings {
  /** Rotation by an angle drawn uniformly from ± this many degrees, bilinear, with zeros from outside. */
  readonly rotation?: number | undefined;
  /** Pixels of zeros added on each side before a random crop of the old size (CNN-GA: 4). */
  readonly padAndCrop?: number | undefined;
  /** Mirrors the image left to right with probability 0.5. */
  readonly horizontalFlip?: boolean | undefined;
  /** Multiplies all values by a factor drawn uniformly from 1 ± this share, and cuts them off at 0 and 255. */
  readonly brightness?: number | undefined;
  /** Side in pixels of a square of zeros around a random pixel (DeVries & Taylor 2017). */
  readonly cutout?: number | undefined;
}

export interface Augmenter {
  /** Changes the first `count` images of a batch in place. */
  augment(pixels: Uint8Array, count: number, rng: Rng): void;
  /** Draws the same random numbers as `augment` for `count` images, and changes nothing. */
  skip(count: number, rng: Rng): void;
}

/** @returns undefined if no setting asks for a change. */
export function createAugmenter(settings: AugmentationSettings, shape: ImageShape): Augmenter | undefined {
  const steps = augmentationSteps(settings, shape);
  if (steps.length === 0) return undefined;
  const size = imageSizeOf(shape);
  const scratch = new Uint8Array(size);
  return {
    augment(pixels, count, rng) {
      for (let i = 0; i < count; i++) {
        const image = pixels.subarray(i * size, (i + 1) * size);
        for (const draw of steps) draw(rng)?.(image, scratch);
      }
    },
    skip(count, rng) {
      for (let i = 0; i < count; i++) for (const draw of steps) draw(rng);
    },
  };
}

/** Changes one image `[C, H, W]`; `scratch` is as large and free to use. */
type Change = (image: Uint8Array, scratch: Uint8Array) => void;

/** Draws the change of one image; undefined for none. */
type Step = (rng: Rng) => Change | undefined;

function augmentationSteps(settings: AugmentationSettings, shape: ImageShape): Step[] {
  const { rotation = 0, padAndCrop = 0, horizontalFlip = false, brightness = 0, cutout = 0 } = settings;
  return [
    ...(rotation > 0 ? [rotate(rotation, shape)] : []),
    ...(padAndCrop > 0 ? [shift(padAndCrop, shape)] : []),
    ...(horizontalFlip ? [flip(shape)] : []),
    ...(brightness > 0 ? [brighten(brightness)] : []),
    ...(cutout > 0 ? [cutOut(cutout, shape)] : []),
  ];
}

/** Padding and cropping is shifting with zeros from outside. */
function shift(most: number, { channels, height, width }: ImageShape): Step {
  return (rng) => {
    const [down, right] = [rng.integer(-most, most), rng.integer(-most, most)];
    if (down === 0 && right === 0) return undefined;
    const [from, to] = [Math.max(0, -right), Math.min(width, width - right)];
    return (image, scratch) => {
      scratch.set(image);
      image.fill(0);
      if (from >= to) return;
      for (let c = 0; c < channels; c++) {
        for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
          const row = (c * height + y) * width;
          image.set(scratch.subarray(row + from, row + to), row + down * width + from + right);
        }
      }
    };
  };
}

function flip({ channels, height, width }: ImageShape): Step {
  const mirror: Change = (image) => {
    for (let row = 0; row < channels * height; row++) image.subarray(row * width, (row + 1) * width).reverse();
  };
  return (rng) => (rng.uniform() >= 0.5 ? undefined : mirror);
}

function brighten(share: number): Step {
  return (rng) => {
    const factor = 1 + share * (2 * rng.uniform() - 1);
    return (image) => {
      for (const [i, value] of image.entries()) image[i] = Math.min(255, Math.round(value * factor));
    };
  };
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
