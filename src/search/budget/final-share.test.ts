import { describe, expect, it } from 'vitest';
import { finalShare, finalThreads } from './final-share.ts';

describe('the final training', () => {
  it.each([
    // One training has all threads.
    ['blocked-16', 1, 1, 1, 1, 1],
    ['blocked-16', 1, 1, 2, 2, 5 / 7],
    ['blocked-8', 1, 1, 4, 4, 5 / 11],
    ['blocked-8', 1, 1, 16, 4, 5 / 44],
    // In plain graphs each has one.
    ['plain', 1, 1, 4, 1, 0.25],
    ['plain', 4, 1, 4, 1, 1],
    // Replicas and repeats share them.
    ['blocked-16', 2, 1, 2, 1, 1],
    ['blocked-16', 2, 1, 8, 4, 5 / 11],
    ['blocked-16', 1, 2, 2, 1, 1],
    ['blocked-16', 1, 3, 2, 1, 1],
    ['blocked-16', 1, 2, 6, 3, 5 / 9],
    ['blocked-16', 2, 5, 3, 1, 1],
    // More replicas than workers take turns.
    ['blocked-16', 4, 1, 2, 1, 1],
  ] as const)(
    'in %s graphs, with %i replicas and %i repeats on %i workers, has %i threads and a share of %d',
    (lowering, replicas, repeats, workers, threads, share) => {
      expect(finalThreads({ lowering, replicas, repeats, ensemble: 1 }, workers)).toBe(threads);
      expect(finalShare({ lowering, replicas, repeats, ensemble: 1 }, workers)).toBeCloseTo(share, 12);
      const members = { lowering, replicas, repeats: 1, ensemble: repeats };
      expect(finalShare(members, workers)).toBeCloseTo(share, 12);
    },
  );
});
