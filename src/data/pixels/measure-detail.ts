// How much detail an image has: the side to which it can be scaled down before something that can be seen is lost.

import { cosine } from '../../arithmetic/sine-cosine.ts';
import type { TargetSize } from '../set/source.ts';

/** The sides that are tried, and that of the image in which they are tried. */
const SIDES = [32, 48, 64, 96];
const LONGEST = 128;
/** Small things may be all that matters, so the part of an image counts that loses most, of so many by so many. */
const PARTS = 8;
/** A loss can be seen from so much on: root mean square, of 255. See docs/decisions/0025-image-size.md. */
const VISIBLE = 6;

/** The size in which {@link detailOf} takes an image, with its aspect kept. */
export function detailSize({ height, width }: TargetSize): TargetSize {
  const scale = Math.min(1, LONGEST / Math.max(height, width));
  return { height: Math.max(1, Math.round(scale * height)), width: Math.max(1, Math.round(scale * width)) };
}

/**
 * The side, in pixels, with which an image still shows all that can be seen in it.
 *
 * Good scaling leaves out the high frequencies, so what it loses is the part of the image that has them (cosine transform,
 * type 2).
 *
 * @param planes  `[channels, height, width]`, values 0..255.
 * @param size    of each plane, as {@link detailSize} gives it.
 * @returns 32, 48, 64 or 96; infinity if more is needed.
 */
export function detailOf(planes: Uint8Array, { height, width }: TargetSize): number {
  const [down, across] = [cosines(height), cosines(width)];
  const spectrum = product(product(down, meanPlane(planes, height, width)), transposed(across));
  const longest = Math.max(height, width);
  const isEnough = (side: number): boolean => {
    const [rows, columns] = [(side / longest) * height, (side / longest) * width];
    const high = spectrum.map((row, y) => row.map((value, x) => (y < rows && x < columns ? 0 : value)));
    return worstPart(product(product(transposed(down), high), across)) < VISIBLE;
  };
  return SIDES.find(isEnough) ?? Number.POSITIVE_INFINITY;
}

/** What is enough for most images; undefined if that is more than was tried. */
export function typicalDetail(details: readonly number[]): number | undefined {
  return SIDES.find((side) => 2 * details.filter((each) => each <= side).length > details.length);
}

/** Rows. */
type Matrix = readonly Float64Array[];

function meanPlane(planes: Uint8Array, height: number, width: number): Matrix {
  const size = height * width;
  const channels = planes.length / size;
  return Array.from({ length: height }, (_, y) =>
    Float64Array.from({ length: width }, (_, x) => {
      let sum = 0;
      for (let at = y * width + x; at < planes.length; at += size) sum += planes[at] ?? 0;
      return sum / channels;
    }),
  );
}

/** The orthonormal cosine transform of a signal, lowest frequency first. */
function cosines(length: number): Matrix {
  return Array.from({ length }, (_, frequency) =>
    Float64Array.from(
      { length },
      (_, i) => Math.sqrt((frequency === 0 ? 1 : 2) / length) * cosine((Math.PI * (i + 0.5) * frequency) / length),
    ),
  );
}

function transposed(matrix: Matrix): Matrix {
  return Array.from(matrix[0] ?? [], (_, column) => Float64Array.from(matrix, (row) => row[column] ?? 0));
}

function product(left: Matrix, right: Matrix): Matrix {
  const columns = right[0]?.length ?? 0;
  return left.map((row) => {
    const sums = new Float64Array(columns);
    for (const [k, factor] of row.entries()) {
      const other = right[k];
      if (other === undefined || factor === 0) continue;
      for (let x = 0; x < columns; x++) sums[x] = (sums[x] ?? 0) + factor * (other[x] ?? 0);
    }
    return sums;
  });
}

/** The largest root mean square of all parts. */
function worstPart(image: Matrix): number {
  const height = image.length;
  const width = image[0]?.length ?? 0;
  const squares = new Float64Array(PARTS * PARTS);
  const counts = new Float64Array(PARTS * PARTS);
  for (const [y, row] of image.entries()) {
    for (const [x, value] of row.entries()) {
      const part = Math.floor((y * PARTS) / height) * PARTS + Math.floor((x * PARTS) / width);
      squares[part] = (squares[part] ?? 0) + value * value;
      counts[part] = (counts[part] ?? 0) + 1;
    }
  }
  return Math.sqrt(squares.reduce((worst, sum, part) => Math.max(worst, sum / Math.max(1, counts[part] ?? 1)), 0));
}
