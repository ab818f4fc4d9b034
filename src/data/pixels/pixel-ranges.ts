// The range of an array's numbers, and whether one part of a data set has the range of another.

export interface ValueRange {
  readonly low: number;
  readonly high: number;
  /** No number has a fraction. */
  readonly isWhole: boolean;
  /** Which of the numbers 0 to 16 occur: bit 3 is set if 3 does. */
  readonly levels: number;
}

export interface PartRange extends ValueRange {
  /** Of the array or file, for messages. */
  readonly name: string;
  readonly kind: string;
}

/** Smallest and largest value; both NaN if one of them is not a finite number. */
export function rangeOf(values: ArrayLike<number>): ValueRange {
  if (values instanceof Uint8Array) return rangeOfBytes(values);
  let [low, high, isWhole, levels] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value)) return { low: Number.NaN, high: Number.NaN, isWhole: false, levels: 0 };
    if (value < low) low = value;
    if (value > high) high = value;
    if (isWhole && !Number.isInteger(value)) isWhole = false;
    levels |= levelOf(value);
  }
  return { low, high, isWhole, levels };
}

/** The bit of a number in {@link ValueRange.levels}. */
export function levelOf(value: number): number {
  return value >= 0 && value <= 16 && Number.isInteger(value) ? 1 << value : 0;
}

/** Nothing is asked of bytes once one is 255, so the search ends there. */
function rangeOfBytes(bytes: Uint8Array): ValueRange {
  let [low, high, levels] = [255, 0, 0];
  for (const byte of bytes) {
    if (byte <= 16) levels |= 1 << byte;
    if (byte < low) low = byte;
    if (byte <= high) continue;
    high = byte;
    if (high === 255) return { low: 0, high, isWhole: true, levels };
  }
  return { low, high, isWhole: true, levels };
}

/** The range of all values together; both ends NaN if either range has NaN. */
export function joinRanges(a: ValueRange, b: ValueRange): ValueRange {
  return {
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
    isWhole: a.isWhole && b.isWhole,
    levels: a.levels | b.levels,
  };
}

/**
 * Why a part does not fit the range that was fixed by the training part.
 *
 * A part may be darker than the training part, but not so much that it must have another scale: not within 0..1 where the
 * training part is in 0..255, not within 8 bits where it has more, and not within 12 bits where it has 16.
 *
 * @param decided  `limit`: the largest value of the training part's range.
 * @returns undefined if it fits.
 */
export function describeOtherRange(
  train: PartRange,
  other: PartRange,
  { limit }: { readonly limit: number },
): { readonly problem: string; readonly cure: string } | undefined {
  if (!(other.low >= 0)) {
    const received = Number.isNaN(other.low)
      ? 'some are not finite numbers'
      : `they go from ${other.low} to ${other.high}`;
    return {
      problem: `the pixels of ${other.name} must be in the range of ${train.name} (${textOf(train)}), but ${received}`,
      cure: CURE,
    };
  }
  const isBlack = other.high === 0 || train.high === 0;
  const isTooDark =
    (limit > 1 && (other.high <= 1 || (limit >= 255 && !other.isWhole && other.high < 16))) ||
    (limit > 255 && other.high <= 255) ||
    (limit > 16_383 && other.high <= 4095);
  if (other.high <= limit && (isBlack || !isTooDark) && (other.isWhole || !train.isWhole || limit <= 255))
    return undefined;
  const problem = `the pixels of ${train.name} go from ${textOf(train)} (range 0..${limit}), those of ${other.name} from ${textOf(other)}: both must have one range`;
  return { problem, cure: CURE };
}

const CURE = 'scale all parts alike, to 0..255 for example';

const textOf = ({ low, high }: ValueRange): string => `${low} to ${high}`;
