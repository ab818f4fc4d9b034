import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBudget, parseBudget, requireBudget } from './budget-text.ts';

describe('a budget', () => {
  it.each([
    ['90s', { seconds: 90 }],
    ['5m', { seconds: 300 }],
    ['1.5h', { seconds: 5400 }],
    ['2e15flops', { flops: 2e15 }],
    ['3E12 FLOPs', { flops: 3e12 }],
    ['.5m', { seconds: 30 }],
  ])('can be %s', (text, budget) => {
    expect(parseBudget(text)).toEqual(budget);
  });

  it.each(['5', '-3m', '0s', '0flops', '2e15', '', 'm', '5 minutes', '1h30m', 'NaNs', '1e999flops', 5, undefined])(
    'cannot be %j',
    (text) => {
      expect(() => requireBudget(text, '--budget')).toThrow(
        /^--budget must be a time or an amount of computing with its unit, such as 90s, 5m, 1h or 2e15flops, received /,
      );
    },
  );

  it('is written with the largest unit that keeps it whole', () => {
    expect([90, 300, 7200, 0.5].map((seconds) => formatBudget({ seconds }))).toEqual(['90s', '5m', '2h', '0.5s']);
  });

  it('is read as it was written', () => {
    const amount = fc.integer({ min: 1, max: 1e9 }).map((value) => value / 8);
    fc.assert(
      fc.property(
        fc.oneof(fc.record({ seconds: amount }), fc.record({ flops: fc.double({ min: 1, max: 1e30, noNaN: true }) })),
        (budget) => {
          expect(parseBudget(formatBudget(budget))).toEqual(budget);
        },
      ),
    );
  });
});
