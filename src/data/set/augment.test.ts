import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { type AugmentationSettings, createAugmenter } from './augment.ts';
import { type ImageShape, imageSizeOf } from './dataset.ts';

const SHAPE: ImageShape = { channels: 2, height: 5, width: 7 };
const SIZE = imageSizeOf(SHAPE);
/** All values distinct and none zero. */
const IMAGE = Uint8Array.from({ length: SIZE }, (_, i) => i + 1);
const at = (image: Uint8Array, c: number, y: number, x: number) =>
  y < 0 || y >= SHAPE.height || x < 0 || x >= SHAPE.width ? 0 : (image[(c * SHAPE.height + y) * SHAPE.width + x] ?? 0);

/** The numbers of the examples of a batch of one. */
const FIRST = Int32Array.of(0);
const LABELS = Int32Array.of(0);

function augmenterOf(settings: AugmentationSettings, shape = SHAPE, examples = 1) {
  return createAugmenter(settings, shape, examples, createRng('examples'));
}

function augment(settings: AugmentationSettings, seed: number | string, image = IMAGE): Uint8Array {
  const batch = Uint8Array.from([...image, ...image]);
  augmenterOf(settings)?.augment(batch, LABELS, FIRST, 1, createRng(seed));
  // Only the images asked for are changed.
  expect(Buffer.compare(batch.subarray(SIZE), image)).toBe(0);
  return batch.subarray(0, SIZE);
}

/** Every pixel of the image that `from` says where to take from. */
function expected(from: (c: number, y: number, x: number) => number): Uint8Array {
  return Uint8Array.from({ length: SIZE }, (_, i) =>
    from(Math.floor(i / 35), Math.floor(i / 7) % SHAPE.height, i % SHAPE.width),
  );
}

describe('createAugmenter', () => {
  it('is nothing where nothing is asked for', () => {
    expect(augmenterOf({})).toBeUndefined();
    expect(augmenterOf({ horizontalFlip: false, padAndCrop: 0, padding: 'reflect' })).toBeUndefined();
  });

  it('pads and crops: shifts all channels alike by at most so many pixels, zeros from outside, every shift alike often', () => {
    const shifts = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx] as const));
    const shifted = shifts.map(([dy, dx]) => expected((c, y, x) => at(IMAGE, c, y - dy, x - dx)));
    const seen = new Map<number, number>();
    for (let seed = 0; seed < 900; seed++) {
      const image = augment({ padAndCrop: 1 }, seed);
      const shift = shifted.findIndex((pixels) => Buffer.compare(image, pixels) === 0);
      expect(shift).toBeGreaterThanOrEqual(0);
      seen.set(shift, (seen.get(shift) ?? 0) + 1);
    }
    const chiSquare = [...seen.values()].reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    expect([seen.size, chiSquare < 26.1]).toEqual([9, true]);
  });

  it('reflects the image at its border where zeros would be, as numpy does', () => {
    // numpy.pad([[1, 2, 3]], 4, 'reflect') has these rows; its middle ones are those of the old size.
    const row: ImageShape = { channels: 1, height: 1, width: 3 };
    const padded = [1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3];
    const crops = Array.from({ length: 9 }, (_, from) => padded.slice(from, from + 3).join());
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const image = Uint8Array.of(1, 2, 3);
      augmenterOf({ padAndCrop: 4, padding: 'reflect' }, row)?.augment(image, LABELS, FIRST, 1, createRng(seed));
      seen.add(image.join());
    }
    expect([...seen].toSorted()).toEqual([...new Set(crops)].toSorted());
    const mirrored = (index: number, length: number) =>
      index < 0 ? -index : Math.min(index, 2 * (length - 1) - index);
    const shifts = [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => [dy, dx] as const));
    const shifted = shifts.map(([dy, dx]) =>
      expected((c, y, x) => at(IMAGE, c, mirrored(y - dy, SHAPE.height), mirrored(x - dx, SHAPE.width))),
    );
    for (let seed = 0; seed < 100; seed++) {
      expect(shifted).toContainEqual(augment({ padAndCrop: 2, padding: 'reflect' }, seed));
    }
  });

  it('flips each image in every other epoch, half of them in the first', () => {
    const examples = 400;
    const augmenter = augmenterOf({ horizontalFlip: 'alternating' }, SHAPE, examples);
    const flippedIn = (epoch: number) =>
      Array.from({ length: examples }, (_, example) => {
        const image = IMAGE.slice();
        augmenter?.augment(image, LABELS, Int32Array.of(example), epoch, createRng(epoch));
        return Buffer.compare(image, IMAGE) !== 0;
      });
    const [first, second, third] = [1, 2, 3].map(flippedIn);
    expect(second).toEqual(first?.map((flipped) => !flipped));
    expect(third).toEqual(first);
    expect(Math.abs((first ?? []).filter(Boolean).length - 200)).toBeLessThan(40);
  });

  it('survives shifts larger than the image', () => {
    for (const padding of ['zeros', 'reflect'] as const) {
      for (let seed = 0; seed < 50; seed++) augment({ padAndCrop: 20, padding }, seed);
    }
  });

  it('flips left and right in half of the cases', () => {
    const flipped = expected((c, y, x) => at(IMAGE, c, y, SHAPE.width - 1 - x));
    const results = Array.from({ length: 400 }, (_, seed) => augment({ horizontalFlip: true }, seed));
    const countOf = (pixels: Uint8Array) => results.filter((image) => Buffer.compare(image, pixels) === 0).length;
    const count = countOf(flipped);
    expect(count + countOf(IMAGE)).toBe(400);
    expect(Math.abs(count - 200)).toBeLessThan(40);
  });

  it('cuts out a square, clipped at the border, from all channels', () => {
    for (let seed = 0; seed < 100; seed++) {
      const image = augment({ cutout: 3 }, seed);
      const holes = [...image.keys()].filter((i) => image[i] === 0);
      const [ys, xs] = [holes.map((i) => Math.floor(i / 7) % 5), holes.map((i) => i % 7)];
      const area = (Math.max(...ys) - Math.min(...ys) + 1) * (Math.max(...xs) - Math.min(...xs) + 1);
      expect(holes.length).toBe(2 * area);
      expect(area).toBeLessThanOrEqual(9);
      expect(area).toBeGreaterThanOrEqual(4);
      expect(image.every((v, i) => v === 0 || v === IMAGE[i])).toBe(true);
    }
  });

  it('brightens by one factor within its share, cut off at 255', () => {
    const image = Uint8Array.from({ length: SIZE }, () => 200);
    for (let seed = 0; seed < 100; seed++) {
      const values = new Set(augment({ brightness: 0.5 }, seed, image));
      expect(values.size).toBe(1);
      for (const value of values) expect(value).toBeGreaterThanOrEqual(100);
    }
    const brightest = Math.max(
      ...Array.from({ length: 100 }, (_, seed) => augment({ brightness: 0.5 }, seed, image)[0] ?? 0),
    );
    expect(brightest).toBe(255);
  });

  it('stretches the contrast about the mean of all values by one factor within its share', () => {
    const image = Uint8Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 100 : 180));
    for (let seed = 0; seed < 100; seed++) {
      const [low = 0, high = 0, ...others] = augment({ contrast: 0.5 }, seed, image);
      expect(Math.abs((low + high) / 2 - 140)).toBeLessThanOrEqual(0.5);
      expect(high - low).toBeGreaterThanOrEqual(40);
      expect(high - low).toBeLessThanOrEqual(120);
      expect(others.every((value, i) => value === (i % 2 === 0 ? low : high))).toBe(true);
    }
  });

  it('takes colours away from their grey and towards it, by one factor within its share; images in grey stay', () => {
    const colours: ImageShape = { channels: 3, height: 1, width: 2 };
    const image = Uint8Array.of(120, 50, 60, 50, 30, 50);
    const reds = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const changed = image.slice();
      augmenterOf({ saturation: 0.5 }, colours)?.augment(changed, LABELS, FIRST, 1, createRng(seed));
      const [red = 0, , green = 0, , blue = 0] = changed;
      reds.add(red);
      // The first pixel has a grey of 70, the second one is grey.
      expect(red).toBeGreaterThanOrEqual(95);
      expect(red).toBeLessThanOrEqual(145);
      expect([Math.abs((red - 70) / 5 + (green - 70)) <= 0.8, Math.abs((red - 70) / 1.25 + (blue - 70)) <= 1]).toEqual([
        true,
        true,
      ]);
      expect([changed[1], changed[3], changed[5]]).toEqual([50, 50, 50]);
    }
    expect(reds.size).toBeGreaterThan(20);
    expect(augmenterOf({ saturation: 0.5 }, SHAPE)).toBeUndefined();
  });

  it('rotates about the centre: a quarter turn of a square image is exact, a centred disc stays', () => {
    const square: ImageShape = { channels: 1, height: 5, width: 5 };
    const image = Uint8Array.from({ length: 25 }, (_, i) => i + 1);
    const quarter = { ...createRng(1), uniform: () => 1 };
    const rotated = image.slice();
    augmenterOf({ rotation: 90 }, square)?.augment(rotated, LABELS, FIRST, 1, quarter);
    const turned = Uint8Array.from({ length: 25 }, (_, i) => image[(4 - (i % 5)) * 5 + Math.floor(i / 5)] ?? 0);
    const turnedBack = Uint8Array.from({ length: 25 }, (_, i) => image[(i % 5) * 5 + 4 - Math.floor(i / 5)] ?? 0);
    expect([turned, turnedBack]).toContainEqual(rotated);
    const still = { ...createRng(1), uniform: () => 0.5 };
    const same = image.slice();
    augmenterOf({ rotation: 90 }, square)?.augment(same, LABELS, FIRST, 1, still);
    expect(same).toEqual(image);
  });

  it('gives the same images for the same seed, whatever is switched on', () => {
    const settings = fc.record(
      {
        rotation: fc.integer({ min: 0, max: 30 }),
        padAndCrop: fc.integer({ min: 0, max: 4 }),
        padding: fc.constantFrom('zeros' as const, 'reflect' as const),
        horizontalFlip: fc.constantFrom(false, true, 'alternating' as const),
        brightness: fc.double({ min: 0, max: 0.9, noNaN: true }),
        contrast: fc.double({ min: 0, max: 0.9, noNaN: true }),
        cutout: fc.integer({ min: 0, max: 9 }),
        cutmix: fc.double({ min: 0, max: 1, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, fc.nat(), (chosen, seed) => {
        expect(augment(chosen, seed)).toEqual(augment(chosen, seed));
      }),
    );
  });

  it('draws the same for an image that is left out as for one that is changed', () => {
    const settings = {
      rotation: 20,
      padAndCrop: 2,
      horizontalFlip: true,
      brightness: 0.5,
      contrast: 0.5,
      cutout: 3,
      cutmix: 0.5,
    };
    const [augmenter, changing, skipping] = [augmenterOf(settings), createRng(1), createRng(1)];
    const three = Uint8Array.from([...IMAGE, ...IMAGE, ...IMAGE]);
    augmenter?.augment(three, new Int32Array(3), Int32Array.of(0, 0, 0), 1, changing);
    augmenter?.skip(3, skipping);
    expect(skipping.uniform()).toBe(changing.uniform());
  });
});
