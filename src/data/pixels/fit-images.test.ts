import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../../test/support/data-fixtures.ts';
import type { Examples } from '../set/dataset.ts';
import { fitImages } from './fit-images.ts';

const plain = (...greys: number[]): Examples => ({
  count: greys.length,
  pixels: Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey, grey])),
  labels: Int32Array.from(greys.keys()),
});
const parts = {
  name: 'greys',
  shape: { channels: 1, height: 2, width: 2 },
  classes: ['a', 'b'],
  train: plain(10, 20),
  notes: [],
};
const greysOf = (examples: Examples | undefined) => examples && [...pixelsOf(examples)].filter((_, i) => i % 9 === 0);

describe('fitImages', () => {
  it('brings every part to the size asked for, and keeps each with its labels', async () => {
    const options = { size: { height: 3, width: 3 } };
    const fitted = await fitImages({ ...parts, validation: plain(30, 40, 50), test: plain(60) }, options);
    expect([fitted.train, fitted.validation, fitted.test].map(greysOf)).toEqual([[10, 20], [30, 40, 50], [60]]);
    expect(fitted.validation?.labels).toEqual(Int32Array.of(0, 1, 2));
    const untested = await fitImages({ ...parts, validation: plain(30) }, options);
    expect([untested.validation, untested.test].map(greysOf)).toEqual([[30], undefined]);
  });
});
