// Numbers of any type → bytes 0..255. One rule for every format that has numbers.

/** What a file's numbers are; bytes stay as they are. */
export type PixelKind = 'byte' | 'boolean' | 'integer' | 'float';

export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

export interface PixelScale {
  toByte(value: number): number;
  /** What was done, for the user; undefined where nothing was. */
  readonly note: string | undefined;
}

/** Smallest and largest value; both NaN if one of them is no finite number. */
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

/** Of all values together; both NaN if either is. */
export function joinRanges(a: ValueRange, b: ValueRange): ValueRange {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/**
 * How values become bytes. Booleans are 0 and 255. Integers within 0..255 stay as they are, within 0..65535 they keep
 * their upper 8 bits, as the pixels of a 16-bit image do. Floats within 0..1 are scaled by 255 and rounded, within 0..255
 * rounded.
 *
 * @param range  of all values, in both parts.
 * @returns undefined if the values lie elsewhere: what black and white are among them cannot be told.
 */
export function scaleFor(kind: PixelKind, { low, high }: ValueRange): PixelScale | undefined {
  if (kind === 'byte') return AS_THEY_ARE;
  if (kind === 'boolean') return { toByte: (value) => (value === 0 ? 0 : 255), note: undefined };
  if (!(low >= 0)) return undefined;
  if (kind === 'integer') {
    if (high <= 255) return AS_THEY_ARE;
    const note = `The pixels go up to ${high}: their upper 8 of 16 bits were taken.`;
    return high <= 65_535 ? { toByte: (value) => value >> 8, note } : undefined;
  }
  if (high <= 1) {
    return { toByte: (value) => Math.round(value * 255), note: 'Pixels from 0..1 were scaled to 0..255 and rounded.' };
  }
  return high <= 255 ? { toByte: Math.round, note: 'Pixels that are floats in 0..255 were rounded.' } : undefined;
}

const AS_THEY_ARE: PixelScale = { toByte: (value) => value, note: undefined };
