import { describe, expect, it } from 'vitest';
import { fitnessOfChosen, logDeterminant, spearman } from './rank.mjs';

describe('spearman', () => {
  it('is 1 for the same order, −1 for the opposite one, whatever the distances', () => {
    expect(spearman([1, 2, 30, 400], [0.1, 0.2, 0.3, 0.4])).toBeCloseTo(1);
    expect(spearman([4, 3, 2], [1, 20, 300])).toBeCloseTo(-1);
  });

  it('gives equal values their mean rank', () => {
    // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4])
    expect(spearman([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(0.948683, 5);
  });
});

describe('fitnessOfChosen', () => {
  it('is the mean of the better-scored of all pairs', () => {
    // Pairs by score: (1, 2) → 0.5, (1, 3) → 0.4, (2, 3) → 0.4.
    expect(fitnessOfChosen([1, 2, 3], [0.9, 0.5, 0.4], 2)).toBeCloseTo(1.3 / 3);
  });

  it('is the mean of all if there is no choice', () => {
    expect(fitnessOfChosen([3, 1, 2], [0.3, 0.1, 0.2], 1)).toBeCloseTo(0.2);
  });
});

describe('logDeterminant', () => {
  it('is the logarithm of the absolute determinant', () => {
    expect(
      logDeterminant([
        [0, 2],
        [3, 1],
      ]),
    ).toBeCloseTo(Math.log(6));
    expect(
      logDeterminant([
        [1, 2],
        [2, 4],
      ]),
    ).toBe(Number.NEGATIVE_INFINITY);
  });
});
