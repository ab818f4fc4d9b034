import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pixelsOf, randomExamples, temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { countFor } from '../../../test/support/tier.ts';
import { DataFormatError } from '../../errors.ts';
import { buildDataset } from '../build/build-dataset.ts';
import { type Examples, joinExamples, readImages } from '../set/dataset.ts';
import { readPackedDataset, writePackedDataset } from './packed-file.ts';

const shape = { channels: 3, height: 4, width: 5 };
const dataset = buildDataset({
  name: 'kinds of “cats”',
  shape,
  classes: ['persian', 'żbik'],
  train: randomExamples(9, shape, 2),
  test: randomExamples(3, shape, 2, 2),
  notes: ['a note'],
});

/** Pixels of all images one by one. */
const imagesOf = (examples: Examples): Uint8Array[] =>
  Array.from({ length: examples.count }, (_, i) => readImages(examples, 60, i, i + 1));

describe('a packed data set', () => {
  it('is the same where its images stay in the file, and as it was when the file is replaced or gone', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    const stored = await readPackedDataset(path, 100);
    expect(stored.train.pixels).not.toBeInstanceOf(Uint8Array);
    await rm(path);
    for (const part of ['train', 'test'] as const) {
      expect(stored[part].labels).toEqual(dataset[part].labels);
      expect(imagesOf(stored[part])).toEqual(imagesOf(dataset[part]));
    }
    await writePackedDataset(path, stored);
    expect(await readPackedDataset(path)).toEqual(dataset);
  });

  it('says so if it is cut off while its images are in use', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    const { size } = await stat(path);
    const { test } = await readPackedDataset(path, 100);
    await truncate(path, size - 1);
    expect(readImages(test, 60, 1, 2)).toEqual(readImages(dataset.test, 60, 1, 2));
    expect(() => readImages(test, 60, 2, 3)).toThrow(
      `${path}, byte ${size - 1}: it was cut off while in use; delete the file, and it is made again from the data.`,
    );
  });

  it('has its validation part back, beside the training part, in memory and in the file', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    const whole = buildDataset({
      name: 'three parts',
      shape,
      classes: ['a', 'b'],
      train: randomExamples(9, shape, 2),
      validation: randomExamples(5, shape, 2, 3),
      test: randomExamples(3, shape, 2, 2),
      notes: [],
    });
    await writePackedDataset(path, whole);
    const inMemory = await readPackedDataset(path);
    expect(inMemory).toEqual(whole);
    const stored = await readPackedDataset(path, 0);
    const { validation = stored.test, train } = inMemory;
    const copies = [...imagesOf(train), ...imagesOf(validation)];
    const joined = joinExamples(train, validation, 60);
    expect(pixelsOf(joined).buffer).toBe(pixelsOf(train).buffer);
    expect(imagesOf(joined)).toEqual(copies);
    expect(imagesOf(joinExamples(stored.train, stored.validation ?? stored.test, 60))).toEqual(copies);
    await writePackedDataset(path, stored);
    expect(await readPackedDataset(path)).toEqual(whole);
  });

  it('that was written before there were validation parts has none', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    expect((await readFile(path)).includes('validation')).toBe(false);
    expect(await readPackedDataset(path)).not.toHaveProperty('validation');
  });

  it('comes back as it was written', async () => {
    const path = join(await temporaryFolder(), 'new', 'a.pack');
    await writePackedDataset(path, dataset);
    expect(await readPackedDataset(path)).toEqual(dataset);
  });

  it('keeps the range of the pixels', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    const deep = { ...dataset, pixelRange: { low: 0, high: 4095 } };
    await writePackedDataset(path, deep);
    expect(await readPackedDataset(path)).toEqual(deep);
  });

  it('leaves no temporary file, and can be written by several at the same time', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.pack');
    await Promise.all([1, 2, 3, 4].map(() => writePackedDataset(path, dataset)));
    expect(await readdir(folder)).toEqual(['a.pack']);
    expect(await readPackedDataset(path)).toEqual(dataset);
  });

  it('leaves nothing behind if it cannot be written', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const path = join(folder, 'file', 'a.pack');
    await expect(writePackedDataset(path, dataset)).rejects.toThrow(
      `Cannot write ${path}: a file is in its place; check the path.`,
    );
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('is refused if it is missing, of another kind or version, cut off or damaged', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await expect(readPackedDataset(path)).rejects.toThrow(
      `Cannot read the packed data set ${path}: it does not exist; check the path.`,
    );
    await writePackedDataset(path, dataset);
    const whole = await readFile(path);
    const cure = 'delete the file, and it is made again from the data.';
    for (const [bytes, offset, what] of [
      [Buffer.from('short'), 0, 'not a packed data set of auto-cnn'],
      [Buffer.alloc(100), 0, 'not a packed data set of auto-cnn'],
      [
        Buffer.concat([whole.subarray(0, 8), Buffer.of(9, 0, 0, 0), whole.subarray(12)]),
        8,
        'format version 9, but this program reads version 1',
      ],
      [whole.subarray(0, -1), 16, 'the checksum does not match, the file is damaged or cut off'],
    ] as const) {
      await writeFile(path, bytes);
      const error = await readPackedDataset(path).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DataFormatError);
      expect(error).toMatchObject({ message: `${path}, byte ${offset}: ${what}; ${cure}`, details: { path, offset } });
    }
  });

  it('is refused for any flipped byte', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        await writeFile(path, bytes);
        await expect(readPackedDataset(path)).rejects.toBeInstanceOf(DataFormatError);
        await expect(readPackedDataset(path, 0)).rejects.toBeInstanceOf(DataFormatError);
      }),
      { numRuns: countFor({ quick: 100, slow: 300 }) },
    );
  });
});
