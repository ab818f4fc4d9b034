import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCodePoints, sortClassNames } from './class-names.ts';

describe('sortClassNames', () => {
  it('sorts integers by number', () => {
    expect(sortClassNames(['10', '9', '-1', '0', '9'])).toEqual(['-1', '0', '9', '10']);
  });

  it('sorts words by code point, whatever the language', () => {
    expect(sortClassNames(['zebra', 'Ähre', 'apple', 'Zoo', '10', '9'])).toEqual([
      '10',
      '9',
      'Zoo',
      'apple',
      'zebra',
      'Ähre',
    ]);
  });
});

describe('compareCodePoints', () => {
  it('agrees with the order of UTF-8 bytes', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uff5e', '\u{1f408}', '\u{10ffff}'),
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareCodePoints(a, b))).toBe(expected);
      }),
    );
  });
});
