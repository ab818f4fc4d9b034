// Figures of benches: the middle and the mean of many, and a share in words.

/** Of an even number of values the mean of the two in the middle; NaN of none. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function percent(share, digits = 2) {
  return `${(100 * share).toFixed(digits)} %`;
}
