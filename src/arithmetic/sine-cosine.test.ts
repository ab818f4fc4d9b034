import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosineOf, errorOf, sineOf } from '../../test/support/fixed-point.ts';
import { cosine, sine } from './sine-cosine.ts';

const angle = fc.oneof(
  fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
  fc.double({ min: -30, max: 30, noNaN: true }),
  fc.integer({ min: -20, max: 20 }).map((quarter) => quarter * (Math.PI / 4)),
  fc.integer({ min: 1, max: 300 }).map((exponent) => 2 ** -exponent),
);

describe('sine and cosine', () => {
  it('are as near to the exact values as they say', () => {
    fc.assert(
      fc.property(angle, (x) => {
        expect(errorOf(cosine(x), cosineOf(x))).toBeLessThan(1.2e-16);
        expect(errorOf(sine(x), sineOf(x))).toBeLessThan(1.2e-16);
      }),
      { numRuns: 1000 },
    );
  });

  it('agree with the platform up to large angles', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (x) => {
        expect(Math.abs(cosine(x) - Math.cos(x))).toBeLessThan(3e-16);
        expect(Math.abs(sine(x) - Math.sin(x))).toBeLessThan(3e-16);
      }),
      { numRuns: 1000 },
    );
  });

  it('hit the ends of a schedule exactly, and are even and odd', () => {
    expect([cosine(0), cosine(Math.PI), sine(0), sine(Math.PI / 2)]).toEqual([1, -1, 0, 1]);
    fc.assert(
      fc.property(angle, (x) => {
        expect(cosine(-x)).toBe(cosine(x));
        expect(sine(-x) + sine(x)).toBe(0);
      }),
    );
  });

  it('refuse angles for which they know too few digits of π', () => {
    for (const far of [1.1e6, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(() => cosine(far)).toThrow(`an angle must be from −1000000 to 1000000 radians, received ${far}`);
      expect(() => sine(far)).toThrow(RangeError);
    }
  });
});
