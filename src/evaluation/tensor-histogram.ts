// Histograms of the elements of a tensor.

export interface TensorHistogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Upper ends of the buckets, ascending; the last is `max`. */
  readonly limits: Float64Array;
  /** Elements in each bucket. */
  readonly counts: Float64Array;
}

/** The same number as in TensorFlow's `tf.summary.histogram`. */
const BUCKETS = 30;

/**
 * Counts in buckets of equal width between the smallest and the largest element; one bucket if all are equal.
 *
 * @param values  a tensor of any shape, flat; elements that are not finite are ignored.
 * @returns undefined if no element is finite.
 */
export function histogramOf(values: Float32Array): TensorHistogram | undefined {
  let [min, max, count, sum, sumOfSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    count++;
    sum += value;
    sumOfSquares += value * value;
  }
  if (count === 0) return undefined;
  const buckets = min === max ? 1 : BUCKETS;
  const width = (max - min) / buckets;
  const limits = Float64Array.from({ length: buckets }, (_, i) => (i === buckets - 1 ? max : min + (i + 1) * width));
  const counts = new Float64Array(buckets);
  const perWidth = width === 0 ? 0 : 1 / width;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const bucket = Math.min(buckets - 1, Math.floor((value - min) * perWidth));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { min, max, count, sum, sumOfSquares, limits, counts };
}
