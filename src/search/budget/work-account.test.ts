import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkAccount } from './work-account.ts';

describe('an account of work', () => {
  it('admits genomes up to the first that does not fit', () => {
    const account = new WorkAccount(10);
    expect([account.admit('a', 4), account.admit('b', 6), account.admit('c', 0.1)]).toEqual([true, true, false]);
    expect(account.spent).toBe(10);
    expect(account.has('c')).toBe(false);
  });

  it('takes nothing for a genome that was asked before', () => {
    const account = new WorkAccount(10);
    account.admit('a', 8);
    expect(account.admit('a', 8)).toBe(true);
    expect(account.spent).toBe(8);
  });

  it('ends where nothing new comes, if there is a limit', () => {
    const asked = Array.from({ length: 5000 }, () => 'a');
    const [limited, endless] = [new WorkAccount(10), new WorkAccount(undefined)];
    expect(asked.every((id) => limited.admit(id, 1))).toBe(false);
    expect(asked.every((id) => endless.admit(id, 1))).toBe(true);
  });

  it('ends at the same genome again with the limit that an early end gives', () => {
    const works = fc.array(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(works, fc.nat(), (list, choice) => {
        const ids = list.map((_, index) => String(index));
        const end = choice % list.length;
        const account = new WorkAccount(Number.MAX_VALUE);
        for (const id of ids) account.admit(id, list[Number(id)] ?? 0);
        const again = new WorkAccount(account.endBefore(String(end)));
        const admitted = ids.filter((id) => again.admit(id, list[Number(id)] ?? 0) || ids.indexOf(id) > end);
        expect(admitted.filter((id) => Number(id) <= end)).toHaveLength(end);
        expect(ids.filter((id) => account.has(id))).toHaveLength(end);
        expect(again.spent).toBe(account.spent);
      }),
    );
  });

  it('lets refunds pay for later genomes, but never wholly', () => {
    const account = new WorkAccount(100);
    account.admit('a', 60);
    account.refund(50);
    expect(account.spent).toBe(10);
    expect([account.admit('b', 60), account.admit('c', 31), account.admit('d', 29)]).toEqual([true, false, true]);
    expect(account.spent).toBe(99);
    account.refund(80);
    expect(account.admit('e', 80)).toBe(true);
    // The credit is used up, and 1 % of the last was charged all the same.
    expect(account.admit('f', 2)).toBe(false);
  });

  it('ends at the same genome again where there were refunds', () => {
    const candidates = fc.array(
      fc.tuple(fc.integer({ min: 1e3, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true })),
      {
        minLength: 3,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(candidates, fc.nat(), (list, choice) => {
        const end = choice % list.length;
        const run = (account: WorkAccount): number => {
          for (const [index, [work]] of list.entries()) {
            const [settled, saved] = list[index - 2] ?? [0, 0];
            account.refund(settled * saved);
            if (!account.admit(String(index), work)) return index;
          }
          return list.length;
        };
        const account = new WorkAccount(Number.MAX_VALUE);
        expect(run(account)).toBe(list.length);
        expect(run(new WorkAccount(account.endBefore(String(end))))).toBe(end);
        expect(account.admitted).toBe(end);
      }),
    );
  });
});
