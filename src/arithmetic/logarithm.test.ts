import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorOf, exponentialOf, toFixedPoint } from '../../test/support/fixed-point.ts';
import { naturalLogarithm } from './logarithm.ts';

/** Of all magnitudes that a series still reaches, and close to 1, from where a logarithm loses digits. */
const number = fc.oneof(
  fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
  fc.double({ min: 0.5, max: 2, noNaN: true }),
  fc
    .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 1, max: 52 }))
    .map(([x, e]) => 1 + x * 2 ** -e),
  fc.integer({ min: 1, max: 2 ** 24 }).map((share) => share / 2 ** 24),
);

describe('naturalLogarithm', () => {
  it('is within a unit in the last place of the exact value', () => {
    fc.assert(
      fc.property(number, (x) => {
        const logarithm = naturalLogarithm(x);
        // With y = ln x + e, eʸ / x = 1 + e, nearly.
        const ratio = (exponentialOf(logarithm) << 400n) / toFixedPoint(x);
        expect(errorOf(1, ratio)).toBeLessThanOrEqual(unitInLastPlace(logarithm));
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with the platform from the smallest number to the largest', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }), (x) => {
        const expected = Math.log(x);
        expect(Math.abs(naturalLogarithm(x) - expected)).toBeLessThanOrEqual(2 * unitInLastPlace(expected));
      }),
      { numRuns: 1000 },
    );
    expect(naturalLogarithm(Number.MIN_VALUE)).toBe(-744.4400719213812);
  });

  it('has values everywhere, as the platform has', () => {
    for (const x of [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(naturalLogarithm(x)).toBe(Math.log(x));
    }
  });
});

function unitInLastPlace(value: number): number {
  let unit = 2 ** -1074;
  while (unit * 2 ** 53 <= Math.abs(value)) unit *= 2;
  return unit;
}
