// How much detail an image has: the side to which it can be scaled down before something that can be seen is lost.

import { mean, median } from '../../arithmetic/averages.ts';
import { cosine } from '../../arithmetic/sine-cosine.ts';
import type { TargetSize } from '../set/source.ts';

/** The sides that are tried, and that of the image in which they are tried. */
const SIDES = [32, 48, 64, 96];
const LONGEST = 128;
/** Small things may be all that matters, so the part of an image counts that loses most, of so many by so many. */
const PARTS = 8;
/** What may be lost: root mean square, as a share of the contrast. See docs/decisions/0025-image-size.md. */
const NEGLIGIBLE = 0.1;
/** Bytes are rounded by as much. */
const ROUNDING = 1;

/** What of an image is lost, and what its contrast is computed from; values 0..255. */
export interface Detail {
  /** Root mean square of what each of the sides loses in the part of the image where it loses most. */
  readonly lost: readonly number[];
  readonly mean: number;
  readonly meanSquare: number;
}

/** The size in which {@link detailOf} takes an image, with its aspect kept. */
export function detailSize({ height, width }: TargetSize): TargetSize {
  const scale = Math.min(1, LONGEST / Math.max(height, width));
  return { height: Math.max(1, Math.round(scale * height)), width: Math.max(1, Math.round(scale * width)) };
}

/**
 * What is lost of an image if it is scaled down to 32, 48, 64 and 96 pixels.
 *
 * Good scaling leaves out the high frequencies, so what it loses is the part of the image that has them (cosine transform,
 * type 2).
 *
 * @param planes  `[channels, height, width]`, values 0..255.
 * @param size    of each plane, as {@link detailSize} gives it.
 */
export function detailOf(planes: Uint8Array, { height, width }: TargetSize): Detail {
  const image = meanPlane(planes, height, width);
  const [down, across] = [cosines(height), cosines(width)];
  const spectrum = product(product(down, image), transposed(across));
  const longest = Math.max(height, width);
  const lost = SIDES.map((side) => {
    const [rows, columns] = [height, width].map((length) => Math.ceil((side / longest) * length));
    const low = spectrum.slice(0, rows).map((row) => row.slice(0, columns));
    const kept = product(product(transposed(down.slice(0, rows)), low), across.slice(0, columns));
    return worstPart(image, kept);
  });
  const values = image.flatMap((row) => [...row]);
  return { lost, mean: mean(values), meanSquare: mean(values.map((value) => value * value)) };
}

/**
 * The side, in pixels, with which the images of every class still show all that can be seen in them, half of them at least. What can
 * be seen depends on the contrast of all, since networks see images normalised.
 *
 * @param details  of images, parallel to `labels`.
 * @returns 32, 48, 64 or 96; undefined if more is needed, or there are no images.
 */
export function sufficientSide(details: readonly Detail[], labels: readonly number[]): number | undefined {
  if (details.length === 0) return undefined;
  const middle = mean(details.map((each) => each.mean));
  const contrast = Math.sqrt(Math.max(0, mean(details.map(({ meanSquare }) => meanSquare)) - middle * middle));
  const negligible = Math.max(ROUNDING, NEGLIGIBLE * contrast);
  const classes = [...new Set(labels)].map((label) => details.filter((_, i) => labels[i] === label));
  return SIDES.find((_, i) => classes.every((images) => median(images.map(({ lost }) => lost[i] ?? 0)) <= negligible));
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
    for (const [k, other] of right.entries()) {
      const factor = row[k] ?? 0;
      for (let x = 0; x < columns; x++) sums[x] = (sums[x] ?? 0) + factor * (other[x] ?? 0);
    }
    return sums;
  });
}

/** The largest root mean square difference of all parts. */
function worstPart(image: Matrix, kept: Matrix): number {
  const height = image.length;
  const width = image[0]?.length ?? 0;
  const squares = new Float64Array(PARTS * PARTS);
  const counts = new Float64Array(PARTS * PARTS);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const part = Math.floor((y * PARTS) / height) * PARTS + Math.floor((x * PARTS) / width);
      const lost = (image[y]?.[x] ?? 0) - (kept[y]?.[x] ?? 0);
      squares[part] = (squares[part] ?? 0) + lost * lost;
      counts[part] = (counts[part] ?? 0) + 1;
    }
  }
  return Math.sqrt(squares.reduce((worst, sum, part) => Math.max(worst, sum / Math.max(1, counts[part] ?? 1)), 0));
}
