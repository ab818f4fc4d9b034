// Numbers of any type → bytes 0..255. One rule for every format that has numbers, and for arrays in memory. The training part
// decides the range; the other parts must fit it.

import { describeOtherRange, type PartRange, type ValueRange } from './pixel-ranges.ts';

/** The type of the numbers. */
export type PixelKind = 'byte' | 'boolean' | 'integer' | 'float';

/** The numbers of one part of a data set. */
export interface PixelNumbers {
  /** Of the array or file, for messages: `x_train`. */
  readonly name: string;
  readonly kind: PixelKind;
  range(): ValueRange;
}

export interface PixelScale {
  toByte(value: number): number;
}

export interface PixelScales {
  /** The scale of the parts whose numbers are of this kind. */
  of(kind: PixelKind): PixelScale;
  /** What was done, for the user; undefined if nothing was. */
  readonly note: string | undefined;
  /**
   * The values that became 0 and 255, where an image file of this data would have the same values. Undefined if bytes stay
   * as they are, or the numbers are the usual form of bytes: 0..1 in floats, 16 bits.
   */
  readonly pixelRange: { readonly low: number; readonly high: number } | undefined;
}

/** Why numbers cannot become bytes: the constraint and what was received. */
export interface UnscalablePixels {
  readonly problem: string;
  readonly cure: string;
  /** Position of the part at fault. */
  readonly part: number;
}

/**
 * How the numbers of all parts of a data set become bytes.
 *
 * - Whole numbers (bytes, integers, floats without fractions): 0 and 1 are black and white; all of 0..15 or 0..16 and no others
 *   are 4 bits, or the 0..16 of scikit-learn's digits; up to 255, bytes, which stay as they are, however dark; beyond, 10, 12 or 14 bits
 *   are stretched, and of 16 bits the upper 8 are kept, as decoders of 16-bit images do.
 * - Other floats: within 0..1 they are multiplied by 255 and rounded, within 0..255 rounded, unless all are so small that
 *   hardly anything would be left.
 * - Booleans become 0 and 255.
 *
 * @param parts      the training part first: its content decides.
 * @param prepareAs  how a model was trained: it decides in place of the content, except for fractions.
 * @returns a problem if the values of the training part lie elsewhere, or if those of another part do not fit its range.
 */
export function scalesFor(
  parts: readonly PixelNumbers[],
  prepareAs?: Partial<Pick<PixelScales, 'pixelRange'>>,
): PixelScales | UnscalablePixels {
  const ranges: PartRange[] = parts.map(({ name, kind, range }) => ({ name, kind, ...range() }));
  const [train, ...others] = ranges;
  if (train === undefined) return AS_THEY_ARE;
  const decided = (prepareAs && decideAs(train, prepareAs.pixelRange)) ?? decide(train);
  if ('problem' in decided) return { ...decided, part: 0 };
  for (const [index, other] of others.entries()) {
    const fault = describeOtherRange(train, other, decided);
    if (fault !== undefined) return { ...fault, part: index + 1 };
  }
  const { scale, note, pixelRange } = decided;
  const ofFloats = scale === UNCHANGED ? ROUNDED : scale;
  return {
    of: (kind) => (kind === 'boolean' ? BLACK_OR_WHITE : kind === 'float' ? ofFloats : scale),
    note,
    pixelRange,
  };
}

/** The scale of a range that was decided before: `low` becomes 0 and `high` 255; what lies beyond is cut. */
export function scaleOfRange({ low, high }: { readonly low: number; readonly high: number }): PixelScale {
  return { toByte: (value) => Math.round((Math.min(Math.max(value, low), high) - low) * (255 / (high - low))) };
}

interface Decision {
  readonly scale: PixelScale;
  readonly note: string | undefined;
  readonly pixelRange: PixelScales['pixelRange'];
  /** The largest value that the range has room for. */
  readonly limit: number;
}

const UNCHANGED: PixelScale = { toByte: (value) => value };
const ROUNDED: PixelScale = { toByte: Math.round };
const UPPER_BITS: PixelScale = { toByte: (value) => value >> 8 };
const UNIT: PixelScale = { toByte: (value) => Math.round(value * 255) };
const BLACK_OR_WHITE: PixelScale = { toByte: (value) => (value === 0 ? 0 : 255) };
const AS_THEY_ARE: PixelScales = { of: () => UNCHANGED, note: undefined, pixelRange: undefined };

/** Fractions below this would hardly differ if they were rounded. */
const FAINT = 16;

/** Images whose brightest pixel is below this are pointed out. */
export const DARK = 64;

function decide(train: PartRange): Decision | Omit<UnscalablePixels, 'part'> {
  const { name, kind, low, high, isWhole, levels } = train;
  if (!(low >= 0)) return outside(train);
  if (kind === 'boolean') return { scale: BLACK_OR_WHITE, note: undefined, pixelRange: undefined, limit: 1 };
  if (kind === 'float' && high <= 1) {
    return {
      scale: UNIT,
      note: 'Pixels from 0..1 were scaled to 0..255 and rounded.',
      pixelRange: undefined,
      limit: 1,
    };
  }
  if (!isWhole && (high > 255 || high < FAINT)) return outside(train);
  if (!isWhole) {
    return {
      scale: UNCHANGED,
      note: 'Pixels that are floats in 0..255 were rounded.',
      pixelRange: undefined,
      limit: 255,
    };
  }
  if (high > 65_535) return outside(train);
  const hasAllLevels = levels === (1 << (high + 1)) - 1;
  if (high === 1 && hasAllLevels) {
    return stretched(1, `The pixels of ${name} are 0 and 1: read as black and white (0 and 255).`);
  }
  if (high === 15 && hasAllLevels) return stretched(15, `The pixels of ${name} go up to 15: read as 4 bits (0..15).`);
  if (high === 16 && hasAllLevels) return stretched(16, `The pixels of ${name} go up to 16: read as 0..16.`);
  if (high <= 255) {
    const rounded = kind === 'float' ? 'Pixels that are floats in 0..255 were rounded.' : undefined;
    const dark = `The pixels were left as they are, although they only go up to ${high} of 255; if that is their whole range, scale them to 0..255.`;
    return {
      scale: UNCHANGED,
      note: high > 0 && high < DARK ? dark : rounded,
      pixelRange: undefined,
      limit: 255,
    };
  }
  const bits = [10, 12, 14].find((count) => high < 1 << count);
  if (bits !== undefined) {
    const limit = (1 << bits) - 1;
    return stretched(limit, `The pixels go up to ${high.toLocaleString('en-US')}: read as ${bits} bits (0..${limit}).`);
  }
  return {
    scale: UPPER_BITS,
    note: `The pixels go up to ${high}: their upper 8 of 16 bits were taken.`,
    pixelRange: undefined,
    limit: 65_535,
  };
}

/** The decision of a model's training, for numbers that are not fractions of 1; undefined for others. */
function decideAs(
  { name, kind, low, high, isWhole }: PartRange,
  range: PixelScales['pixelRange'],
): Decision | Omit<UnscalablePixels, 'part'> | undefined {
  if (kind === 'boolean' || !isWhole || !(low >= 0) || high > 65_535 || (kind === 'float' && high <= 1))
    return undefined;
  if (range === undefined) {
    const [scale, limit] = high <= 255 ? [UNCHANGED, 255] : [UPPER_BITS, 65_535];
    return { scale, note: undefined, pixelRange: undefined, limit };
  }
  if (high <= range.high) return { scale: scaleOfRange(range), note: undefined, pixelRange: range, limit: range.high };
  return {
    problem: `the model was trained on pixels in ${range.low}..${range.high}, but those of ${name} go from ${low} to ${high}`,
    cure: 'bring them to that range',
  };
}

function stretched(limit: number, note: string): Decision {
  const pixelRange = { low: 0, high: limit };
  return { scale: scaleOfRange(pixelRange), note, pixelRange, limit };
}

function outside({ name, low, high }: PartRange): Omit<UnscalablePixels, 'part'> {
  const received = Number.isNaN(low)
    ? `some of ${name} are not finite numbers`
    : `those of ${name} go from ${low} to ${high}`;
  return {
    problem: `pixels must lie in 0..1 or in 0..255 (whole numbers also in 0..65535), but ${received}`,
    cure: cureOf(low, high),
  };
}

function cureOf(low: number, high: number): string {
  if (Number.isNaN(low)) return 'replace the values that are not numbers, or remove their images';
  if (low > -0.5 && high > 0.5 && high < 1.5) return 'cut what lies beyond 0..1 with np.clip(x, 0, 1)';
  if (low >= -1.001 && low < -0.5 && high <= 1.001) return 'bring −1..1 to 0..255 with (x + 1) * 127.5';
  return 'give the pixels as they were before they were normalised';
}
