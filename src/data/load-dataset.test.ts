import { mkdtempSync } from 'node:fs';
import { chmod, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCsv, encodeNpy, npzEntries, writeNpz } from '../../test/support/array-fixtures.ts';
import {
  encodeIdx,
  pixelsOf,
  plainImage,
  randomExamples,
  temporaryFolder,
  writeIdxPair,
  writeIn,
  writeLabelledPngs,
  writePngFolder,
} from '../../test/support/data-fixtures.ts';
import { encodeParquet, parquetImages } from '../../test/support/parquet-fixtures.ts';
import { type LoadOptions, loadDataset } from './load-dataset.ts';
import {
  type Dataset,
  type Examples,
  type ImageShape,
  imageSizeOf,
  readImages,
  selectExamples,
} from './set/dataset.ts';
import { channelStatistics } from './set/statistics.ts';

const shape = { channels: 1, height: 6, width: 5 };
const train = randomExamples(15, shape, 3);
const test = randomExamples(6, shape, 3, 2);

interface WrittenDataset {
  readonly folder: string;
  readonly cacheDir: string;
}

/** Writes the parts in one format. A loader of a new format is put under the contract by one more entry here. */
type WriteFormat = (folder: string, train: Examples, test: Examples | undefined, shape: ImageShape) => Promise<void>;

const FORMATS: Readonly<Record<string, WriteFormat>> = {
  IDX: async (folder, first, second, shape) => {
    await writeIdxPair(folder, 'train', first, shape);
    if (second !== undefined) await writeIdxPair(folder, 't10k', second, shape);
  },
  'compressed IDX': async (folder, first, second, shape) => {
    await writeIdxPair(folder, 'train', first, shape, gzipSync);
    if (second !== undefined) await writeIdxPair(folder, 'test', second, shape, gzipSync);
    for (const file of await readdir(folder)) {
      await rename(join(folder, file), join(folder, `${file.replace('-idx', '.idx')}.gz`));
    }
  },
  npz: async (folder, first, second, shape) => {
    await writeNpz(folder, 'data.npz', npzEntries(first, second, shape));
  },
  CSV: async (folder, first, second, shape) => {
    await writeIn(folder, 'train.csv', encodeCsv(first, shape));
    if (second !== undefined) await writeIn(folder, 'test.csv.gz', gzipSync(encodeCsv(second, shape)));
  },
  'CSV of PNG files': async (folder, first, second, shape) => {
    await writeLabelledPngs(folder, 'train', first, shape);
    if (second !== undefined) await writeLabelledPngs(folder, 'test', second, shape);
  },
  Parquet: async (folder, first, second, shape) => {
    await writeIn(folder, 'train-0.parquet', encodeParquet(await parquetImages(first, shape)));
    if (second !== undefined)
      await writeIn(folder, 'test-0.parquet', encodeParquet(await parquetImages(second, shape)));
  },
  PNG: async (folder, first, second, shape) => {
    await writePngFolder(join(folder, second === undefined ? '' : 'train'), first, shape);
    if (second !== undefined) await writePngFolder(join(folder, 'test'), second, shape);
  },
};

const write = async (
  format: WriteFormat,
  first: Examples = train,
  second: Examples | undefined = test,
): Promise<WrittenDataset> => {
  const folder = join(await temporaryFolder(), 'digits');
  await format(folder, first, second, shape);
  return { folder, cacheDir: await temporaryFolder() };
};

const load = ({ folder, cacheDir }: WrittenDataset, options: LoadOptions = {}): Promise<Dataset> =>
  loadDataset(folder, { cacheDir, ...options });

/** Where the labels come from is always said. */
const isUnusual = (note: string): boolean => !note.startsWith('Labels:');

describe.each(Object.entries(FORMATS))('contract of a loader: %s', (_, format) => {
  it('gives names, shape, classes and both parts', async () => {
    const dataset = await load(await write(format));
    expect(dataset).toMatchObject({ name: 'digits', shape, classes: ['0', '1', '2'] });
    expect(dataset.notes.filter(isUnusual)).toEqual([]);
    expect([dataset.train.count, dataset.test.count]).toEqual([15, 6]);
    expect([...dataset.train.labels].sort()).toEqual([...train.labels].sort());
    const sum = (values: Uint8Array): number => values.reduce((a, b) => a + b, 0);
    expect(sum(pixelsOf(dataset.train))).toBe(sum(pixelsOf(train)));
  });

  it('gives the same the second time, from the cache', async () => {
    const source = await write(format);
    const first = await load(source);
    const steps: number[] = [];
    expect(await load(source, { onProgress: (done) => steps.push(done) })).toEqual(first);
    expect(steps).toEqual([]);
    expect(await readdir(join(source.cacheDir, 'datasets'))).toEqual([`${first.fingerprint}.pack`]);
  });

  it('remembers where the data came from and how it was asked for, from the cache too', async () => {
    const written = await write(format);
    const source = written.folder;
    const asked = { size: { height: 6, width: 7 }, channels: 'rgb', test: 0.25, seed: 3 } as const;
    for (let time = 0; time < 2; time++) expect((await load(written, asked)).origin).toEqual({ source, ...asked });
    expect((await load(written)).origin).toEqual({ source });
  });

  it('splits a test part off if there is none', async () => {
    const folder = join(await temporaryFolder(), 'digits');
    await format(folder, train, undefined, shape);
    const source = { folder, cacheDir: await temporaryFolder() };
    const dataset = await load(source, { test: 0.2, seed: 5 });
    expect([dataset.train.count, dataset.test.count]).toEqual([12, 3]);
    expect(dataset.notes.filter(isUnusual)).toEqual([
      'No test part in the data: 3 of 15 images were split off as one (stratified, seed 5).',
    ]);
    expect(await load(source, { test: 0.2, seed: 5 })).toEqual(dataset);
    expect((await load(source, { test: 0.2, seed: 6 })).fingerprint).not.toBe(dataset.fingerprint);
  });

  it('brings images to the size and colour mode asked for', async () => {
    const dataset = await load(await write(format), { size: { height: 3, width: 4 }, channels: 'rgb' });
    expect(dataset.shape).toEqual({ channels: 3, height: 3, width: 4 });
    expect(dataset.train.pixels).toHaveLength(15 * 36);
  });

  it('refuses data of one class', async () => {
    const one = { ...train, labels: new Int32Array(train.count) };
    await expect(load(await write(format, one, one))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('can be cancelled', async () => {
    const source = await write(format);
    await expect(load(source, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the same images', () => {
  const options: LoadOptions[] = [{}, { size: { height: 8, width: 8 } }, { channels: 'rgb' }];

  it.each(options)('have the same fingerprint in every format, with options %j', async (option) => {
    const datasets = [];
    for (const format of Object.values(FORMATS)) datasets.push(await load(await write(format), option));
    const reordered = selectExamples(
      train,
      30,
      Array.from({ length: 15 }, (_, i) => 14 - i),
    );
    datasets.push(await load(await write(FORMATS.IDX ?? (async () => {}), reordered), option));
    for (const { fingerprint, train: part } of datasets) {
      expect(fingerprint).toBe(datasets[0]?.fingerprint);
      expect(part).toEqual(datasets[0]?.train);
    }
  });
});

describe('mnist', () => {
  const cacheDir = mkdtempSync(join(tmpdir(), 'auto-cnn-mnist-'));
  let mnist: Dataset;
  beforeAll(async () => {
    mnist = await loadDataset('mnist', { cacheDir });
  });
  afterAll(() => rm(cacheDir, { recursive: true }));

  it('is the whole of MNIST', async () => {
    expect(mnist).toMatchObject({ name: 'mnist', shape: { channels: 1, height: 28, width: 28 }, notes: [] });
    expect(mnist.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect([mnist.train.count, mnist.test.count]).toEqual([60_000, 10_000]);
    const counts = (labels: Int32Array): number[] =>
      mnist.classes.map((_, i) => labels.filter((label) => label === i).length);
    expect(counts(mnist.train.labels)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(counts(mnist.test.labels)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect(mnist.fingerprint).toBe('b52938b44bbd7a425a17ade0459f5f4c228938bf701b6361688c5acd6954e1b9');
    const again = await loadDataset('mnist', { cacheDir });
    expect(Buffer.compare(pixelsOf(again.train), pixelsOf(mnist.train))).toBe(0);
    expect(again.fingerprint).toBe(mnist.fingerprint);
  });

  it('has the same fingerprint in every format, for 100 of its images', async () => {
    const pick = (part: Examples, count: number): Examples =>
      selectExamples(
        part,
        784,
        Array.from({ length: count }, (_, i) => i * 7),
      );
    const [some, tests] = [pick(mnist.train, 70), pick(mnist.test, 30)];
    const folder = await temporaryFolder();
    const fingerprints: Record<string, string> = {};
    for (const [form, format] of Object.entries(FORMATS)) {
      await format(join(folder, form, 'mnist'), some, tests, mnist.shape);
      const dataset = await loadDataset(join(folder, form, 'mnist'), { cacheDir: join(folder, form, 'cache') });
      expect(dataset).toMatchObject({ shape: mnist.shape, classes: mnist.classes });
      expect(dataset.notes.filter(isUnusual)).toEqual([]);
      fingerprints[form] = dataset.fingerprint;
    }
    expect(new Set(Object.values(fingerprints)).size, JSON.stringify(fingerprints)).toBe(1);
  });
});

it('keeps the range of the pixels, from the cache too, and not that of another source with the same content', async () => {
  const deep = (factor: number): Record<string, Uint8Array> => ({
    'x_train.npy': encodeNpy(
      '<u2',
      [4, 2, 2],
      new Uint8Array(Uint16Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : i) * factor).buffer),
    ),
    'y_train.npy': encodeNpy('|u1', [4], Uint8Array.of(0, 1, 0, 1)),
  });
  const folder = await temporaryFolder();
  const cacheDir = join(folder, 'cache');
  const sixteen = await writeNpz(folder, 'a.npz', deep(1));
  const sixtyFour = await writeNpz(folder, 'b.npz', deep(4.01));
  for (let time = 0; time < 2; time++) {
    const bytes = await loadDataset(sixteen, { cacheDir, test: 0.5 });
    const stretched = await loadDataset(sixtyFour, { cacheDir, test: 0.5 });
    expect(stretched.fingerprint).toBe(bytes.fingerprint);
    expect([bytes.pixelRange, stretched.pixelRange]).toEqual([undefined, { low: 0, high: 1023 }]);
  }
});

describe('the cache', () => {
  const format = FORMATS.PNG ?? (async () => {});

  it('is not believed after a file changed, even with its size and time kept', async () => {
    const source = await write(FORMATS.IDX ?? format);
    const path = join(source.folder, 'train-images-idx3-ubyte');
    await utimes(path, 1_000_000_000, 1_000_000_000);
    const first = await load(source);
    const pixels = train.pixels.map((value) => 255 - value);
    await writeFile(path, encodeIdx([15, 6, 5], pixels));
    await utimes(path, 1_000_000_000, 1_000_000_000);
    expect((await load(source)).fingerprint).not.toBe(first.fingerprint);
  });

  it('is not believed after an image was added or removed', async () => {
    const source = await write(format);
    const first = await load(source);
    const added = await writeIn(source.folder, 'train/1/new.png', await plainImage('#777', { height: 6, width: 5 }));
    expect((await load(source)).train.count).toBe(16);
    await rm(added);
    expect(await load(source)).toEqual(first);
  });

  it('is rebuilt silently when it is damaged or gone', async () => {
    const source = await write(format);
    const first = await load(source);
    const pack = join(source.cacheDir, 'datasets', `${first.fingerprint}.pack`);
    await writeFile(pack, 'damaged');
    expect(await load(source)).toEqual(first);
    expect((await stat(pack)).size).toBeGreaterThan(1000);
    await rm(pack);
    expect(await load(source)).toEqual(first);
    for (const entry of await readdir(join(source.cacheDir, 'sources'))) {
      await writeFile(join(source.cacheDir, 'sources', entry), '{"fingerprint":');
    }
    expect(await load(source)).toEqual(first);
  });

  it('can be filled by several at the same time', async () => {
    const source = await write(format);
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => load(source)));
    for (const other of others) expect(other).toEqual(first);
  });

  it('keeps apart what differs in its options, and the names of sources with the same images', async () => {
    const source = await write(format);
    const plain = await load(source);
    expect((await load(source, { channels: 'rgb' })).shape.channels).toBe(3);
    expect(await load(source)).toEqual(plain);
    const renamed = join(source.folder, '..', 'renamed');
    await rename(source.folder, renamed);
    const asRenamed = { ...plain, name: 'renamed', origin: { source: renamed } };
    expect(await loadDataset(renamed, { cacheDir: source.cacheDir })).toEqual(asRenamed);
    expect(await loadDataset(renamed, { cacheDir: source.cacheDir })).toEqual(asRenamed);
  });

  it('is done without if it cannot be written, which is said', async () => {
    const source = await write(format);
    await writeFile(join(source.cacheDir, 'datasets'), 'in the way');
    const dataset = await load(source);
    expect(dataset.train.count).toBe(15);
    expect(dataset.notes.filter(isUnusual)).toEqual([
      expect.stringMatching(/^The packed data could not be kept\. Cannot write .*: .+\.$/),
    ]);
  });
});

describe('a folder', () => {
  it('of images in a zip archive, with a table of numbers about them, is not a table of pixels', async () => {
    const { folder, cacheDir } = await write(async () => {});
    const images: Record<string, Uint8Array> = {};
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
      images[`${name}.png`] = await plainImage('#777', { height: 6, width: 5 });
    await writeIn(folder, 'train.zip', zipSync(images));
    const flags = ['1,0,0,0', '0,1,0,0', '0,0,1,0', '0,0,0,1'];
    const rows = Object.keys(images).map((name, i) => `${flags[i % 4]},${name}`);
    await writeIn(folder, 'train.csv', ['0,1,2,3,id', ...rows].join('\n'));
    expect((await load({ folder, cacheDir }, { test: 0.5 })).classes).toEqual(['0', '1', '2', '3']);
  });
});

describe('bad input', () => {
  it('suggests the nearest name', async () => {
    await expect(loadDataset('MINST')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `No data set "MINST": it is neither a built-in name (mnist, fashion-mnist, cifar10, cifar100) nor an existing path (looked for ${join(process.cwd(), 'MINST')}); did you mean mnist?`,
      details: { suggestion: 'mnist' },
    });
    await expect(loadDataset('/no/such/folder')).rejects.toThrow(
      'No data set "/no/such/folder": it is neither a built-in name (mnist, fashion-mnist, cifar10, cifar100) nor an existing path (looked for /no/such/folder); check the path, or give one of the names.',
    );
  });

  it('refuses a file', async () => {
    const path = await writeIn(await temporaryFolder(), 'a.png', '');
    await expect(loadDataset(path)).rejects.toThrow(
      `Cannot use ${path} as a data set: a file must end in .npz, .tar, .tar.gz, .tgz, .zip, .csv, .csv.gz, .parquet, .pq, .npy; for images or IDX files, give the folder that holds them.`,
    );
  });

  it('refuses an option that would change nothing', async () => {
    const { folder, cacheDir } = await write(FORMATS.PNG ?? (async () => {}));
    await expect(loadDataset(folder, { cacheDir, layout: 'nchw' })).rejects.toThrow(
      `--layout has no meaning for ${folder}, which is read as image-folder: it is for arrays and CSV files of pixels; leave it out.`,
    );
    await expect(loadDataset('mnist', { cacheDir, labelColumn: 'y' })).rejects.toThrow(
      '--label-column has no meaning for mnist, which is read as idx: it is for tables, .npz files and Parquet files; leave it out.',
    );
  });

  it('refuses a folder without permission', async () => {
    const { folder, cacheDir } = await write(FORMATS.IDX ?? (async () => {}));
    await chmod(folder, 0o000);
    await asOrdinaryUser(async () => {
      await expect(loadDataset(folder, { cacheDir })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('permission denied; give this user access to it.'),
      });
    });
    await chmod(folder, 0o700);
  });

  it.each<[LoadOptions, string]>([
    [
      { size: { height: 0, width: 5 } },
      'The image size must be two whole numbers from 1 to 1024, got 0 × 5: use --size 32x32, for example.',
    ],
    [
      { size: { height: 5, width: 2.5 } },
      'The image size must be two whole numbers from 1 to 1024, got 5 × 2.5: use --size 32x32, for example.',
    ],
    [{ test: 1.5 }, 'The share of the test part must lie between 0 and 1, got 1.5: use --test 0.1, for example.'],
    [{ seed: 0.5 }, 'The seed must be a whole number, got 0.5.'],
    [{ channels: 'blue' as 'grey' }, 'The colour mode must be grey or rgb, got "blue".'],
  ])('refuses the options %j', async (options, message) => {
    await expect(loadDataset('mnist', options)).rejects.toThrow(message);
  });
});

/** The superuser may read everything, so the test gives that up for a moment. */
async function asOrdinaryUser(run: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('data that memory should not hold', () => {
  const images = (part: Examples, size: number): Uint8Array[] =>
    Array.from({ length: part.count }, (_, i) => readImages(part, size, i, i + 1));

  it.each(Object.entries(FORMATS))('is the same as %s when it stays in its packed file', async (_, format) => {
    const { folder, cacheDir } = await write(format);
    for (const option of [{}, { channels: 'rgb' }] as const) {
      const whole = await load({ folder, cacheDir: await temporaryFolder() }, option);
      const size = imageSizeOf(whole.shape);
      for (const time of ['first', 'second']) {
        const stored = await load({ folder, cacheDir }, { ...option, memoryLimitBytes: 100 });
        expect(stored.train.pixels, time).not.toBeInstanceOf(Uint8Array);
        expect({ ...stored, train: images(stored.train, size), test: images(stored.test, size) }).toEqual({
          ...whole,
          train: images(whole.train, size),
          test: images(whole.test, size),
        });
        expect(
          channelStatistics(
            stored.train,
            stored.train.labels.map((_, i) => i),
            stored.shape,
          ),
        ).toEqual(
          channelStatistics(
            whole.train,
            whole.train.labels.map((_, i) => i),
            whole.shape,
          ),
        );
      }
      expect((await readdir(cacheDir)).sort()).toEqual(['datasets', 'sources']);
    }
  });

  it('is decoded to colour and to grey, and split, as in memory', async () => {
    const colour = { channels: 3, height: 6, width: 5 };
    const folder = await temporaryFolder();
    await writePngFolder(folder, randomExamples(20, colour, 2), colour);
    for (const channels of ['rgb', 'grey', undefined] as const) {
      const whole = await loadDataset(folder, { cacheDir: await temporaryFolder(), channels });
      const cacheDir = await temporaryFolder();
      const stored = await loadDataset(folder, { cacheDir, channels, memoryLimitBytes: 100 });
      expect(stored.fingerprint).toBe(whole.fingerprint);
      expect(images(stored.test, imageSizeOf(whole.shape))).toEqual(images(whole.test, imageSizeOf(whole.shape)));
    }
  });
});
