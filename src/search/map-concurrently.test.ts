import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapConcurrently } from './map-concurrently.ts';

describe('mapConcurrently', () => {
  it('begins in order, has no more than so many under way, and gives results in order', async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const results = await mapConcurrently(
      [5, 1, 4, 2],
      2,
      async (item) => {
        begun.push(item);
        most = Math.max(most, ++running);
        await setTimeout(item);
        running--;
        return item * 10;
      },
      undefined,
    );
    expect({ begun, most, results }).toEqual({ begun: [5, 1, 4, 2], most: 2, results: [50, 10, 40, 20] });
    expect(await mapConcurrently([], 2, async () => 1, undefined)).toEqual([]);
  });

  it('cancels what is under way when one fails, begins nothing more, and then rejects', async () => {
    const begun: number[] = [];
    let cancelled = false;
    const all = mapConcurrently(
      [1, 2, 3],
      2,
      async (item, signal) => {
        begun.push(item);
        if (item === 1) throw new Error('the first');
        await setTimeout(60_000, undefined, { signal }).catch(() => {
          cancelled = true;
        });
      },
      undefined,
    );
    await expect(all).rejects.toThrow('the first');
    expect({ begun, cancelled }).toEqual({ begun: [1, 2], cancelled: true });
  });
});
