import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histogramOf } from './tensor-histogram.ts';

const elements = fc.float32Array({ minLength: 1, maxLength: 200, noNaN: true, noDefaultInfinity: true });

describe('histogramOf', () => {
  it('counts every element between the limit of the bucket before and its own', () => {
    fc.assert(
      fc.property(elements, (values) => {
        const { min, max, count, sum, sumOfSquares, limits, counts } = histogramOf(values) ?? fail();
        const sorted = [...values].sort((a, b) => a - b);
        expect([min, max, count]).toEqual([sorted[0], sorted.at(-1), values.length]);
        const squares = sorted.reduce((total, value) => total + value ** 2, 0);
        expect(sumOfSquares / (squares || 1)).toBeCloseTo(squares === 0 ? 0 : 1, 9);
        const magnitude = sorted.reduce((total, value) => total + Math.abs(value), 0);
        expect(Math.abs(sum - sorted.reduce((total, value) => total + value, 0))).toBeLessThanOrEqual(
          1e-12 * magnitude,
        );
        expect(counts.reduce((a, b) => a + b)).toBe(values.length);
        expect(limits).toHaveLength(counts.length);
        expect(limits.at(-1)).toBe(max);
        // Rounding may put an element that lies on a limit on either side of it.
        const tolerance = (max - min) * 1e-9;
        let below = 0;
        for (const [i, limit] of limits.entries()) {
          below += counts[i] ?? 0;
          expect(below).toBeGreaterThanOrEqual(sorted.filter((value) => value < limit - tolerance).length);
          expect(below).toBeLessThanOrEqual(sorted.filter((value) => value <= limit + tolerance).length);
        }
      }),
    );
  });

  it('has 30 buckets of equal width', () => {
    const { limits, counts } = histogramOf(Float32Array.from({ length: 300 }, (_, i) => i)) ?? fail();
    expect(counts).toEqual(new Float64Array(30).fill(10));
    expect(limits[0]).toBeCloseTo(299 / 30, 12);
  });

  it('has one bucket if all elements are equal', () => {
    expect(histogramOf(new Float32Array(7))).toEqual({
      min: 0,
      max: 0,
      count: 7,
      sum: 0,
      sumOfSquares: 0,
      limits: new Float64Array([0]),
      counts: new Float64Array([7]),
    });
  });

  it('ignores values that are not finite', () => {
    const values = Float32Array.from([1, Number.NaN, 2, Number.POSITIVE_INFINITY]);
    expect(histogramOf(values)).toMatchObject({ min: 1, max: 2, count: 2, sum: 3, sumOfSquares: 5 });
    expect(histogramOf(Float32Array.from([Number.NaN]))).toBeUndefined();
    expect(histogramOf(new Float32Array())).toBeUndefined();
  });
});

function fail(): never {
  throw new Error('no histogram');
}
