import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planAt, roundEnd, roundsOf } from './rounds.ts';

const ALONE = { replicas: 1, roundSteps: undefined, finalSteps: undefined, finalEpochs: 2.5 };

describe('roundsOf', () => {
  it('leaves one replica in one piece, unless its length may change', () => {
    expect(roundsOf(ALONE, 10, 1e8, false)).toBeUndefined();
    expect(roundsOf(ALONE, 10, 1e8, true)?.plan).toEqual([{ at: 0, total: 25 }]);
  });

  it('makes rounds of as much work whatever the network, as many steps for each replica', () => {
    const lengthOf = (workPerStep: number) => roundsOf({ ...ALONE, replicas: 3 }, 10, workPerStep, false)?.length ?? 0;
    expect(lengthOf(1e8) % 3).toBe(0);
    expect(lengthOf(1e8)).toBe(10 * lengthOf(1e9));
    expect(lengthOf(1e15)).toBe(3 * 8);
  });

  it('takes the length that is given, rounded to whole steps of each replica', () => {
    const lengthOf = (roundSteps: number) => roundsOf({ ...ALONE, replicas: 2, roundSteps }, 10, 1e8, false)?.length;
    expect([1, 2, 5, 8].map(lengthOf)).toEqual([2, 2, 6, 8]);
  });

  it('begins with short ones where nothing but the time to adjust the length depends on them', () => {
    const long = { ...ALONE, finalEpochs: 100 };
    expect(roundsOf(long, 80, 1e8, true)).toMatchObject({ length: 800, first: 100 });
    expect(roundsOf(ALONE, 10, 1e8, true)).toMatchObject({ length: 8, first: 8 });
    for (const averaged of [
      roundsOf({ ...long, replicas: 2 }, 80, 1e8, true),
      roundsOf({ ...long, roundSteps: 50 }, 80, 1e8, true),
    ]) {
      expect(averaged?.first).toBe(averaged?.length);
    }
  });
});

describe('roundEnd', () => {
  it('cuts a training into rounds, none of them much shorter or longer than asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 200 }), (total, length) => {
        const ends: number[] = [];
        for (let from = 0; from < total; from = ends.at(-1) ?? total)
          ends.push(roundEnd(from, total, { length, first: length }));
        expect(ends.at(-1)).toBe(total);
        const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
        expect(Math.max(...lengths)).toBeLessThanOrEqual(1.5 * length);
        if (total > length) expect(Math.min(...lengths)).toBeGreaterThanOrEqual(length / 2);
      }),
    );
  });

  it('doubles what is done until a round is long enough', () => {
    const endsOf = (total: number): readonly number[] => {
      const ends = [0];
      while ((ends.at(-1) ?? total) < total) ends.push(roundEnd(ends.at(-1) ?? 0, total, { length: 80, first: 10 }));
      return ends.slice(1);
    };
    expect(endsOf(300)).toEqual([10, 20, 40, 80, 160, 240, 300]);
    expect(endsOf(15)).toEqual([15]);
  });
});

describe('planAt', () => {
  it('knows what was decided by then', () => {
    const plan = [
      { at: 0, total: 9 },
      { at: 3, total: 8 },
      { at: 6, total: 9 },
    ] as const;
    expect([0, 2, 3, 5, 8].map((step) => planAt(plan, step).length)).toEqual([1, 1, 2, 2, 3]);
  });
});
