// How far a share that was observed may be from the true one.

/** Quantile of the normal distribution for an interval of 90 %. */
const Z = 1.644854;

/**
 * 90 % confidence interval of a share observed in `count` trials.
 *
 * @see Wilson 1927; Newcombe 1998, method 3.
 */
export function wilsonInterval(share: number, count: number): readonly [low: number, high: number] {
  const centre = share + (Z * Z) / (2 * count);
  const spread = Z * Math.sqrt((share * (1 - share)) / count + (Z * Z) / (4 * count * count));
  const scale = 1 + (Z * Z) / count;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}
