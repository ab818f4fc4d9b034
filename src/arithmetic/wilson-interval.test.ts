import { expect, it } from 'vitest';
import { wilsonInterval } from './wilson-interval.ts';

it('ends where the observed share is 1.644854 standard deviations off', () => {
  for (const [right, count] of [
    [81, 263],
    [9912, 10_000],
    [15, 20],
    [1, 2],
  ] as const) {
    const share = right / count;
    for (const end of wilsonInterval(share, count)) {
      expect(Math.abs(share - end)).toBeCloseTo(1.644854 * Math.sqrt((end * (1 - end)) / count), 12);
    }
  }
});

it('stays within 0 and 1, and says little where little was seen', () => {
  expect(wilsonInterval(1, 20)[1]).toBe(1);
  expect(wilsonInterval(0, 20)[0]).toBe(0);
  expect(wilsonInterval(0, 20)[1]).toBeCloseTo(0.1192, 4);
});
