import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalLabel } from './canonical-label.ts';

describe('canonicalLabel', () => {
  it.each([
    ['0', '0'],
    ['0.0', '0'],
    [' 7. ', '7'],
    ['-0.0', '0'],
    ['-0', '0'],
    ['-1.00', '-1'],
    ['1.000000000000000000e+01', '10'],
    ['0.5', '0.5'],
    ['007', '007'],
    ['1e3', '1e3'],
    ['1.0.0', '1.0.0'],
    ['99999999999999999999.0', '99999999999999999999.0'],
    ['\u00a0cat \r', 'cat'],
    ['cafe\u0301', 'caf\u00e9'],
  ])('writes %j as %j', (text, label) => {
    expect(canonicalLabel(text)).toBe(label);
  });

  it('gives every whole number one name, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(6), (value, places) => {
        const name = String(value + 0);
        expect(canonicalLabel(`${name}.${'0'.repeat(places)}`)).toBe(name);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.double().map(String)), (text) => {
        expect(canonicalLabel(canonicalLabel(text))).toBe(canonicalLabel(text));
      }),
    );
  });
});
