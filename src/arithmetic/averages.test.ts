import { describe, expect, it } from 'vitest';
import { mean, median } from './averages.ts';

describe('averages', () => {
  it.each([
    [[3, 1, 2], 2, 2],
    [[1, 2, 3, 10], 2.5, 4],
    [[0.1], 0.1, 0.1],
    [[], Number.NaN, Number.NaN],
  ])('of %j have the median %d and the mean %d', (values, middle, average) => {
    expect([median(values), mean(values)]).toEqual([middle, average]);
  });
});
