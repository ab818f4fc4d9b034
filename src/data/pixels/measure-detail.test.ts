import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { detailOf, detailSize, sufficientSide } from './measure-detail.ts';

const SIZE = { height: 128, width: 128 };

/** Grey, plus a cosine along an axis. */
function wave(frequency: number, amplitude: number, axis: 'x' | 'y', { height, width } = SIZE): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, at) => {
    const [i, length] = axis === 'x' ? [at % width, width] : [Math.floor(at / width), height];
    return Math.round(128 + amplitude * Math.cos((Math.PI * (i + 0.5) * frequency) / length));
  });
}

/** Whether 32, 48, 64 and 96 pixels lose more than rounding does. */
const lossesOf = (planes: Uint8Array, size = SIZE): readonly boolean[] =>
  detailOf(planes, size).lost.map((each) => each > 2);

/** Noise of one size, scaled to another. */
async function enlargedNoise(side: number, to: number): Promise<Uint8Array> {
  const rng = createRng(side);
  const noise = Uint8Array.from({ length: side * side }, () => Math.floor(256 * rng.uniform()));
  const image = sharp(noise, { raw: { height: side, width: side, channels: 1 } }).resize(to, to, { kernel: 'cubic' });
  return image.toColourspace('b-w').raw().toBuffer();
}

describe('what scaling down loses of an image', () => {
  it.each([
    [31, [false, false, false, false]],
    [33, [true, false, false, false]],
    [49, [true, true, false, false]],
    [65, [true, true, true, false]],
    [97, [true, true, true, true]],
  ])('is a wave of %i halves where it has not the pixels for it', (frequency, lost) => {
    expect(lossesOf(wave(frequency, 40, 'x'))).toEqual(lost);
    expect(lossesOf(wave(frequency, 40, 'y'))).toEqual(lost);
  });

  it('is the root mean square of the wave, in the part that loses most', () => {
    const half = wave(110, 40, 'x').map((value, at) => (at % 128 < 64 ? 128 : value));
    for (const lost of detailOf(half, SIZE).lost) expect(lost).toBeCloseTo(40 / Math.SQRT2, -0.5);
  });

  it('is relative to the longer side', () => {
    const wide = { height: 48, width: 128 };
    expect(lossesOf(wave(60, 40, 'x', wide), wide)).toEqual([true, true, false, false]);
    // The shorter side gets 24 of 64 pixels.
    expect(lossesOf(wave(23, 40, 'y', wide), wide)).toEqual([true, true, false, false]);
    expect(lossesOf(wave(25, 40, 'y', wide), wide)).toEqual([true, true, true, false]);
  });

  it('is nothing where a side is as long as that of the image', () => {
    const small = { height: 48, width: 40 };
    expect(lossesOf(wave(39, 40, 'x', small), small)).toEqual([true, false, false, false]);
  });

  it('is measured on the mean of the channels, in images scaled down to 128 pixels', () => {
    const opposite = Uint8Array.from([...wave(60, 40, 'x'), ...wave(60, -40, 'x')]);
    expect(lossesOf(opposite)).toEqual([false, false, false, false]);
    expect(detailSize({ height: 480, width: 640 })).toEqual({ height: 96, width: 128 });
    expect(detailSize({ height: 3000, width: 1 })).toEqual({ height: 128, width: 1 });
    expect(detailSize({ height: 70, width: 20 })).toEqual({ height: 70, width: 20 });
  });
});

describe('the side that shows all that can be seen', () => {
  const side = (images: readonly Uint8Array[], labels = images.map(() => 0)) =>
    sufficientSide(
      images.map((image) => detailOf(image, SIZE)),
      labels,
    );
  const [dark, bright] = [20, 200].map((value) => new Uint8Array(128 * 128).fill(value));

  it('is not below that from which images were enlarged, nor far above', async () => {
    for (const from of [20, 32, 44]) {
      const detail = side([await enlargedNoise(from, 128)]);
      expect(detail).toBeGreaterThanOrEqual(from);
      expect(detail).toBeLessThanOrEqual(2.2 * from);
    }
    expect(side([await enlargedNoise(128, 128)])).toBeUndefined();
  });

  it('is that of most images of each class, however rare', () => {
    const [coarse, finer, fine] = [31, 60, 120].map((frequency) => wave(frequency, 80, 'x'));
    if (!coarse || !finer || !fine) throw new Error('three waves');
    expect(side([coarse, coarse, fine])).toBe(32);
    expect(side([coarse, finer, fine])).toBe(64);
    expect(side([coarse, fine, fine])).toBeUndefined();
    expect(side([coarse, coarse, coarse, coarse, finer], [0, 0, 0, 0, 1])).toBe(64);
    expect(side([coarse, finer, coarse, fine, coarse], [0, 1, 0, 2, 0])).toBeUndefined();
  });

  it('shows small things in large flat images', () => {
    const dot = new Uint8Array(128 * 128);
    for (const at of [0, 1, 128, 129]) dot[50 * 128 + 71 + at] = 255;
    expect(side([dot])).toBeUndefined();
  });

  it('depends on the contrast of all images: what is faint among others can be all there is', () => {
    if (!dark || !bright) throw new Error('two images');
    const faint = wave(120, 8, 'x');
    expect(side([faint])).toBeUndefined();
    expect(side([faint, faint, faint, dark, bright])).toBe(32);
  });

  it('is the shortest for flat images, and not known without any', () => {
    if (!dark) throw new Error('an image');
    expect(side([dark, dark])).toBe(32);
    expect(sufficientSide([], [])).toBeUndefined();
  });
});
