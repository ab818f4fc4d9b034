import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapConcurrently } from './concurrency.ts';

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
