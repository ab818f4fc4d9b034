import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeIdx, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import { countFor } from '../../../../test/support/tier.ts';
import { DataFormatError } from '../../../errors.ts';
import { readImages } from '../../set/dataset.ts';
import { readIdxImages, readIdxLabels } from './idx.ts';

const data = Uint8Array.from({ length: 24 }, (_, i) => i);
const images = encodeIdx([2, 3, 4], data);
let folder = '';
let path = '';
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'x');
});

/** In memory and by way of a file: both must give the same, or fail alike. */
async function read(bytes: Uint8Array): Promise<{ dimensions: readonly number[]; data: Uint8Array }> {
  await writeFile(path, bytes);
  const inMemory = await readIdxImages(path, undefined).catch((error: unknown) => error);
  const stored = await readIdxImages(path, { folder, limitBytes: 0 }).catch((error: unknown) => error);
  if (inMemory instanceof Error || stored instanceof Error) {
    expect(stored).toBeInstanceOf(DataFormatError);
    // A file may hold more than memory, so that it is found too short.
    if (!/fit in memory/.test(String(inMemory))) expect(stored).toEqual(inMemory);
    throw inMemory;
  }
  const { dimensions, pixels } = stored as Awaited<ReturnType<typeof readIdxImages>>;
  const { dimensions: same, pixels: whole } = inMemory as Awaited<ReturnType<typeof readIdxImages>>;
  const [count = 0, ...others] = dimensions;
  const size = others.reduce((product, dimension) => product * dimension, 1);
  const data = Buffer.from(readImages({ count, pixels, labels: new Int32Array(count) }, size, 0, count));
  expect({ dimensions, data }).toEqual({ dimensions: same, data: whole });
  return { dimensions, data };
}

/** Inflates to 10 GB, more than a buffer holds. */
const bomb = new Array<Buffer>(1000).fill(gzipSync(Buffer.alloc(10_000_000)));

/** `images` with one byte changed. */
const changed = (offset: number, value: number): Buffer => {
  const copy = Buffer.from(images);
  copy[offset] = value;
  return copy;
};

describe('readIdxImages', () => {
  it('reads plain and compressed bytes alike', async () => {
    expect(await read(images)).toEqual({ dimensions: [2, 3, 4], data: Buffer.from(data) });
    expect(await read(gzipSync(images))).toEqual(await read(images));
  });

  it.each<[string, Uint8Array, number, string]>([
    ['an empty file', new Uint8Array(), 0, 'cut off in the header after 0 bytes; copy it again'],
    [
      'another format',
      Buffer.from('\x89PNG....', 'latin1'),
      0,
      'not an IDX file: it starts with 89 50 4e 47, expected 00 00 08 03 or 00 00 08 04; give a file in the IDX format of MNIST',
    ],
    [
      'floats',
      changed(2, 0x0d),
      2,
      'the elements are of type 0x0d (32-bit floats), only unsigned bytes (0x08) are supported; convert it to unsigned bytes',
    ],
    [
      'an unknown element type',
      changed(2, 0x77),
      2,
      'the elements are of type 0x77 (an unknown element type), only unsigned bytes (0x08) are supported; convert it to unsigned bytes',
    ],
    [
      'labels in the place of images',
      encodeIdx([3], Uint8Array.of(1, 2, 3)),
      3,
      '1 dimensions, expected 3 or 4 (first bytes 00 00 08 01, expected 00 00 08 03 or 00 00 08 04); check that images and labels are not mixed up',
    ],
    [
      'a dimension of zero',
      encodeIdx([2, 0, 4], new Uint8Array()),
      8,
      'dimension 2 is 0, at least 1 is needed; check how it was made',
    ],
    ['a header cut off', images.subarray(0, 10), 10, 'cut off in the header after 10 bytes; copy it again'],
    [
      'data cut off',
      images.subarray(0, 30),
      30,
      'cut off: the header announces 2 × 3 × 4 elements, 40 bytes in all, but the data ends after 30; copy it again',
    ],
    [
      'trailing bytes',
      Buffer.concat([images, Buffer.alloc(2)]),
      40,
      'unexpected bytes: the header announces 2 × 3 × 4 elements, 40 bytes in all, but more follow; copy it again',
    ],
    [
      'a decompression bomb',
      Buffer.concat([gzipSync(images), ...bomb]),
      40,
      'unexpected bytes: the header announces 2 × 3 × 4 elements, 40 bytes in all, but more follow; copy it again',
    ],
    [
      'compressed data cut off',
      gzipSync(images).subarray(0, 30),
      22,
      'the gzip compression is damaged or cut off (unexpected end of file); copy it again',
    ],
  ])('refuses %s', async (_, bytes, offset, message) => {
    const error = await read(bytes).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataFormatError);
    expect(error).toMatchObject({ message: `${path}, byte ${offset}: ${message}.`, details: { path, offset } });
  });

  it('refuses sizes that fit in no memory', async () => {
    await writeFile(path, encodeIdx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], data));
    await expect(readIdxImages(path, undefined)).rejects.toThrow(
      /x, byte 4: the header announces 4294967295 × 4294967295 × 4294967295 elements, more than the \d+ bytes that fit in memory; check how it was made\.$/,
    );
  });

  it('gives valid data or a typed error for any damage', async () => {
    const compressed = gzipSync(images);
    const damage = fc.record({
      gzip: fc.boolean(),
      length: fc.option(fc.nat(48), { freq: 3 }),
      flips: fc.array(fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ gzip, length, flips }) => {
        const bytes = Buffer.from(gzip ? compressed : images).subarray(0, length ?? undefined);
        for (const [at, mask] of flips)
          if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask;
        const result = await read(bytes).catch((error: unknown) => error);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(DataFormatError);
          expect(result).toMatchObject({ details: { path, offset: expect.any(Number) } });
        } else {
          const { dimensions, data: elements } = result as Awaited<ReturnType<typeof read>>;
          expect(elements.length).toBe(dimensions.reduce((a, b) => a * b, 1));
        }
      }),
      { numRuns: countFor({ quick: 200, slow: 1000 }) },
    );
  });

  it('tells compression by content, not by name', async () => {
    const plain = await writeIn(folder, 'plain.gz', images);
    const compressed = await writeIn(folder, 'compressed', gzipSync(images));
    expect(await readIdxImages(plain, undefined)).toEqual(await readIdxImages(compressed, undefined));
  });

  it('names a file that cannot be read', async () => {
    await expect(readIdxImages('/nowhere/file', undefined)).rejects.toThrow(
      'Cannot read /nowhere/file: it does not exist; check the path.',
    );
  });
});

describe('readIdxLabels', () => {
  it('reads bytes, and the first column of 32-bit integers, as QMNIST has them', async () => {
    const bytes = await writeIn(folder, 'bytes', encodeIdx([3], Uint8Array.of(7, 0, 9)));
    expect(Array.from((await readIdxLabels(bytes)).values)).toEqual([7, 0, 9]);
    const columns = Buffer.alloc(12 + 3 * 8 * 4);
    columns.set([0, 0, 0x0c, 2, 0, 0, 0, 3, 0, 0, 0, 8]);
    for (const [row, label] of [7, 300, 9].entries()) {
      columns.writeInt32BE(label, 12 + row * 32);
      columns.writeInt32BE(1234, 16 + row * 32);
    }
    const labels = await readIdxLabels(await writeIn(folder, 'columns', columns));
    expect(Array.from(labels.values)).toEqual([7, 300, 9]);
    expect(labels.offsetOf(2)).toBe(76);
  });

  it('refuses other types', async () => {
    const floats = await writeIn(folder, 'floats', Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0]));
    await expect(readIdxLabels(floats)).rejects.toThrow(
      'byte 2: the elements are of type 0x0d (32-bit floats), only unsigned bytes (0x08) and 32-bit integers (0x0c) are supported; convert it to unsigned bytes.',
    );
  });
});
