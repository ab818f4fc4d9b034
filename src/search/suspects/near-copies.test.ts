import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Examples } from '../../data/set/dataset.ts';
import { createRng } from '../../random/rng.ts';
import { findNearCopies } from './near-copies.ts';

const SHAPE = { channels: 3, height: 32, width: 32 };
const SIZE = 3 * 32 * 32;

/** Soft shapes, as photographs have them. */
async function photo(seed: number): Promise<Uint8Array> {
  const rng = createRng(seed);
  const small = Uint8Array.from({ length: 75 }, () => rng.integer(0, 200));
  const { data } = await sharp(small, { raw: { width: 5, height: 5, channels: 3 } })
    .resize(32, 32, { kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return planar(data);
}

const planar = (data: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: SIZE }, (_, i) => data[(i % 1024) * 3 + Math.floor(i / 1024)] ?? 0);

const interleaved = (image: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: SIZE }, (_, i) => image[(i % 3) * 1024 + Math.floor(i / 3)] ?? 0);

async function compressed(image: Uint8Array): Promise<Uint8Array> {
  const jpeg = await sharp(interleaved(image), { raw: { width: 32, height: 32, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
  return planar(await sharp(jpeg).raw().toBuffer());
}

function find(images: readonly Uint8Array[], labels: readonly number[]) {
  const pixels = new Uint8Array(images.length * SIZE);
  for (const [i, image] of images.entries()) pixels.set(image, i * SIZE);
  const examples: Examples = { count: images.length, pixels, labels: Int32Array.from(labels) };
  return findNearCopies(examples, Int32Array.from(images.keys()), SHAPE);
}

describe('findNearCopies', () => {
  it('finds copies that were brightened or compressed, in both directions, and nothing else', async () => {
    const others = await Promise.all(Array.from({ length: 30 }, (_, i) => photo(i + 10)));
    const [first, second] = await Promise.all([photo(1), photo(2)]);
    const bright = first.map((value) => Math.min(255, Math.round(1.1 * value + 10)));
    const found = find(
      [first, bright, second, await compressed(second), ...others],
      [0, 1, 1, 2, ...others.map(() => 3)],
    );
    expect([...found].map(([i, { of }]) => [i, of]).sort()).toEqual([
      [0, 1],
      [1, 0],
      [2, 3],
      [3, 2],
    ]);
    for (const { correlation } of found.values()) expect(correlation).toBeGreaterThan(0.98);
  });

  it('does not mind copies in one class', async () => {
    const image = await photo(1);
    expect(find([image, image, await photo(2)], [0, 0, 1]).size).toBe(0);
  });

  it('takes blank images for copies only of each other', () => {
    const blank = (value: number) => new Uint8Array(SIZE).fill(value);
    const found = find([blank(7), blank(7), blank(9)], [0, 1, 0]);
    expect([...found.keys()].sort()).toEqual([0, 1]);
  });
});
