// Images that are almost the same but in different classes: one of the labels is wrong, or nothing can tell them apart.

import { type Examples, type ImageShape, imageSizeOf, readImages } from '../../data/set/dataset.ts';

/** The nearest image of another class, by its position. */
export interface NearCopy {
  readonly of: number;
  /** Correlation of the pixels, up to 1. */
  readonly correlation: number;
}

/** Bits of 64 that hashes of near copies may differ in. One more than that many bands: one of them is equal then. */
const MOST_BITS = 3;
const BANDS = MOST_BITS + 1;
/** Least correlation of their pixels. */
const LEAST_CORRELATION = 0.95;
/** Most images of a band with equal bits that an image is compared with: photographs have few, blank images many. */
const MOST_COMPARED = 2000;
const SIDE = 8;

/**
 * Finds images of different classes that are near copies: their difference hashes (8 × 9 means of grey, each compared with
 * the one to the right) differ in at most 3 of 64 bits, and their pixels correlate by at least 0.95. Copies that were
 * brightened, recompressed or made smaller are found; mirrored or shifted ones are not.
 *
 * @param indices  `[n]`: positions in `examples`.
 * @returns by position in `indices`, for each image that has a near copy in another class.
 */
export function findNearCopies(
  examples: Examples,
  indices: Int32Array,
  shape: ImageShape,
): ReadonlyMap<number, NearCopy> {
  const size = imageSizeOf(shape);
  const imageAt = (i: number): Uint8Array => {
    const index = indices[i] ?? 0;
    return readImages(examples, size, index, index + 1);
  };
  const labelAt = (i: number): number => examples.labels[indices[i] ?? 0] ?? 0;
  // Band b is the bits of one image in every fourth place; two images that differ in 3 bits agree in one of 4 bands.
  const bands = new Uint16Array(indices.length * BANDS);
  for (let i = 0; i < indices.length; i++) bands.set(differenceHash(imageAt(i), shape), i * BANDS);
  const nearest = new Map<number, NearCopy>();
  const note = (i: number, of: number, correlation: number): void => {
    const known = nearest.get(i);
    if (known === undefined || correlation > known.correlation) nearest.set(i, { of, correlation });
  };
  for (let band = 0; band < BANDS; band++) {
    for (const members of groupByBand(bands, band, indices.length)) {
      for (const [at, i] of members.entries()) {
        for (const j of members.slice(at + 1, at + 1 + MOST_COMPARED)) {
          if (labelAt(i) === labelAt(j) || differingBits(bands, i, j) > MOST_BITS) continue;
          const correlation = correlationOf(imageAt(i), imageAt(j));
          if (correlation < LEAST_CORRELATION) continue;
          note(i, j, correlation);
          note(j, i, correlation);
        }
      }
    }
  }
  return nearest;
}

/** The hash in bands of 16 bits. */
function differenceHash(image: Uint8Array, { channels, height, width }: ImageShape): Uint16Array {
  const bands = new Uint16Array(BANDS);
  const plane = height * width;
  const mean = (row: number, column: number): number => {
    const [top, bottom] = spanOf(row, SIDE, height);
    const [left, right] = spanOf(column, SIDE + 1, width);
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += image[c * plane + y * width + x] ?? 0;
      }
    }
    return sum / ((bottom - top) * (right - left));
  };
  for (let row = 0; row < SIDE; row++) {
    let here = mean(row, 0);
    for (let column = 0; column < SIDE; column++) {
      const next = mean(row, column + 1);
      const band = (row + column) % BANDS;
      if (next > here) bands[band] = (bands[band] ?? 0) | (1 << (2 * row + (column >= SIDE / 2 ? 1 : 0)));
      here = next;
    }
  }
  return bands;
}

/** The pixels of part `index` of `parts`, at least one. */
function spanOf(index: number, parts: number, size: number): [from: number, to: number] {
  const from = Math.min(size - 1, Math.floor((index * size) / parts));
  return [from, Math.max(from + 1, Math.floor(((index + 1) * size) / parts))];
}

/** Images with equal bits in a band, in groups of two and more, each ascending. */
function groupByBand(bands: Uint16Array, band: number, count: number): readonly number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const bits = bands[i * BANDS + band] ?? 0;
    const group = groups.get(bits);
    if (group === undefined) groups.set(bits, [i]);
    else group.push(i);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function differingBits(bands: Uint16Array, i: number, j: number): number {
  let count = 0;
  for (let band = 0; band < BANDS; band++) {
    let bits = (bands[i * BANDS + band] ?? 0) ^ (bands[j * BANDS + band] ?? 0);
    for (; bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}

/** Pearson's, over all pixels of both images; 1 or 0 for images without contrast, equal or not. */
function correlationOf(a: Uint8Array, b: Uint8Array): number {
  let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    sumA += x;
    sumB += y;
    squareA += x * x;
    squareB += y * y;
    product += x * y;
  }
  const n = a.length;
  const [varianceA, varianceB] = [n * squareA - sumA * sumA, n * squareB - sumB * sumB];
  if (varianceA === 0 || varianceB === 0) return sumA === sumB && squareA === squareB ? 1 : 0;
  return (n * product - sumA * sumB) / Math.sqrt(varianceA * varianceB);
}
