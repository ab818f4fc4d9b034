// Valid filter counts: powers of two, as in the paper, up to a size that no candidate needs to exceed.

const MAX_FILTERS = 4096;

/**
 * Why `filters` is not a valid filter count, with the cure; undefined if it is valid.
 *
 * Valid filter counts are the powers of two from 1 to {@link MAX_FILTERS}.
 */
export function filterCountProblem(filters: number): string | undefined {
  if (!Number.isInteger(filters) || filters < 1) {
    return `a filter count is a power of two from 1 to ${MAX_FILTERS}`;
  }
  if (filters > MAX_FILTERS) return `a filter count is a power of two, at most ${MAX_FILTERS}`;
  if ((filters & (filters - 1)) === 0) return undefined;
  const below = 1 << (31 - Math.clz32(filters));
  return `a filter count is a power of two: use ${below} or ${below * 2}`;
}
