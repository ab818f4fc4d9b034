import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { type ColumnSource, type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer';
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

const expected = {
  name: 'pets',
  shape,
  classes: ['0', '1', '2'],
  train,
  test: undefined,
  notes: ['Labels: pets.parquet, column label.'],
};

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
    expect(parts.notes).toEqual([
      'Labels: pets.parquet, column label.',
      'Classes without a training image were left out: worm.',
    ]);
  });

  it('points out a column that tells several parts, since only files do', async () => {
    const withSplit = (data: string[]): Promise<DatasetParts> =>
      read(
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'image', data: images.map(({ bytes }) => bytes), type: 'BYTE_ARRAY' },
              { name: 'label', data: images.map(({ label }) => Number(label)), type: 'INT32' },
              { name: 'split', data, type: 'STRING' },
            ],
          }),
        ),
      );
    expect((await withSplit(images.map((_, i) => (i < 6 ? 'train' : 'test')))).notes).toContain(
      'The column split of pets.parquet was not followed (train, test): all its rows are the training part; write each part to a file of its own, such as train.parquet and test.parquet.',
    );
    expect((await withSplit(images.map(() => 'train'))).notes).toEqual(expected.notes);
  });

  it('points out other columns that are called as labels are, unless the user chose', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'image', data: images.map(({ bytes }) => bytes), type: 'BYTE_ARRAY' },
        { name: 'label', data: images.map(({ label }) => Number(label)), type: 'INT32' },
        { name: 'category', data: images.map((_, i) => i % 2), type: 'INT32' },
      ],
    });
    expect((await read(new Uint8Array(bytes))).notes).toContain(
      'pets.parquet has other columns that could hold the labels (category); --label-column chooses one.',
    );
    const { notes, classes } = await read(new Uint8Array(bytes), { labelColumn: 'category' });
    expect(classes).toEqual(['0', '1']);
    expect(notes).toEqual(['Labels: pets.parquet, column category.']);
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
      ', row 13: the image cannot be decoded (the row holds no bytes of an image, at most its path; embed the images in the file, or give the folder of images); mend',
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
      notes: [
        expect.stringMatching(/^Broken images were left out: 1 \(.*row 13\)\.$/),
        'Labels: pets.parquet, column label.',
      ],
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

  it('finds odd columns by their type, or by what was asked for', async () => {
    const other = encodeParquet(images, undefined, { kvMetadata: [], column: 'x' });
    expect(await read(other)).toMatchObject({ train });
    const two = encodeColumns([
      { name: 'a', data: images.map(({ bytes }) => bytes) },
      { name: 'b', data: images.map(({ bytes }) => bytes) },
      { name: 'Kind', data: images.map(({ label }) => `class ${label}`), type: 'STRING' },
      { name: 'note', data: images.map(() => 'x'), type: 'STRING' },
    ]);
    await expect(read(two)).rejects.toThrow(
      'pets.parquet has no column of images (image, with bytes) that can be read; its columns: a, b, Kind, note; --image-column names another.',
    );
    await expect(read(two, { imageColumn: 'a' })).rejects.toThrow(
      'no column of labels (label) that can be read; its columns: a, b, Kind, note; --label-column names another.',
    );
    const parts = await read(two, { imageColumn: 'b', labelColumn: 'kind' });
    expect(parts.classes).toEqual(['class 0', 'class 1', 'class 2']);
    expect(parts.notes).toEqual(['Labels: pets.parquet, column Kind.']);
  });

  it('has labels that are floats or truth values', async () => {
    const withLabels = (data: readonly (number | boolean)[], type: 'DOUBLE' | 'FLOAT' | 'BOOLEAN'): Uint8Array =>
      encodeColumns([
        { name: 'image', data: images.map(({ bytes }) => bytes) },
        { name: 'label', data: [...data], type },
      ]);
    const numbers = images.map((_, i) => i % 3);
    expect((await read(withLabels(numbers, 'DOUBLE'))).classes).toEqual(['0', '1', '2']);
    expect((await read(withLabels(numbers, 'FLOAT'))).classes).toEqual(['0', '1', '2']);
    expect(
      (
        await read(
          withLabels(
            numbers.map((n) => n === 0),
            'BOOLEAN',
          ),
        )
      ).classes,
    ).toEqual(['0', '1']);
    await expect(
      read(
        withLabels(
          numbers.map((n) => n + 0.5),
          'DOUBLE',
        ),
      ),
    ).rejects.toThrow('pets.parquet, row 1: the label 0.5 is not a whole number; labels are whole numbers or words.');
  });

  const LIST: SchemaElement[] = [
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
  ];
  const GROUP: SchemaElement[] = [
    { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  ];
  const BYTES: SchemaElement = { name: 'image', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED' };
  const encodeTwo = (image: unknown[], label: unknown[], schema: SchemaElement[]): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'image', data: image },
          { name: 'label', data: label },
        ],
        schema: [{ name: 'root', num_children: 2 }, ...schema],
      }),
    );
  const TEXT: SchemaElement = {
    name: 'label',
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    repetition_type: 'REQUIRED',
  };
  const twoImages = images.slice(0, 2).map(({ bytes }) => bytes);

  it('is refused with other things for images', async () => {
    const paths = encodeTwo(['a', 'b'], ['a', 'b'], [{ ...BYTES, converted_type: 'UTF8' }, TEXT]);
    await expect(read(paths)).rejects.toThrow(
      'the column image holds text, such as paths, and not the bytes of images',
    );
    const lists = encodeTwo(
      [[1, 2], [3]],
      ['a', 'b'],
      [{ name: 'image', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' }, ...LIST, TEXT],
    );
    await expect(read(lists)).rejects.toThrow(
      'the column image holds lists of numbers, and not the bytes of encoded images',
    );
  });

  it('is refused with labels that are lists or groups', async () => {
    const list: SchemaElement = { name: 'label', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' };
    await expect(read(encodeTwo(twoImages, [[1], [2]], [BYTES, list, ...LIST]))).rejects.toThrow(
      'the column of labels, label, holds lists: each image needs one label.',
    );
    const group: SchemaElement = { name: 'label', num_children: 1, repetition_type: 'OPTIONAL' };
    const file = encodeTwo(twoImages, [{ name: 'a' }, { name: 'b' }], [BYTES, group, ...GROUP]);
    await expect(read(file)).rejects.toThrow(
      'the column of labels, label, is nested (label.name): name what to take with --label-column label.name',
    );
    expect((await read(file, { labelColumn: 'label.name' })).classes).toEqual(['a', 'b']);
  });

  it('is read in delta encodings, and other encodings are named', async () => {
    for (const imageEncoding of ['DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'] as const) {
      const bytes = encodeParquet(images, undefined, { imageEncoding, labelEncoding: 'DELTA_BINARY_PACKED' });
      expect(await read(bytes)).toMatchObject(expected);
    }
    const split = encodeColumns([
      { name: 'image', data: images.map(({ bytes }) => bytes) },
      { name: 'label', data: images.map(({ label }) => Number(label)), type: 'DOUBLE', encoding: 'BYTE_STREAM_SPLIT' },
    ]);
    await expect(read(split)).rejects.toThrow(
      /pets\.parquet, byte \d+: label has the encoding BYTE_STREAM_SPLIT, which is not read; write the file anew with plain or dictionary encoding\.$/,
    );
  });
});

const encodeColumns = (columnData: ColumnSource[]): Uint8Array => new Uint8Array(parquetWriteBuffer({ columnData }));

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
      expect(parts).toMatchObject({ train, notes: ['Labels: train-00000-of-00002.parquet, column label.'] });
      expect(parts?.validation?.count).toBe(3);
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

  it('may lie one or two folders down, with the part in the name of the folder, but not among images', async () => {
    const files = {
      'default/train/0000.parquet': encodeParquet(images),
      'default/test/0000.parquet': encodeParquet(images),
    };
    expect(await readFolder(files)).toMatchObject({ train, test: train });
    const configuration = {
      'mnist/train-0.parquet': encodeParquet(images),
      'mnist/validation-0.parquet': encodeParquet(images),
    };
    expect(await readFolder(configuration)).toMatchObject({ train, validation: train, test: undefined });
    await expect(readFolder({ ...configuration, 'cifar/train-0.parquet': encodeParquet(images) })).rejects.toThrow(
      'it holds several (cifar, mnist): give the path of one.',
    );
    expect(await readFolder({ ...configuration, 'cat/1.png': new Uint8Array() })).toBeUndefined();
  });

  it('leaves out a part without labels', async () => {
    const without = encodeParquet(images.map(({ bytes }, i) => ({ bytes, label: i % 2 === 0 ? -1 : null })));
    const files = { 'train.parquet': encodeParquet(images, ['a', 'b', 'c']), 'test.parquet': without };
    expect(await readFolder(files)).toMatchObject({
      test: undefined,
      notes: [
        'Labels: train.parquet, column label.',
        'test.parquet was left out: its rows have no labels (null or -1).',
      ],
    });
    const some = encodeParquet(images.map(({ bytes, label }, i) => ({ bytes, label: i === 4 ? -1 : label })));
    await expect(readFolder({ ...files, 'test.parquet': some })).rejects.toThrow(
      /test\.parquet, row 5: no label, while other rows of this part have one; remove the row\.$/,
    );
  });

  it('is explained file by file', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'data/train-0.parquet', encodeParquet(images));
    await writeIn(folder, 'data/more.parquet', encodeParquet(images));
    expect(await (await locateParquetFolder(folder))?.explain?.({})).toEqual([
      { file: 'data/train-0.parquet', part: 'train', rule: 'images in column image, labels in column label' },
      { file: 'data/more.parquet', rule: 'no name of a part, while others have one' },
    ]);
  });
});
