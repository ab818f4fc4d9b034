import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIdx, temporaryFolder, writeIn } from '../../test/support/data-fixtures.ts';
import { DataFormatError } from '../errors.ts';
import { type IdxArray, parseIdx, readIdx } from './idx.ts';

const data = Uint8Array.from({ length: 24 }, (_, i) => i);
const images = encodeIdx([2, 3, 4], data);
const parse = (bytes: Uint8Array): Promise<IdxArray> => parseIdx(Buffer.from(bytes), 'x', [3, 4]);

/** Inflates to 10 GB, more than a buffer holds. */
const bomb = new Array<Buffer>(1000).fill(gzipSync(Buffer.alloc(10_000_000)));

/** `images` with one byte changed. */
const changed = (offset: number, value: number): Buffer => {
  const copy = Buffer.from(images);
  copy[offset] = value;
  return copy;
};

describe('parseIdx', () => {
  it('reads plain and compressed bytes alike', async () => {
    expect(await parse(images)).toEqual({ dimensions: [2, 3, 4], data: Buffer.from(data) });
    expect(await parse(gzipSync(images))).toEqual(await parse(images));
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
      'unexpected bytes: the header announces 2 × 3 × 4 elements, 40 bytes in all, but the file has 42; copy it again',
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
    const error = await parse(bytes).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataFormatError);
    expect(error).toMatchObject({ message: `x, byte ${offset}: ${message}.`, details: { path: 'x', offset } });
  });

  it('refuses sizes that fit in no memory', async () => {
    await expect(parse(encodeIdx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], data))).rejects.toThrow(
      /^x, byte 4: the header announces 4294967295 × 4294967295 × 4294967295 elements, more than the \d+ bytes that fit in memory; check how it was made\.$/,
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
        const result = await parse(bytes).catch((error: unknown) => error);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(DataFormatError);
          expect(result).toMatchObject({ details: { path: 'x', offset: expect.any(Number) } });
        } else {
          const { dimensions, data: elements } = result as IdxArray;
          expect(elements.length).toBe(dimensions.reduce((a, b) => a * b, 1));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('readIdx', () => {
  it('tells compression by content, not by name', async () => {
    const folder = await temporaryFolder();
    const plain = await writeIn(folder, 'plain.gz', images);
    const compressed = await writeIn(folder, 'compressed', gzipSync(images));
    expect(await readIdx(plain, [3])).toEqual(await readIdx(compressed, [3]));
  });

  it('names a file that cannot be read', async () => {
    await expect(readIdx('/nowhere/file', [3])).rejects.toThrow(
      'Cannot read /nowhere/file: it does not exist; check the path.',
    );
  });
});
