import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { detailOf, detailSize, typicalDetail } from './measure-detail.ts';

const SIZE = { height: 128, width: 128 };

/** Grey, plus a cosine along an axis. */
function wave(frequency: number, amplitude: number, axis: 'x' | 'y', { height, width } = SIZE): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, at) => {
    const [i, length] = axis === 'x' ? [at % width, width] : [Math.floor(at / width), height];
    return Math.round(128 + amplitude * Math.cos((Math.PI * (i + 0.5) * frequency) / length));
  });
}

/** Noise of one size, scaled to another. */
async function enlargedNoise(side: number, to: number): Promise<Uint8Array> {
  const rng = createRng(side);
  const noise = Uint8Array.from({ length: side * side }, () => 100 + Math.floor(60 * rng.uniform()));
  const image = sharp(noise, { raw: { height: side, width: side, channels: 1 } }).resize(to, to, {
    kernel: 'lanczos3',
  });
  return image.toColourspace('b-w').raw().toBuffer();
}

describe('the side that shows all that can be seen in an image', () => {
  it.each([
    [31, 32],
    [33, 48],
    [49, 64],
    [65, 96],
    [97, Number.POSITIVE_INFINITY],
  ])('holds a wave of %i halves with %d pixels', (frequency, side) => {
    expect(detailOf(wave(frequency, 40, 'x'), SIZE)).toBe(side);
    expect(detailOf(wave(frequency, 40, 'y'), SIZE)).toBe(side);
  });

  it('is relative to the longer side', () => {
    const wide = { height: 48, width: 128 };
    expect(detailOf(wave(60, 40, 'x', wide), wide)).toBe(64);
    // The shorter side gets 24 of 64 pixels.
    expect(detailOf(wave(23, 40, 'y', wide), wide)).toBe(64);
    expect(detailOf(wave(25, 40, 'y', wide), wide)).toBe(96);
  });

  it('is the shortest for what cannot be seen: flat images, and faint ones', () => {
    expect(detailOf(new Uint8Array(128 * 128).fill(200), SIZE)).toBe(32);
    expect(detailOf(wave(120, 6, 'x'), SIZE)).toBe(32);
  });

  it('shows a small thing in a large flat image', () => {
    const dot = new Uint8Array(128 * 128);
    for (const at of [0, 1, 128, 129]) dot[50 * 128 + 71 + at] = 255;
    expect(detailOf(dot, SIZE)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is that from which an image was enlarged', async () => {
    for (const [side, detail] of [
      [24, 32],
      [40, 48],
      [56, 64],
      [80, 96],
      [128, Number.POSITIVE_INFINITY],
    ] as const) {
      expect(detailOf(await enlargedNoise(side, 128), SIZE)).toBe(detail);
    }
    expect(detailOf(await enlargedNoise(24, 70), { height: 70, width: 70 })).toBe(32);
    expect(detailOf(await enlargedNoise(70, 70), { height: 70, width: 70 })).toBe(96);
  });

  it('is measured on the mean of the channels, in images scaled down to 128 pixels', () => {
    const opposite = Uint8Array.from([...wave(60, 40, 'x'), ...wave(60, -40, 'x')]);
    expect(detailOf(opposite, SIZE)).toBe(32);
    expect(detailSize({ height: 480, width: 640 })).toEqual({ height: 96, width: 128 });
    expect(detailSize({ height: 3000, width: 1 })).toEqual({ height: 128, width: 1 });
    expect(detailSize({ height: 70, width: 20 })).toEqual({ height: 70, width: 20 });
  });

  it('of a data set is that of most images', () => {
    expect(typicalDetail([32, 48, 64])).toBe(48);
    expect(typicalDetail([32, 48, 96, Number.POSITIVE_INFINITY])).toBe(96);
    expect(typicalDetail([32, Number.POSITIVE_INFINITY])).toBeUndefined();
    expect(typicalDetail([])).toBeUndefined();
  });
});
