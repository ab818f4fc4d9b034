import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapCancelling, mapConcurrently } from './concurrency.ts';

const items = Array.from({ length: 40 }, (_, i) => i);

describe('mapConcurrently', () => {
  it('keeps the order of the items and bounds the calls under way', async () => {
    let underWay = 0;
    let most = 0;
    const doubled = await mapConcurrently(items, async (item) => {
      most = Math.max(most, ++underWay);
      await wait(item % 3);
      underWay--;
      return item * 2;
    });
    expect(doubled).toEqual(items.map((item) => item * 2));
    expect(most).toBe(4);
  });

  it('throws the failure of the first item in order, though another failed before, and starts no more', async () => {
    const started: number[] = [];
    const mapped = mapConcurrently(items, async (item) => {
      started.push(item);
      await wait(item === 5 ? 30 : 1);
      if (item === 5 || item === 6) throw new Error(`item ${item}`);
    });
    await expect(mapped).rejects.toThrow('item 5');
    expect(Math.max(...started)).toBeLessThan(20);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    let done = 0;
    const mapped = mapConcurrently(items, async () => {}, {
      signal: controller.signal,
      onDone: () => {
        if (++done === 8) controller.abort();
      },
    });
    await expect(mapped).rejects.toMatchObject({ name: 'AbortError' });
    expect(done).toBeLessThan(20);
  });
});

describe('mapCancelling', () => {
  it('starts in order, runs at most the given number at once, and returns results in order', async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const results = await mapCancelling(
      [5, 1, 4, 2],
      2,
      async (item) => {
        begun.push(item);
        most = Math.max(most, ++running);
        await wait(item);
        running--;
        return item * 10;
      },
      undefined,
    );
    expect({ begun, most, results }).toEqual({ begun: [5, 1, 4, 2], most: 2, results: [50, 10, 40, 20] });
    expect(await mapCancelling([], 2, async () => 1, undefined)).toEqual([]);
  });

  it('cancels what is under way when one fails, begins nothing more, and then rejects', async () => {
    const begun: number[] = [];
    let cancelled = false;
    const all = mapCancelling(
      [1, 2, 3],
      2,
      async (item, signal) => {
        begun.push(item);
        if (item === 1) throw new Error('the first');
        await wait(60_000, undefined, { signal }).catch(() => {
          cancelled = true;
        });
      },
      undefined,
    );
    await expect(all).rejects.toThrow('the first');
    expect({ begun, cancelled }).toEqual({ begun: [1, 2], cancelled: true });
  });
});
