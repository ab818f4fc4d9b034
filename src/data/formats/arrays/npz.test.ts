import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeNpy, npzEntries, writeNpz } from '../../../../test/support/array-fixtures.ts';
import { readBothWays } from '../../../../test/support/both-ways.ts';
import { randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import { locateNpz } from './npz.ts';

const grey = { channels: 1, height: 3, width: 2 };
const colour = { channels: 3, height: 3, width: 2 };
const train = randomExamples(8, grey, 2);
const coloured = randomExamples(8, colour, 2);
const labels = encodeNpy('|u1', [8], Uint8Array.from(train.labels));

const read = async (entries: Record<string, Uint8Array>, options: ReadOptions = {}): Promise<DatasetParts> =>
  readBothWays(locateNpz(await writeNpz(await temporaryFolder(), 'digits.npz', entries)), options);

/** The images as elements of a typed array. */
const encodeImages = (
  descr: string,
  elements: ArrayBufferView,
  axes = [8, 3, 2],
  options: { fortran?: boolean; version?: number } = {},
): Uint8Array =>
  encodeNpy(descr, axes, new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), options);

describe('locateNpz', () => {
  it('reads both parts, grey without a channel axis', async () => {
    const test = randomExamples(4, grey, 2, 9);
    const parts = await read(npzEntries(train, test, grey));
    expect(parts).toEqual({ name: 'digits', shape: grey, classes: ['0', '1'], train, test, notes: [] });
  });

  it('reads colours in the last axis, or in the second when told so or when only that can be', async () => {
    expect((await read(npzEntries(coloured, undefined, colour))).train).toEqual(coloured);
    const first = { 'x_train.npy': encodeImages('|u1', coloured.pixels, [8, 3, 3, 2]), 'y_train.npy': labels };
    expect((await read(first)).train).toEqual(coloured);
    const square = { channels: 3, height: 3, width: 3 };
    const examples = randomExamples(8, square, 2);
    const ambiguous = { 'x_train.npy': encodeImages('|u1', examples.pixels, [8, 3, 3, 3]), 'y_train.npy': labels };
    expect((await read(ambiguous, { layout: 'nchw' })).train).toEqual(examples);
    expect((await read(ambiguous)).train).not.toEqual(examples);
    expect((await read(ambiguous, { layout: 'nhwc' })).train).toEqual((await read(ambiguous)).train);
  });

  it.each([2, 3])('reads version %d of the npy format', async (version) => {
    const images = encodeImages('|u1', train.pixels, [8, 3, 2], { version });
    expect((await read({ 'x_train.npy': images, 'y_train.npy': labels })).train).toEqual(train);
  });

  it('reads Fortran order', async () => {
    const elements = Uint8Array.from({ length: 48 }, (_, i) => {
      const [image, row, column] = [i % 8, Math.floor(i / 8) % 3, Math.floor(i / 24)];
      return train.pixels[image * 6 + row * 2 + column] ?? 0;
    });
    const images = encodeImages('|u1', elements, [8, 3, 2], { fortran: true });
    expect((await read({ 'x_train.npy': images, 'y_train.npy': labels })).train).toEqual(train);
  });

  it.each<[string, (pixels: Uint8Array) => ArrayBufferView, number]>([
    ['<i4', (pixels) => Int32Array.from(pixels), 0],
    ['>i4', (pixels) => swapped(Int32Array.from(pixels), 4), 0],
    ['<u2', (pixels) => Uint16Array.from(pixels), 0],
    ['>u2', (pixels) => swapped(Uint16Array.from(pixels), 2), 0],
    ['<u2', (pixels) => Uint16Array.from(pixels, (value) => value * 256 + 99), 1],
    ['<i8', (pixels) => BigInt64Array.from(pixels, BigInt), 0],
    ['>u8', (pixels) => swapped(BigUint64Array.from(pixels, BigInt), 8), 0],
    ['<f4', (pixels) => Float32Array.from(pixels), 1],
    ['<f4', (pixels) => Float32Array.from(pixels, (value) => value / 255), 1],
    [
      '>f8',
      (pixels) =>
        swapped(
          Float64Array.from(pixels, (value) => value / 255),
          8,
        ),
      1,
    ],
    ['<f2', (pixels) => Uint16Array.from(pixels, halfOf), 1],
  ])('brings %s to bytes (%#)', async (descr, encode, notes) => {
    const images = encodeImages(descr, encode(train.pixels));
    const parts = await read({ 'x_train.npy': images, 'y_train.npy': labels });
    expect(parts.train).toEqual(train);
    expect(parts.notes).toHaveLength(notes);
  });

  it('takes booleans for black and white', async () => {
    const images = encodeImages(
      '|b1',
      train.pixels.map((value) => value & 1),
    );
    const { pixels } = (await read({ 'x_train.npy': images, 'y_train.npy': labels })).train;
    expect(pixels).toEqual(train.pixels.map((value) => (value & 1) * 255));
  });

  it('scales floats by themselves where the other part has bytes', async () => {
    const floats = encodeImages(
      '<f4',
      Float32Array.from(train.pixels, (value) => value / 255),
    );
    const entries = { ...npzEntries(train, train, grey), 'x_test.npy': floats };
    const parts = await read(entries);
    expect(parts.test?.pixels).toEqual(parts.train.pixels);
  });

  it('reads labels in a column, one-hot, and as words', async () => {
    const images = encodeImages('|u1', train.pixels);
    const column = encodeImages(
      '<i8',
      BigInt64Array.from(train.labels, (label) => BigInt(label + 5)),
      [8, 1],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': column })).classes).toEqual(['5', '6']);
    const oneHot = encodeImages(
      '<f4',
      Float32Array.from([...train.labels].flatMap((label) => (label ? [0, 1] : [1, 0]))),
      [8, 2],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': oneHot })).train.labels).toEqual(train.labels);
    const words = [...train.labels].map((label) => (label ? 'dög' : 'cat'));
    const unicode = encodeImages(
      '<U3',
      Uint32Array.from(words.flatMap((word) => [...word].map((c) => c.codePointAt(0) ?? 0))),
      [8],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': unicode })).classes).toEqual(['cat', 'dög']);
    const bytes = encodeImages(
      '|S5',
      Buffer.from(words.map((word) => word.padEnd(word === 'cat' ? 5 : 4, '\0')).join('')),
      [8],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': bytes })).classes).toEqual(['cat', 'dög']);
  });

  it.each<[string, Record<string, Uint8Array>, string]>([
    [
      'missing images',
      { 'y_train.npy': labels, 'z.npy': labels },
      'has no x_train: it needs x_train, y_train and, for a test part, x_test, y_test; it has y_train.npy, z.npy.',
    ],
    [
      'missing test labels',
      { ...npzEntries(train, undefined, grey), 'x_test.npy': encodeImages('|u1', train.pixels) },
      'has no y_test: a test part needs both x_test and y_test.',
    ],
    [
      'more labels than images',
      { 'x_train.npy': encodeImages('|u1', train.pixels.subarray(6), [7, 3, 2]), 'y_train.npy': labels },
      '(x_train.npy), byte 128: 7 images, but 8 labels; each image needs one label.',
    ],
    [
      'normalised floats',
      {
        'x_train.npy': encodeImages(
          '<f4',
          Float32Array.from(train.pixels, (value) => value / 64 - 2),
        ),
        'y_train.npy': labels,
      },
      '(x_train.npy), byte 128: pixels must lie in 0..1 or in 0..255 (whole numbers also in 0..65535), but they go from -1.',
    ],
    [
      'floats that are no numbers',
      {
        'x_train.npy': encodeImages(
          '<f4',
          Float32Array.from(train.pixels, () => Number.NaN),
        ),
        'y_train.npy': labels,
      },
      'but some are not finite numbers; give the pixels as they were before they were normalised.',
    ],
    ['two channels', { 'x_train.npy': encodeImages('|u1', train.pixels, [8, 1, 3, 2]), 'y_train.npy': labels }, ''],
    [
      'pickled objects',
      { 'x_train.npy': encodeNpy('|O', [8], train.pixels), 'y_train.npy': labels },
      'elements of type |O, which are not read; use numbers, booleans or fixed-length strings.',
    ],
    [
      'an axis of zero',
      { 'x_train.npy': encodeNpy('|u1', [0, 28, 28], new Uint8Array()), 'y_train.npy': labels },
      'the shape (0, 28, 28) has an axis of 0',
    ],
    [
      'a label that only the test part has',
      { ...npzEntries(train, train, grey), 'y_test.npy': encodeNpy('|u1', [8], train.pixels.subarray(0, 8).fill(7)) },
      '(y_test.npy), row 0: label 7 does not occur in the training part (its labels: 0, 1); add training images of it.',
    ],
  ])('refuses %s', async (name, entries, message) => {
    const reading = read(entries);
    if (name === 'two channels') expect((await reading).shape).toEqual({ channels: 1, height: 3, width: 2 });
    else await expect(reading).rejects.toThrow(message);
  });
});

describe('an archive that lies', () => {
  const whole = Buffer.from(zipSync(npzEntries(train, undefined, grey)));
  const readBytes = async (bytes: Uint8Array): Promise<DatasetParts> =>
    readBothWays(locateNpz(await writeIn(await temporaryFolder(), 'a.npz', bytes)));
  /** The directory's entry of a name. */
  const entryOf = (bytes: Buffer, name: string): number => bytes.lastIndexOf(name) - 46;

  it('cannot inflate more than it announces', async () => {
    const bomb = Buffer.from(
      zipSync({ 'x_train.npy': new Uint8Array(5_000_000), 'y_train.npy': new Uint8Array(5_000_000) }),
    );
    bomb.writeUInt32LE(1000, entryOf(bomb, 'y_train.npy') + 24);
    await expect(readBytes(bomb)).rejects.toThrow(
      'y_train.npy inflates to more than the 1000 bytes that were announced',
    );
  });

  it('cannot announce what its bytes cannot give, or more than memory holds', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(4_000_000_000, entryOf(bytes, 'y_train.npy') + 24);
    await expect(readBytes(bytes)).rejects.toThrow(
      /y_train.npy claims to have 4000000000 bytes, more than its \d+ bytes in the archive can give/,
    );
  });

  it('is found out by its check sums', async () => {
    const stored = Buffer.from(zipSync(npzEntries(train, undefined, grey), { level: 0 }));
    const at = stored.indexOf(Buffer.from(train.pixels));
    expect(at).toBeGreaterThan(0);
    stored[at] = (stored[at] ?? 0) ^ 1;
    await expect(readBytes(stored)).rejects.toThrow('x_train.npy is damaged: its check sum does not match');
  });

  it('writes no file, whatever its entries are called', async () => {
    const entries = { ...npzEntries(train, undefined, grey), '../../outside.npy': labels, '/tmp/outside.npy': labels };
    expect((await read(entries)).train).toEqual(train);
  });
});

function swapped(elements: ArrayBufferView, size: 2 | 4 | 8): Uint8Array {
  const bytes = Buffer.from(elements.buffer.slice(0));
  return size === 2 ? bytes.swap16() : size === 4 ? bytes.swap32() : bytes.swap64();
}

/** Whole numbers below 2048 fit exactly. */
function halfOf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.round((value / 2 ** exponent - 1) * 1024);
}
