// Numbers of any type → bytes 0..255. One rule for every format that has numbers, and for arrays in memory.

/** The type of the numbers; bytes stay as they are. */
export type PixelKind = 'byte' | 'boolean' | 'integer' | 'float';

export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** The numbers of one part of a data set. */
export interface PixelNumbers {
  readonly kind: PixelKind;
  /** Asked for integers and floats only. */
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
}

/** Why numbers cannot become bytes: the constraint and what was received. */
export interface UnscalablePixels {
  readonly problem: string;
}

/** What a user can do about {@link UnscalablePixels}. */
export const SCALE_CURE = 'give the pixels as they were before they were normalised';

/** Smallest and largest value; both NaN if one of them is not a finite number. */
export function rangeOf(values: ArrayLike<number>): ValueRange {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value)) return { low: Number.NaN, high: Number.NaN };
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** The range of all values together; both ends NaN if either range has NaN. */
export function joinRanges(a: ValueRange, b: ValueRange): ValueRange {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/**
 * How the numbers of all parts of a data set become bytes. Bytes stay as they are; booleans become 0 and 255. All other
 * numbers share one scale: integers within 0..255 stay as they are, within 0..65535 they keep their upper 8 bits, as the
 * pixels of a 16-bit image do; floats within 0..1 are multiplied by 255 and rounded, floats within 0..255 are rounded.
 *
 * @returns a problem if the values lie elsewhere, or if the floats of one part end at 1 and those of another do not: then
 *   nothing tells which values are black and white.
 */
export function scalesFor(parts: readonly PixelNumbers[]): PixelScales | UnscalablePixels {
  const numbers = parts.filter(({ kind }) => kind === 'integer' || kind === 'float');
  const shared = scaleTogether(
    numbers.some(({ kind }) => kind === 'float') ? 'float' : 'integer',
    numbers.map((part) => part.range()),
  );
  if ('problem' in shared) return shared;
  return {
    of: (kind) => (kind === 'byte' ? AS_THEY_ARE : kind === 'boolean' ? BLACK_OR_WHITE : shared.scale),
    note: shared.note,
  };
}

interface SharedScale {
  readonly scale: PixelScale;
  readonly note?: string;
}

const AS_THEY_ARE: PixelScale = { toByte: (value) => value };
const BLACK_OR_WHITE: PixelScale = { toByte: (value) => (value === 0 ? 0 : 255) };

function scaleTogether(kind: 'integer' | 'float', ranges: readonly ValueRange[]): SharedScale | UnscalablePixels {
  if (ranges.length === 0) return { scale: AS_THEY_ARE };
  const { low, high } = ranges.reduce(joinRanges);
  if (!(low >= 0 && high <= (kind === 'integer' ? 65_535 : 255))) {
    const received = Number.isNaN(low) ? 'some are not finite numbers' : `they go from ${low} to ${high}`;
    return { problem: `pixels must lie in 0..1 or in 0..255 (whole numbers also in 0..65535), but ${received}` };
  }
  if (kind === 'integer') {
    if (high <= 255) return { scale: AS_THEY_ARE };
    return {
      scale: { toByte: (value) => value >> 8 },
      note: `The pixels go up to ${high}: their upper 8 of 16 bits were taken.`,
    };
  }
  if (high <= 1) {
    return {
      scale: { toByte: (value) => Math.round(value * 255) },
      note: 'Pixels from 0..1 were scaled to 0..255 and rounded.',
    };
  }
  const scaled = ranges.find((range) => range.high > 0 && range.high <= 1);
  if (scaled !== undefined) {
    return {
      problem: `the pixels of both parts must have one scale, but one part goes up to ${scaled.high}, the other to ${high}`,
    };
  }
  return { scale: { toByte: Math.round }, note: 'Pixels that are floats in 0..255 were rounded.' };
}
