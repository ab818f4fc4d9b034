import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CIFAR_SHAPE, encodeCifar, encodeTarGz, type TarEntry } from '../../../../test/support/cifar-fixtures.ts';
import { randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import { type Examples, selectExamples } from '../../set/dataset.ts';
import type { DatasetParts } from '../../set/source.ts';
import { locateCifarArchive, locateCifarFolder } from './cifar.ts';

const train = randomExamples(6, CIFAR_SHAPE, 3);
const test = randomExamples(3, CIFAR_SHAPE, 3, 2);
const names = 'airplane\nbird\ncat\n\n';
const batch = (from: number, to: number): Examples =>
  selectExamples(
    train,
    3072,
    Array.from({ length: to - from }, (_, i) => from + i),
  );

const CIFAR_10 = {
  'data_batch_1.bin': encodeCifar(batch(0, 4)),
  'data_batch_2.bin': encodeCifar(batch(4, 6)),
  'test_batch.bin': encodeCifar(test),
  'batches.meta.txt': Buffer.from(names),
  'readme.html': Buffer.from('x'),
};

const readFolder = async (files: Readonly<Record<string, Uint8Array>>): Promise<DatasetParts | undefined> => {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeIn(folder, name, content);
  return (await locateCifarFolder(folder, 'cifar'))?.read({});
};

const readArchive = async (entries: readonly TarEntry[] | Uint8Array): Promise<DatasetParts> => {
  const bytes = entries instanceof Uint8Array ? entries : encodeTarGz(entries);
  return locateCifarArchive(await writeIn(await temporaryFolder(), 'cifar.tar.gz', bytes)).read({});
};

const entriesOf = (files: Readonly<Record<string, Uint8Array>>): TarEntry[] =>
  Object.entries(files).map(([name, content]) => ({ name: `cifar-10-batches-bin/${name}`, content }));

const expected = {
  name: 'cifar',
  shape: CIFAR_SHAPE,
  classes: ['airplane', 'bird', 'cat'],
  train,
  test,
  notes: ['Labels: in the files themselves, with the names of batches.meta.txt.'],
};

describe('CIFAR', () => {
  it('is read from the batches of CIFAR-10', async () => {
    expect(await readFolder(CIFAR_10)).toEqual(expected);
    const { 'test_batch.bin': _, 'batches.meta.txt': __, ...bare } = CIFAR_10;
    expect(await readFolder(bare)).toEqual({
      ...expected,
      notes: ['Labels: in the files themselves.'],
      classes: ['0', '1', '2'],
      test: undefined,
    });
  });

  it('is explained file by file', async () => {
    const folder = await temporaryFolder();
    for (const [name, content] of Object.entries(CIFAR_10)) await writeIn(folder, name, content);
    const rule = 'images and labels, by the name of the file';
    expect(await (await locateCifarFolder(folder))?.explain?.({})).toEqual([
      { file: 'batches.meta.txt', rule: 'names of the classes' },
      { file: 'data_batch_1.bin', part: 'train', rule },
      { file: 'data_batch_2.bin', part: 'train', rule },
      { file: 'test_batch.bin', part: 'test', rule },
    ]);
  });

  it.each([
    ['CIFAR-10', ['batches.meta', 'data_batch_1', 'test_batch', 'readme.html']],
    ['CIFAR-100', ['meta', 'train', 'test', 'file.txt~']],
  ])('is refused in its version for Python: %s', async (_, names) => {
    const message =
      'it is the version of CIFAR for Python, whose files are pickles; they are not read, because a pickle can run code. Take the binary version';
    const pickles = Object.fromEntries(names.map((name) => [name, Uint8Array.of(0x80, 2)]));
    await expect(readFolder(pickles)).rejects.toThrow(message);
    await expect(readArchive(entriesOf(pickles))).rejects.toThrow(message);
    expect(
      await readFolder({
        'meta/1.png': new Uint8Array(),
        'train/1.png': new Uint8Array(),
        'test/1.png': new Uint8Array(),
      }),
    ).toBeUndefined();
  });

  it('is read from CIFAR-100 with its fine labels', async () => {
    const files = {
      'train.bin': encodeCifar(train, true),
      'test.bin': encodeCifar(test, true),
      'fine_label_names.txt': Buffer.from(`${names}worm\n`),
      'coarse_label_names.txt': Buffer.from('x'),
    };
    expect(await readFolder(files)).toEqual({
      ...expected,
      notes: [expect.stringMatching(/^Labels: in the files/), 'Classes without a training image were left out: worm.'],
    });
  });

  it('is read from its archive in place', async () => {
    expect(await readArchive(entriesOf(CIFAR_10))).toEqual(expected);
  });

  it('is not seen in other folders', async () => {
    expect(await readFolder({ 'train.bin': encodeCifar(train) })).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      'cut off',
      { 'data_batch_1.bin': encodeCifar(train).subarray(0, 7000) },
      'data_batch_1.bin, byte 6146: 7000 bytes are not a whole number of records of 3073 bytes; copy the file again.',
    ],
    ['empty', { 'data_batch_1.bin': new Uint8Array() }, 'data_batch_1.bin, byte 0: 0 bytes are not a whole number'],
    [
      'with a label beyond its names',
      { ...CIFAR_10, 'batches.meta.txt': Buffer.from('a\nb\n') },
      'data_batch_1.bin, byte 6146: label 2, but there are only 2 classes; copy the file again.',
    ],
  ])('is refused when it is %s', async (_, files, message) => {
    await expect(readFolder(files)).rejects.toThrow(message);
  });
});

describe('an archive', () => {
  it('leaves no file anywhere, and follows no link', async () => {
    const content = CIFAR_10['data_batch_1.bin'];
    const entries: TarEntry[] = [
      { name: '../../../../tmp/data_batch_9.bin', content: '', type: '2' },
      { name: 'data_batch_8.bin', content: '', type: '1' },
      { name: 'data_batch_7.bin', content: '', type: '5' },
      { name: '/data_batch_1.bin', content },
      { name: 'again/data_batch_1.bin', content: 'x' },
    ];
    expect((await readArchive(entries)).train).toEqual(batch(0, 4));
  });

  it('is found out by its check sum, which comes last', async () => {
    const examples = randomExamples(100, CIFAR_SHAPE, 3);
    const archive = encodeTarGz([{ name: 'data_batch_1.bin', content: encodeCifar(examples) }]);
    const bytes = gzipSync(Buffer.concat([gunzipSync(archive), Buffer.alloc(600_000)]));
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await expect(readArchive(bytes)).rejects.toThrow('the gzip compression is damaged or cut off');
  });

  it('is refused when it holds something else', async () => {
    await expect(readArchive([{ name: 'a.png', content: 'x' }])).rejects.toThrow(
      'it holds neither data_batch_1.bin (CIFAR-10) nor',
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'cut off',
      encodeTarGz(entriesOf(CIFAR_10)).subarray(0, 9000),
      /cifar\.tar\.gz, byte \d+: the gzip compression is damaged or cut off/,
    ],
    ['no gzip', Buffer.from('text'), /cifar\.tar\.gz, byte 0: neither a tar archive nor compressed by gzip/],
    ['no tar', gzipSync(Buffer.alloc(2048, 1)), /cifar\.tar\.gz, byte 0: not a tar header/],
    [
      'too short for its file',
      encodeTarGz([{ name: 'data_batch_1.bin', content: 'x', size: 1e6 }]),
      /byte 2048: the archive ends in the middle of data_batch_1\.bin/,
    ],
    [
      'larger than memory',
      encodeTarGz([{ name: 'data_batch_1.bin', content: 'x', size: 8e9 }]),
      /byte 124: (.*\/)?data_batch_1\.bin has 8000000000 bytes, at most \d+ are read; check how the archive was made\.$/,
    ],
  ])('is refused when it is %s', async (_, bytes, message) => {
    const error = await readArchive(bytes).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'DATA_FORMAT', message: expect.stringMatching(message) });
    expect(error).toMatchObject({ details: { path: expect.stringContaining(join('cifar.tar.gz')) } });
  });
});
