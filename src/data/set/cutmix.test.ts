import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { createAugmenter } from './augment.ts';
import { type ImageShape, imageSizeOf } from './dataset.ts';

const SHAPE: ImageShape = { channels: 2, height: 5, width: 7 };
const SIZE = imageSizeOf(SHAPE);
const AREA = SHAPE.height * SHAPE.width;
const COUNT = 64;
const NUMBERS = Int32Array.from({ length: COUNT }, (_, i) => i);

/** A batch whose images are each of one value, which is their label. */
function mixed(cutmix: number, seed: number) {
  const pixels = Uint8Array.from({ length: COUNT * SIZE }, (_, i) => Math.floor(i / SIZE));
  const labels = NUMBERS.slice();
  createAugmenter({ cutmix }, SHAPE, COUNT, createRng('examples'))?.augment(
    pixels,
    labels,
    NUMBERS,
    1,
    createRng(seed),
  );
  return Array.from(NUMBERS, (i) => ({
    number: i,
    next: (i + 1) % COUNT,
    image: pixels.subarray(i * SIZE, (i + 1) * SIZE),
    label: labels[i] ?? 0,
  }));
}

describe('CutMix', () => {
  it('puts a rectangle of the next image into each, in all channels alike', () => {
    for (const { number, next, image } of mixed(1, 1)) {
      const places = [...image.keys()].filter((place) => image[place] !== number);
      expect(places.every((place) => image[place] === next)).toBe(true);
      expect(places.filter((place) => place >= AREA)).toEqual(
        places.filter((place) => place < AREA).map((place) => place + AREA),
      );
      const [ys, xs] = [places.map((place) => Math.floor(place / 7) % 5), places.map((place) => place % 7)];
      const sides = new Set(ys).size * new Set(xs).size;
      expect(places).toHaveLength(sides * SHAPE.channels);
      if (places.length === 0) continue;
      expect(Math.max(...ys) - Math.min(...ys) + 1).toBe(new Set(ys).size);
      expect(Math.max(...xs) - Math.min(...xs) + 1).toBe(new Set(xs).size);
    }
  });

  it('gives the label of the next image in proportion to the area, and leaves the others their own', () => {
    const all = Array.from({ length: 100 }, (_, seed) => mixed(1, seed)).flat();
    expect(all.every(({ label, number, next }) => label === number || label === next)).toBe(true);
    const parts = all.map(({ image, number }) => image.filter((value) => value !== number).length / SIZE);
    // In each band of areas, as many labels have changed as the areas say; five standard errors are allowed.
    for (const [from, to] of [
      [0, 0.25],
      [0.25, 0.5],
      [0.5, 1],
    ] as const) {
      const band = all.flatMap(({ label, next }, i) => {
        const part = parts[i] ?? 0;
        return part > from && part <= to ? [{ part, changed: label === next ? 1 : 0 }] : [];
      });
      const expected = band.reduce((sum, { part }) => sum + part, 0);
      const variance = band.reduce((sum, { part }) => sum + part * (1 - part), 0);
      const changed = band.reduce((sum, { changed }) => sum + changed, 0);
      expect(band.length).toBeGreaterThan(300);
      expect(Math.abs(changed - expected)).toBeLessThan(5 * Math.sqrt(variance));
    }
    const unmixed = all.filter((_, i) => parts[i] === 0);
    expect(unmixed.every(({ label, number }) => label === number)).toBe(true);
  });

  it('mixes the share of the images that was asked for', () => {
    const all = Array.from({ length: 50 }, (_, seed) => mixed(0.25, seed)).flat();
    const changed = all.filter(({ image, number }) => image.some((value) => value !== number)).length;
    // A few rectangles are smaller than a pixel.
    expect(changed / all.length).toBeGreaterThan(0.2);
    expect(changed / all.length).toBeLessThan(0.27);
  });

  it('leaves a batch of one image as it is', () => {
    const pixels = Uint8Array.from({ length: SIZE }, (_, i) => i);
    const labels = Int32Array.of(3);
    const augmenter = createAugmenter({ cutmix: 1 }, SHAPE, 1, createRng('examples'));
    augmenter?.augment(pixels, labels, Int32Array.of(0), 1, createRng(1));
    expect([...pixels, ...labels]).toEqual([...Array(SIZE).keys(), 3]);
  });
});
