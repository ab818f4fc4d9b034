// Comparison by several costs: dominance, fronts and crowding distance, for vectors of costs to minimise.

/** One entry per cost; compared vectors have the same length. */
export type CostVector = readonly number[];

/**
 * Whether `a` is no worse than `b` in every cost and better in at least one. Equal vectors do not dominate each other.
 *
 * @see Deb et al. 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, section III-A (its ≺).
 */
export function dominates(a: CostVector, b: CostVector): boolean {
  return a.every((cost, i) => cost <= at(b, i)) && a.some((cost, i) => cost < at(b, i));
}

/**
 * Sorts vectors into fronts. The first front contains the vectors that no other dominates; each further front, those that
 * only members of earlier fronts dominate. Equal vectors are in the same front.
 *
 * @returns indices into `vectors`, each in exactly one front, ascending within a front; no front is empty.
 * @see Deb et al. 2002, section III-A, fast-non-dominated-sort: O(costs · n²).
 */
export function sortIntoFronts(vectors: readonly CostVector[]): readonly (readonly number[])[] {
  const dominated = vectors.map((a) => [...vectors.keys()].filter((j) => dominates(a, at(vectors, j))));
  // For each vector, the number of dominating vectors that are not yet in a front.
  const dominators = vectors.map(() => 0);
  for (const j of dominated.flat()) dominators[j] = at(dominators, j) + 1;
  const fronts: number[][] = [];
  let front = [...vectors.keys()].filter((i) => dominators[i] === 0);
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const j of front.flatMap((i) => at(dominated, i))) {
      dominators[j] = at(dominators, j) - 1;
      if (dominators[j] === 0) next.push(j);
    }
    front = next.sort((i, j) => i - j);
  }
  return fronts;
}

/**
 * Crowding distance of each member of a front: for every cost, the distance between its two neighbours in the order of that
 * cost, as a share of the range, summed over costs. The first and the last of each order get Infinity.
 *
 * Among equal costs, the earlier index comes first. So of several equal vectors at an end, one gets Infinity and the others
 * little or nothing; of three or more equal ones in the middle, all but two get 0. A cost that is constant or not finite
 * adds nothing to the members between its ends.
 *
 * @returns one distance, ≥ 0, for each vector.
 * @see Deb et al. 2002, section III-B, crowding-distance-assignment. Differs: the paper leaves the order of equal costs
 *   open, and divides by 0 for a constant cost.
 */
export function crowdingDistances(front: readonly CostVector[]): readonly number[] {
  const distances = front.map(() => 0);
  const costs = front[0]?.length ?? 0;
  for (let cost = 0; cost < costs; cost++) {
    const value = (index: number): number => at(at(front, index), cost);
    const order = [...front.keys()].sort((i, j) => compare(value(i), value(j)) || i - j);
    const first = at(order, 0);
    const last = at(order, order.length - 1);
    const range = value(last) - value(first);
    for (let place = 1; place < order.length - 1 && range > 0 && Number.isFinite(range); place++) {
      const index = at(order, place);
      const gap = value(at(order, place + 1)) - value(at(order, place - 1));
      distances[index] = at(distances, index) + gap / range;
    }
    distances[first] = Number.POSITIVE_INFINITY;
    distances[last] = Number.POSITIVE_INFINITY;
  }
  return distances;
}

/** Unlike a difference, this is also correct for infinite costs. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`there is no entry ${index} in ${list.length}`);
  return value;
}
