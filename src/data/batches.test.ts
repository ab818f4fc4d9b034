import { describe, expect, it } from 'vitest';
import { randomExamples } from '../../test/support/data-fixtures.ts';
import { createRng } from '../random/rng.ts';
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
});
