import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CostVector, crowdingDistances, dominates, sortIntoFronts } from './pareto.ts';

/** Few values, so that ties and equal vectors are common. */
const vectorsOf = (costs: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: costs, maxLength: costs }), { maxLength: 14 });
const vectors = fc.integer({ min: 1, max: 3 }).chain(vectorsOf);

describe('dominates', () => {
  it('wants nothing worse and something better', () => {
    expect(dominates([1, 2], [1, 3])).toBe(true);
    expect(dominates([1, 2], [2, 3])).toBe(true);
    expect(dominates([1, 2], [2, 1])).toBe(false);
    expect(dominates([1, 3], [1, 2])).toBe(false);
  });

  it('does not hold between equal vectors', () => {
    expect(dominates([1, 2], [1, 2])).toBe(false);
    expect(dominates([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY])).toBe(false);
  });
});

describe('sortIntoFronts', () => {
  it('gives no empty front', () => {
    expect(sortIntoFronts([])).toEqual([]);
  });

  it('puts equal vectors into the same front, in their order', () => {
    expect(
      sortIntoFronts([
        [2, 2],
        [1, 3],
        [1, 1],
        [3, 1],
        [1, 1],
        [2, 2],
      ]),
    ).toEqual([
      [2, 4],
      [0, 1, 3, 5],
    ]);
  });

  it('orders by the cost where there is only one', () => {
    expect(sortIntoFronts([[3], [1], [2], [1]])).toEqual([[1, 3], [2], [0]]);
  });

  it('equals repeatedly removing the vectors that no remaining one dominates', () => {
    fc.assert(
      fc.property(vectors, (all) => {
        expect(sortIntoFronts(all)).toEqual(peeled(all));
      }),
    );
  });

  it('puts each vector into one front, whose members do not dominate each other, and each later one is dominated by the front before', () => {
    fc.assert(
      fc.property(vectors, (all) => {
        const fronts = sortIntoFronts(all);
        expect(fronts.flat().toSorted((i, j) => i - j)).toEqual([...all.keys()]);
        for (const [rank, front] of fronts.entries()) {
          const isDominatedBy = (others: readonly number[], i: number) =>
            others.some((j) => dominates(all[j] ?? [], all[i] ?? []));
          for (const i of front) {
            expect(isDominatedBy(front, i)).toBe(false);
            if (rank > 0) expect(isDominatedBy(fronts[rank - 1] ?? [], i)).toBe(true);
          }
        }
      }),
    );
  });
});

describe('crowdingDistances', () => {
  it('sums the shares of the range between both neighbours', () => {
    expect(
      crowdingDistances([
        [0, 10],
        [2, 6],
        [5, 5],
        [10, 0],
      ]),
    ).toEqual([Number.POSITIVE_INFINITY, 5 / 10 + (10 - 5) / 10, 8 / 10 + 6 / 10, Number.POSITIVE_INFINITY]);
  });

  it('favours the first of equal vectors at the lower end and the last at the upper one', () => {
    const distances = crowdingDistances([
      [0, 1],
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
    expect(distances.map(Number.isFinite)).toEqual([false, false, false, false]);
    expect(crowdingDistances([[0], [0], [0], [3], [3]])).toEqual([
      Number.POSITIVE_INFINITY,
      0,
      1,
      1,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('gives equal vectors in the middle no room between them', () => {
    const distances = crowdingDistances([
      [0, 4],
      [2, 2],
      [2, 2],
      [2, 2],
      [4, 0],
    ]);
    expect(distances).toEqual([Number.POSITIVE_INFINITY, 1, 0, 1, Number.POSITIVE_INFINITY]);
  });

  it('counts nothing for a cost without range, or an infinite one', () => {
    const infinite = Number.POSITIVE_INFINITY;
    expect(crowdingDistances([[7], [7], [7]])).toEqual([infinite, 0, infinite]);
    expect(crowdingDistances([[infinite], [infinite], [infinite]])).toEqual([infinite, 0, infinite]);
    expect(crowdingDistances([[0], [1], [infinite]])).toEqual([infinite, 0, infinite]);
  });

  it('equals the sum over each one’s neighbours, found one by one', () => {
    fc.assert(fc.property(vectors, (all) => expectClose(crowdingDistances(all), naiveDistances(all))));
  });

  it('gives the ends of every cost Infinity and no member less than 0', () => {
    fc.assert(
      fc.property(vectors, (all) => {
        const distances = crowdingDistances(all);
        expect(distances.every((distance) => distance >= 0)).toBe(true);
        for (let cost = 0; cost < (all[0]?.length ?? 0); cost++) {
          const values = all.map((vector) => vector[cost] ?? 0);
          for (const end of [Math.min(...values), Math.max(...values)]) {
            const there = distances.filter((_, i) => values[i] === end);
            expect(there).toContain(Number.POSITIVE_INFINITY);
          }
        }
      }),
    );
  });
});

/** Fronts by their definition. */
function peeled(all: readonly CostVector[]): readonly (readonly number[])[] {
  const fronts: number[][] = [];
  let left = [...all.keys()];
  while (left.length > 0) {
    const front = left.filter((i) => !left.some((j) => dominates(all[j] ?? [], all[i] ?? [])));
    fronts.push(front);
    left = left.filter((i) => !front.includes(i));
  }
  return fronts;
}

/** Neighbours by their definition: the nearest of those that come before, and of those that come after. */
function naiveDistances(all: readonly CostVector[]): readonly number[] {
  return all.map((vector, i) => {
    let sum = 0;
    for (const [cost, value] of vector.entries()) {
      const values = all.map((other) => other[cost] ?? 0);
      const before = values.filter((other, j) => other < value || (other === value && j < i));
      const after = values.filter((other, j) => other > value || (other === value && j > i));
      if (before.length === 0 || after.length === 0) return Number.POSITIVE_INFINITY;
      const range = Math.max(...values) - Math.min(...values);
      if (range > 0) sum += (Math.min(...after) - Math.max(...before)) / range;
    }
    return sum;
  });
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, distance] of actual.entries()) {
    if (Number.isFinite(expected[i])) expect(distance).toBeCloseTo(expected[i] ?? 0, 12);
    else expect(distance).toBe(expected[i]);
  }
}
