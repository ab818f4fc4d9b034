import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerPower, power } from './power.ts';

const UNIT = 2 ** -53;

describe('integerPower', () => {
  it('is exact for powers of two and for powers of ten up to 10²²', () => {
    for (let exponent = -1023; exponent < 1024; exponent++) expect(integerPower(2, exponent)).toBe(2 ** exponent);
    for (let exponent = 0; exponent <= 22; exponent++) expect(integerPower(10, exponent)).toBe(Number(`1e${exponent}`));
    for (const factor of [0, -1, 0.3]) {
      expect(integerPower(factor, 0)).toBe(1);
      expect(integerPower(factor, 1)).toBe(factor);
    }
    expect(integerPower(-3, 3)).toBe(-27);
    expect(integerPower(0, 5)).toBe(0);
  });

  it('has the error that it says, against powers of whole numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2 ** 20 }), fc.integer({ min: 1, max: 50 }), (base, exponent) => {
        const exact = BigInt(base) ** BigInt(exponent);
        const error = Number(((BigInt(integerPower(base, exponent)) - exact) * 2n ** 80n) / exact) / 2 ** 80;
        expect(Math.abs(error)).toBeLessThanOrEqual((exponent - 1) * UNIT * (1 + 1e-9));
      }),
    );
  });

  it('gives these bits for the decay rates of Adam', () => {
    expect([10, 1000, 100_000].map((step) => integerPower(0.999, step))).toEqual([
      0.9900448802097483, 0.36769542477096695, 3.538527688346282e-44,
    ]);
    expect([10, 1000].map((step) => integerPower(0.9, step))).toEqual([0.34867844010000015, 1.7478712517227353e-46]);
  });

  it('refuses a broken exponent', () => {
    expect(() => integerPower(2, 0.5)).toThrow('the exponent must be an integer, received 0.5');
    expect(() => integerPower(2, Number.NaN)).toThrow('received NaN');
  });
});

describe('power', () => {
  it('agrees with the platform for any exponent', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
        fc.double({ min: -12, max: 12, noNaN: true }),
        (base, exponent) => {
          const expected = base ** exponent;
          expect(Math.abs(power(base, exponent) / expected - 1)).toBeLessThan((Math.abs(exponent) + 62) * UNIT);
        },
      ),
    );
  });

  it('is the square root at one half, and the whole power at whole exponents', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e100, noNaN: true }), fc.integer({ min: -3, max: 3 }), (base, whole) => {
        expect(power(base, 0.5)).toBe(Math.sqrt(base));
        expect(power(base, whole)).toBe(integerPower(base, whole));
      }),
    );
  });

  it('refuses what has no power', () => {
    expect(() => power(-1, 0.5)).toThrow('the base must be finite and not negative, received -1');
    expect(() => power(Number.POSITIVE_INFINITY, 0.5)).toThrow('received Infinity');
    expect(() => power(2, Number.NaN)).toThrow('received NaN');
  });
});
