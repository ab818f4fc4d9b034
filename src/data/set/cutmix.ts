// CutMix: rectangles of other images, whose labels count in proportion.

import type { Rng } from '../../random/rng.ts';
import { type ImageShape, imageSizeOf } from './dataset.ts';

/**
 * An image gets a rectangle of the next image of its batch, whose share of the area is uniform in [0, 1) before the border cuts
 * it off. It then has the label of that image with the probability of that share, and else its own.
 *
 * Differs from Yun et al. 2019 (CutMix, eq. 1 and 2): there, the target is the mean of both labels, weighted by area. Gradients
 * are linear in the target, so their mean over drawings is the same, and graphs need one label for each image.
 */
export interface CutMix {
  /** Changes the first images of a batch, and their labels, in place. */
  mix(pixels: Uint8Array, labels: Int32Array, count: number, rng: Rng): void;
  /** Draws the same random numbers as `mix`, and changes nothing. */
  skip(count: number, rng: Rng): void;
}

/** A rectangle: rows and columns from the first to before the second. */
interface Patch {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
  /** Uniform in [0, 1): decides between the labels. */
  readonly chance: number;
}

/** @param share  of the images that are mixed. */
export function createCutMix(share: number, shape: ImageShape): CutMix {
  const { channels, height, width } = shape;
  const size = imageSizeOf(shape);
  return {
    mix(pixels, labels, count, rng) {
      // The last image is followed by the first one, as it was.
      const first = { image: pixels.slice(0, size), label: labels[0] ?? 0 };
      for (let i = 0; i < count; i++) {
        const patch = drawPatch(share, shape, rng);
        if (patch === undefined) continue;
        const { rows, columns, chance } = patch;
        const image = pixels.subarray(i * size, (i + 1) * size);
        const isLast = i + 1 === count;
        const other = isLast ? first.image : pixels.subarray((i + 1) * size, (i + 2) * size);
        for (let c = 0; c < channels; c++) {
          for (let y = rows[0]; y < rows[1]; y++) {
            const row = (c * height + y) * width;
            image.set(other.subarray(row + columns[0], row + columns[1]), row + columns[0]);
          }
        }
        const area = (rows[1] - rows[0]) * (columns[1] - columns[0]);
        if (chance * height * width < area) labels[i] = isLast ? first.label : (labels[i + 1] ?? 0);
      }
    },
    skip(count, rng) {
      for (let i = 0; i < count; i++) drawPatch(share, shape, rng);
    },
  };
}

function drawPatch(share: number, { height, width }: ImageShape, rng: Rng): Patch | undefined {
  if (rng.uniform() >= share) return undefined;
  const side = Math.sqrt(rng.uniform());
  return { rows: span(height, side, rng), columns: span(width, side, rng), chance: rng.uniform() };
}

/** A part of `0 .. length − 1`, as long as a share of it, around a random place. */
function span(length: number, share: number, rng: Rng): readonly [number, number] {
  const size = Math.round(length * share);
  const from = rng.integer(0, length - 1) - (size >> 1);
  return [Math.max(0, from), Math.min(length, from + size)];
}
