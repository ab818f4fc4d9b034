import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { ParquetWriteOptions } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { pixelsOf, randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import { encodeParquet, type ParquetImage, parquetImages } from '../../../../test/support/parquet-fixtures.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import { locateParquet, locateParquetFolder } from './parquet-source.ts';

const shape = { channels: 3, height: 4, width: 5 };
const train = randomExamples(12, shape, 3);
const images = await parquetImages(train, shape);
const [image] = images;

const read = async (bytes: Uint8Array, options: ReadOptions = {}): Promise<DatasetParts> =>
  locateParquet(await writeIn(await temporaryFolder(), 'pets.parquet', bytes)).read(options);

const expected = { name: 'pets', shape, classes: ['0', '1', '2'], train, test: undefined, notes: [] };

describe('a Parquet file', () => {
  it.each<[string, Partial<ParquetWriteOptions> & { readonly column?: string }]>([
    ['snappy', {}],
    ['uncompressed', { codec: 'UNCOMPRESSED' }],
    ['gzip', { codec: 'GZIP', compressors: { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)) } }],
    ['brotli', { codec: 'BROTLI', compressors: { BROTLI: (bytes) => new Uint8Array(brotliCompressSync(bytes)) } }],
    ['several row groups', { rowGroupSize: 5 }],
    ['several pages', { pageSize: 300 }],
    ['another name', { column: 'photo of it' }],
  ])('is read with %s', async (_, options) => {
    expect(await read(encodeParquet(images, undefined, options))).toMatchObject(expected);
  });

  it('is read where images repeat, by their dictionary', async () => {
    const repeated = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2].flatMap((i) => images[i] ?? []);
    const parts = await read(encodeParquet(repeated));
    expect(pixelsOf(parts.train).subarray(180, 360)).toEqual(pixelsOf(parts.train).subarray(0, 180));
    expect(parts.train.labels).toEqual(train.labels);
  });

  it('calls its classes by the names in its metadata, whatever their order', async () => {
    const parts = await read(encodeParquet(images, ['dog', 'cat', 'bird', 'worm']));
    expect(parts.classes).toEqual(['bird', 'cat', 'dog']);
    expect([...parts.train.labels]).toEqual([...train.labels].map((label) => 2 - label));
    expect(parts.notes).toEqual(['Classes without a training image were left out: worm.']);
  });

  it('may have words for labels', async () => {
    const words = images.map(({ bytes, label }) => ({ bytes, label: `class ${label}` }));
    expect((await read(encodeParquet(words))).classes).toEqual(['class 0', 'class 1', 'class 2']);
  });

  it.each<[string, readonly ParquetImage[], string]>([
    [
      'a missing label',
      [...images, { bytes: new Uint8Array(1), label: null }],
      ', row 13: no label in the column label; remove the row.',
    ],
    [
      'a label without a name',
      [...images, { bytes: new Uint8Array(1), label: -1 }],
      ', row 13: label -1, but there are only 3 class names; give rows with labels.',
    ],
    [
      'a missing image',
      [...images, { bytes: null, label: 1 }],
      ', row 13: the image cannot be decoded (the row holds no bytes of an image); mend',
    ],
    [
      'a broken image',
      [...images, { bytes: new Uint8Array(100), label: 1 }],
      ', row 13: the image cannot be decoded (its content is not an image that is read (PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PPM)); mend',
    ],
  ])('is refused with %s', async (_, rows, message) => {
    await expect(read(encodeParquet(rows, ['a', 'b', 'c']))).rejects.toThrow(`pets.parquet${message}`);
  });

  it('goes on without broken images when asked', async () => {
    const bytes = encodeParquet([...images, { bytes: new Uint8Array(100), label: 1 }]);
    expect(await read(bytes, { skipBroken: true })).toMatchObject({
      train,
      notes: [expect.stringMatching(/^Broken images were left out: 1 \(.*row 13\)\.$/)],
    });
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'is cut off',
      encodeParquet(images).subarray(0, -20),
      /pets\.parquet, byte \d+: not a Parquet file, or cut off: it does not end in PAR1; copy the file again\.$/,
    ],
    ['is empty', new Uint8Array(), /pets\.parquet, byte 0: not a Parquet file/],
    [
      'has damaged pages',
      encodeParquet(images, undefined, { codec: 'UNCOMPRESSED' }).fill(0xff, 8, 40),
      /pets\.parquet, byte 4: a page of label is damaged|pets\.parquet, byte 4: a page of image\.bytes is damaged/,
    ],
  ])('is refused when it %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'DATA_FORMAT', message: expect.stringMatching(message) });
  });

  it('is refused without images or labels', async () => {
    const other = encodeParquet(images, undefined, { kvMetadata: [], column: 'x' });
    await expect(read(other)).rejects.toThrow(
      'pets.parquet has no column of images (image, with bytes) that can be read; its columns: x.bytes, x.path, label.',
    );
  });
});

describe('a folder of Parquet files', () => {
  const readFolder = async (files: Readonly<Record<string, Uint8Array>>): Promise<DatasetParts | undefined> => {
    const folder = await temporaryFolder();
    for (const [name, content] of Object.entries(files)) await writeIn(folder, name, content);
    return (await locateParquetFolder(folder))?.read({});
  };

  it('has several files for a part, also in a folder called data', async () => {
    for (const prefix of ['', 'data/']) {
      const parts = await readFolder({
        [`${prefix}train-00001-of-00002.parquet`]: encodeParquet(images.slice(7)),
        [`${prefix}train-00000-of-00002.parquet`]: encodeParquet(images.slice(0, 7)),
        [`${prefix}test-00000-of-00001.parquet`]: encodeParquet(images.slice(0, 3)),
        [`${prefix}validation-00000-of-00001.parquet`]: encodeParquet(images.slice(0, 3)),
        'README.md': Buffer.from('x'),
      });
      expect(parts).toMatchObject({ train, notes: ['Files were left out: validation-00000-of-00001.parquet.'] });
      expect(parts?.test?.count).toBe(3);
    }
  });

  it('names file and row of a label that only the test part has', async () => {
    const files = {
      'train.parquet': encodeParquet(images),
      'test.parquet': encodeParquet([{ bytes: image?.bytes ?? null, label: 7 }]),
    };
    await expect(readFolder(files)).rejects.toThrow(
      /test\.parquet, row 1: label 7 does not occur in the training part/,
    );
  });
});
