import { describe, expect, it } from 'vitest';
import { naive } from '../../../test/support/naive-operators.ts';
import { createRng } from '../../random/rng.ts';
import type { Examples, ImageShape } from './dataset.ts';
import { channelStatistics } from './statistics.ts';
import { whiteningFilters } from './whitening.ts';

/** Images whose neighbouring pixels are alike, and whose channels are, too. */
function smoothImages(count: number, { channels, height, width }: ImageShape): Examples {
  const rng = createRng('smooth');
  const size = channels * height * width;
  const pixels = new Uint8Array(count * size);
  for (let image = 0; image < count; image++) {
    const [x0, y0, slope] = [rng.uniform() * width, rng.uniform() * height, 4 + 20 * rng.uniform()];
    for (let i = 0; i < size; i++) {
      const [channel, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
      const value = 128 + slope * (x - x0) - slope * (y - y0) + 15 * channel + rng.integer(0, 30);
      pixels[image * size + i] = Math.max(0, Math.min(255, value));
    }
  }
  return { count, pixels, labels: new Int32Array(count) };
}

describe('whiteningFilters', () => {
  it.each([
    [1, 8],
    [3, 24],
  ])('make the feature maps of images with %d channels uncorrelated, of variance 1', (channels, filters) => {
    const shape = { channels, height: 12, width: 11 };
    const examples = smoothImages(30, shape);
    const indices = Int32Array.from(examples.labels.keys());
    const statistics = channelStatistics(examples, indices, shape);
    const weights = whiteningFilters(examples, indices, shape, statistics, filters);
    expect(weights.map(({ length }) => length)).toEqual(Array(filters).fill(9 * channels));
    expect(weights.flat().every((x) => Object.is(x, Math.fround(x)))).toBe(true);

    // By the reference operators of the tests, over all pixels of all images.
    const image = { shape: [examples.count, channels, 12, 11], data: Float64Array.from(examples.pixels as Uint8Array) };
    const [normalised] = naive('normalise', [image], statistics);
    const [maps] = naive('whiten', [normalised as never], { filters: weights });
    const plane = 12 * 11;
    const map = (filter: number) =>
      (maps?.data ?? new Float64Array()).filter((_, i) => Math.floor(i / plane) % filters === filter);
    const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0) / a.length;
    // A sign each.
    const directions = Array.from({ length: filters / 2 }, (_, i) => map(2 * i));
    for (const [i, a] of directions.entries()) {
      expect(map(2 * i + 1)).toEqual(a.map((x) => -x));
      for (const [j, b] of directions.entries()) {
        expect(Math.abs(product(a, b) - (i === j ? 1 : 0))).toBeLessThan(0.12);
      }
    }
  });

  it('depend on the given examples only', () => {
    const shape = { channels: 1, height: 9, width: 9 };
    const examples = smoothImages(40, shape);
    const filtersOf = (indices: readonly number[]) =>
      whiteningFilters(examples, indices, shape, channelStatistics(examples, indices, shape), 8);
    expect(filtersOf([1, 2, 3])).toEqual(filtersOf([1, 2, 3]));
    expect(filtersOf([1, 2, 3])).not.toEqual(filtersOf([1, 2, 4]));
  });

  it.each([
    ['one pixel', { channels: 3, height: 1, width: 1 }],
    ['nothing but black', { channels: 1, height: 6, width: 6 }],
  ])('are finite numbers for images of %s', (_, shape) => {
    const pixels = new Uint8Array(4 * shape.channels * shape.height * shape.width);
    const examples = { count: 4, pixels, labels: new Int32Array(4) };
    const statistics = channelStatistics(examples, [0, 1, 2, 3], shape);
    const filters = whiteningFilters(examples, [0, 1, 2, 3], shape, statistics, 8 * shape.channels);
    expect(filters.flat().every(Number.isFinite)).toBe(true);
  });
});
