// Filters that make the neighbourhoods of pixels uncorrelated: what a network would otherwise spend its first steps on.

import { symmetricEigen } from '../../arithmetic/symmetric-eigen.ts';
import { type Examples, type ImageShape, imageSizeOf, readImages } from './dataset.ts';
import type { ChannelStatistics } from './statistics.ts';

/** Pixels per side of a neighbourhood. */
const KERNEL = 3;
const RADIUS = 1;
/** More images change the filters by less than they differ between samples. */
const IMAGES = 2000;
/** Neighbourhoods looked at in an image, about. */
const PATCHES = 100;
/** Keeps directions in which images hardly differ from being amplified without bound (Jordan 2024). */
const EPSILON = 5e-4;

/**
 * A fixed convolution on normalised images: the eigenvectors of the covariance of their 3×3 neighbourhoods, the strongest
 * first, scaled to a variance of 1. Each comes twice, with both signs, so that a ReLU loses nothing.
 *
 * @param indices  the examples to look at: those that are trained on. A sample of them is enough.
 * @param filters  how many; an even number of at most 18 for each channel of the image.
 * @returns `[filters][channels · 3 · 3]`, rounded to float32.
 * @see Jordan 2024 (arXiv 2404.00498), section 3.2, and Page 2018: the first layer of their networks.
 */
export function whiteningFilters(
  examples: Examples,
  indices: ArrayLike<number>,
  shape: ImageShape,
  statistics: ChannelStatistics,
  filters: number,
): readonly (readonly number[])[] {
  const { values, vectors } = symmetricEigen(patchCovariance(examples, indices, shape, statistics));
  return Array.from({ length: filters }, (_, i) => {
    const scale = (i % 2 === 0 ? 1 : -1) / Math.sqrt(Math.max(0, values[i >> 1] ?? 0) + EPSILON);
    return (vectors[i >> 1] ?? []).map((x) => Math.fround(scale * x));
  });
}

/** The mean is zero already. */
function patchCovariance(
  examples: Examples,
  indices: ArrayLike<number>,
  shape: ImageShape,
  statistics: ChannelStatistics,
): readonly (readonly number[])[] {
  const { channels, height, width } = shape;
  const size = channels * KERNEL * KERNEL;
  const sums = Array.from({ length: size }, () => new Float64Array(size));
  const patch = new Float64Array(size);
  const images = Math.min(IMAGES, indices.length);
  const apart = Math.max(1, Math.floor(Math.sqrt((height * width) / PATCHES)));
  let count = 0;
  for (let i = 0; i < images; i++) {
    const index = indices[Math.floor((i * indices.length) / images)] ?? 0;
    const image = readImages(examples, imageSizeOf(shape), index, index + 1);
    for (let y = i % apart; y < height; y += apart) {
      for (let x = (i >> 2) % apart; x < width; x += apart) {
        readPatch(image, shape, statistics, y, x, patch);
        addProducts(patch, sums);
        count++;
      }
    }
  }
  return sums.map((_, j) => sums.map((__, k) => (sums[Math.max(j, k)]?.[Math.min(j, k)] ?? 0) / Math.max(1, count)));
}

/** The neighbourhood of a pixel as the convolution sees it: normalised, with zeros beyond the border. */
function readPatch(
  image: Uint8Array,
  { height, width }: ImageShape,
  { mean, std }: ChannelStatistics,
  y: number,
  x: number,
  patch: Float64Array,
): void {
  for (let at = 0; at < patch.length; at++) {
    const channel = Math.floor(at / (KERNEL * KERNEL));
    const row = y + (Math.floor(at / KERNEL) % KERNEL) - RADIUS;
    const column = x + (at % KERNEL) - RADIUS;
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    const value = image[(channel * height + row) * width + column] ?? 0;
    patch[at] = isInside ? (value - (mean[channel] ?? 0)) / (std[channel] ?? 1) : 0;
  }
}

/** Of each pair of elements; below the diagonal and on it. */
function addProducts(patch: Float64Array, sums: readonly Float64Array[]): void {
  for (const [j, row] of sums.entries()) {
    const factor = patch[j] ?? 0;
    for (let k = 0; k <= j; k++) row[k] = (row[k] ?? 0) + factor * (patch[k] ?? 0);
  }
}
