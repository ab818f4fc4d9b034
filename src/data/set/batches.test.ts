import { describe, expect, it } from 'vitest';
import { randomExamples } from '../../../test/support/data-fixtures.ts';
import { createRng } from '../../random/rng.ts';
import { epochOrder, gatherBatch } from './batches.ts';

describe('epochOrder', () => {
  it('gives a permutation and leaves its argument alone', () => {
    const indices = Int32Array.from({ length: 100 }, (_, i) => i * 3);
    const order = epochOrder(indices, createRng(1));
    expect([...order]).not.toEqual([...indices]);
    expect([...order].sort((a, b) => a - b)).toEqual([...indices]);
    expect(indices[1]).toBe(3);
  });
});

describe('gatherBatch', () => {
  it('copies the chosen examples to the start of the buffers and leaves the rest alone', () => {
    const shape = { channels: 1, height: 2, width: 2 };
    const examples = randomExamples(6, shape, 3);
    const pixels = new Uint8Array(12).fill(7);
    const labels = new Int32Array(3).fill(-1);
    gatherBatch(examples, 4, Int32Array.of(0, 5, 2, 1), 1, 2, pixels, labels);
    expect([...pixels]).toEqual([...examples.pixels.slice(20, 24), ...examples.pixels.slice(8, 12), 7, 7, 7, 7]);
    expect([...labels]).toEqual([2, 2, -1]);
  });

  it('asks for images that are in a file in the order in which they lie there', () => {
    const asked: number[] = [];
    const pixels = { read: (index: number, target: Uint8Array) => target.fill(asked.push(index) && 10 * index) };
    const batch = new Uint8Array(6);
    gatherBatch(
      { count: 9, pixels, labels: new Int32Array(9) },
      2,
      Int32Array.of(7, 8, 1, 4),
      1,
      3,
      batch,
      new Int32Array(3),
    );
    expect(asked).toEqual([1, 4, 8]);
    expect([...batch]).toEqual([80, 80, 10, 10, 40, 40]);
  });
});
