// What is decided once for all images of a data set, and kept in the model: the ground under transparency, and the range of
// 16-bit images.

import { InvalidInputError } from '../../errors.ts';
import type { ImageMeasure } from './measure-image.ts';

export interface ImagePreparation {
  /** What lies under transparent images, and beside images of another aspect. Absent: black. */
  readonly ground?: 'white';
  /** The values of 16-bit images that become 0 and 255. Absent: their upper 8 bits are taken. */
  readonly pixelRange?: { readonly low: number; readonly high: number };
}

/** The measures of the images of each part. */
export interface PartMeasures {
  readonly train: readonly ImageMeasure[];
  readonly validation?: readonly ImageMeasure[] | undefined;
  readonly test?: readonly ImageMeasure[] | undefined;
}

export interface DecidedPreparation extends ImagePreparation {
  readonly notes: readonly string[];
}

/**
 * Decides by the training images.
 *
 * - Range: the 16-bit images hold 8, 10, 12 or 14 bits if no value is larger; otherwise 16.
 * - Ground: white if at least half of the training images are transparent, and darker than mid-grey where they are opaque,
 *   and most transparent ones are. On black, a drawing in black would not be seen.
 *
 * @param source  for messages.
 * @param given   what a model was trained with: then nothing is decided, only checked.
 * @throws {InvalidInputError} if the 16-bit images of a part have another range than those of the training part, or than is
 *   given.
 */
export function decidePreparation(
  source: string,
  parts: PartMeasures,
  given: ImagePreparation | undefined,
): DecidedPreparation {
  const highest = highestOf(parts.train);
  const range = given === undefined ? rangeFor(highest) : given.pixelRange;
  checkRanges(source, parts, given, range);
  const ground = given === undefined ? groundFor(parts.train, range) : given.ground;
  const all = [...parts.train, ...(parts.validation ?? []), ...(parts.test ?? [])];
  return {
    ...(ground && { ground }),
    ...(range && { pixelRange: range }),
    notes: [
      ...describeRange(all, range),
      ...describeGround(parts.train, { ...(ground && { ground }), ...(range && { pixelRange: range }) }),
    ],
  };
}

/**
 * @throws {Error} if a 16-bit image has values beyond the range.
 */
export function checkInRange({ highest }: ImageMeasure, { pixelRange }: ImagePreparation): void {
  if (highest === undefined || pixelRange === undefined || highest <= pixelRange.high) return;
  throw new Error(
    `its values go up to ${highest}, but the model takes 16-bit images of ${pixelRange.low} to ${pixelRange.high}; scale it like the training images`,
  );
}

/** Bits that cameras and scanners put into 16. Masks hold 0 and 1. */
const DEPTHS = [8, 10, 12, 14] as const;

function rangeFor(highest: number | undefined): ImagePreparation['pixelRange'] {
  if (highest === undefined) return undefined;
  if (highest === 1) return { low: 0, high: 1 };
  const bits = DEPTHS.find((count) => highest < 1 << count);
  return bits === undefined ? undefined : { low: 0, high: (1 << bits) - 1 };
}

/** The largest value of the 16-bit images; undefined if there are none, or all are black. */
function highestOf(measures: readonly ImageMeasure[]): number | undefined {
  const values = measures.flatMap(({ highest }) => (highest === undefined ? [] : [highest]));
  // `Math.max` cannot take 100,000 arguments.
  const highest = values.reduce((largest, value) => Math.max(largest, value), 0);
  return highest === 0 ? undefined : highest;
}

function checkRanges(
  source: string,
  { train, validation, test }: PartMeasures,
  given: ImagePreparation | undefined,
  range: ImagePreparation['pixelRange'],
): void {
  const highest = highestOf(train);
  const limit = range?.high ?? 65_535;
  const parts = { ...(given && { training: train }), validation, test };
  for (const [name, measures] of Object.entries(parts)) {
    const other = measures && highestOf(measures);
    if (other === undefined || (given === undefined && highest === undefined)) continue;
    // A part may be darker, but hardly 16 times.
    if (other <= limit && other * 16 > (given === undefined ? (highest ?? 0) : limit)) continue;
    const wanted =
      given === undefined
        ? `those of the training part up to ${highest} (range 0 to ${limit})`
        : `those that the model was trained on have the range 0 to ${limit}`;
    throw new InvalidInputError(
      `Cannot use ${source} as a data set: the 16-bit images of the ${name} part go up to ${other}, ${wanted}; scale all of them alike.`,
      { details: { path: source, part: name, high: other, limit } },
    );
  }
}

/** An image of which less is transparent looks nearly the same on any ground. */
const LEAST_TRANSPARENT = 0.05;
const MID_GREY = 128;

const isTransparent = ({ transparency }: ImageMeasure): boolean =>
  transparency !== undefined && transparency.share >= LEAST_TRANSPARENT && transparency.share < 1;

function groundFor(
  train: readonly ImageMeasure[],
  range: ImagePreparation['pixelRange'],
): ImagePreparation['ground'] | undefined {
  const transparent = train.filter(isTransparent);
  const dark = transparent.filter((measure) => isDark(measure, range));
  return dark.length > 0 && 2 * dark.length >= train.length && 2 * dark.length > transparent.length
    ? 'white'
    : undefined;
}

function isDark({ transparency, highest }: ImageMeasure, range: ImagePreparation['pixelRange']): boolean {
  const white = highest === undefined ? 255 : (range?.high ?? 65_535);
  return (transparency?.luminance ?? 0) / white < MID_GREY / 255;
}

function describeRange(all: readonly ImageMeasure[], range: ImagePreparation['pixelRange']): string[] {
  const deep = all.filter(({ highest }) => highest !== undefined);
  const highest = highestOf(deep);
  if (highest === undefined) return [];
  const shallow = all.length - deep.length;
  const others =
    shallow === 0 ? '' : `; the ${shallow} with 8 bits ${shallow === 1 ? 'stays as it is' : 'stay as they are'}`;
  const what =
    range === undefined
      ? 'their upper 8 bits were taken'
      : `they were read as ${range.low} (black) to ${range.high} (white)`;
  return [`16-bit images: ${deep.length} of ${all.length}, with values up to ${highest}; ${what}${others}.`];
}

function describeGround(train: readonly ImageMeasure[], { ground, pixelRange }: ImagePreparation): string[] {
  const transparent = train.filter(isTransparent);
  const dark = transparent.filter((measure) => isDark(measure, pixelRange)).length;
  if (ground !== undefined) {
    return [
      `Transparent images are laid on white, because they are dark: ${dark} of ${train.length} training images. The model lays images on white too.`,
    ];
  }
  const black = transparent.filter(
    (measure) => isDark(measure, pixelRange) && (measure.transparency?.luminance ?? 0) < 1,
  );
  if (black.length === 0) return [];
  return [
    `Transparency is laid on black, where black drawings are not seen: ${black.length} of ${train.length} training images; "magick mogrify -background white -alpha remove *.png" lays them on white.`,
  ];
}
