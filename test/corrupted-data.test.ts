// Every reader meets damaged files: it gives a typed error with path and position, or data; in the formats that carry check
// sums the very data that was written.

import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { buildDataset } from '../src/data/build/build-dataset.ts';
import { folderTreeWithArchives } from '../src/data/containers/folder-tree.ts';
import { locateCifarArchive, locateCifarFolder } from '../src/data/formats/arrays/cifar.ts';
import { locateIdxFolder } from '../src/data/formats/arrays/idx-folder.ts';
import { locateArrayFolder, locateNpz } from '../src/data/formats/arrays/npz.ts';
import { locateCsvFolder } from '../src/data/formats/csv/csv-source.ts';
import { locateImageZip, locateTar } from '../src/data/formats/images/image-archive.ts';
import { locateImageFolder } from '../src/data/formats/images/image-folder.ts';
import { locateParquetFolder } from '../src/data/formats/parquet/parquet-source.ts';
import type { Dataset } from '../src/data/set/dataset.ts';
import type { LocatedSource } from '../src/data/set/source.ts';
import { AutoCnnError } from '../src/errors.ts';
import { createRng, type Rng } from '../src/random/rng.ts';
import { encodeCsv, encodeNpy, npzEntries } from './support/array-fixtures.ts';
import { CIFAR_SHAPE, encodeCifar, encodeTarGz } from './support/cifar-fixtures.ts';
import { encodeIdx, encodePng, randomExamples, temporaryFolder, writeIn } from './support/data-fixtures.ts';
import { decompressionBomb } from './support/decompression-bomb.ts';
import { encodeColourBmp, encodeDeepPng, encodeRgba, encodeTiff } from './support/image-fixtures.ts';
import { encodeParquet, parquetImages } from './support/parquet-fixtures.ts';
import { countFor } from './support/tier.ts';

const VARIANTS = countFor({ quick: 100, slow: 1000 });
const LARGEST_GROWTH_KB = 1024 * 1024;

type Files = Readonly<Record<string, Buffer>>;

interface Reader {
  readonly files: Files;
  readonly locate: (folder: string) => Promise<LocatedSource | undefined> | LocatedSource | undefined;
  /** No damage can pass unnoticed: there is an error, or a note that something was left out. */
  readonly hasSums?: boolean;
}

const shape = { channels: 1, height: 6, width: 6 };
const colour = { channels: 3, height: 6, width: 6 };
const train = randomExamples(12, shape, 3);
const test = randomExamples(6, shape, 3, 2);
const coloured = randomExamples(12, colour, 3);
const cifar = randomExamples(6, CIFAR_SHAPE, 3);
const images = await parquetImages(coloured, colour);

const idx = (compress: (bytes: Buffer) => Buffer): Files => ({
  'train-images-idx3-ubyte': compress(encodeIdx([12, 6, 6], train.pixels)),
  'train-labels-idx1-ubyte': compress(encodeIdx([12], Uint8Array.from(train.labels))),
  't10k-images-idx3-ubyte': compress(encodeIdx([6, 6, 6], test.pixels)),
  't10k-labels-idx1-ubyte': compress(encodeIdx([6], Uint8Array.from(test.labels))),
});

const imagesAs = async (ending: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif'): Promise<Files> =>
  Object.fromEntries(
    await Promise.all(
      images.map(async ({ bytes, label }, i) => [
        `${label}/${i}.${ending}`,
        await sharp(bytes ?? Buffer.alloc(0))
          .toFormat(ending)
          .toBuffer(),
      ]),
    ),
  );

/** Each image of the coloured examples, written by `encode`. */
const written = async (ending: string, encode: (planes: Uint8Array) => Promise<Buffer> | Buffer): Promise<Files> =>
  Object.fromEntries(
    await Promise.all(
      images.map(async ({ label }, i) => [
        `${label}/${i}.${ending}`,
        await encode(coloured.pixels.subarray(108 * i, 108 * (i + 1))),
      ]),
    ),
  );
const firstPlane = (planes: Uint8Array): number[] => [...planes.subarray(0, 36)];
const netpbm = (head: string, ending: string, values: (planes: Uint8Array) => Uint8Array | string): Promise<Files> =>
  written(ending, (planes) => Buffer.concat([Buffer.from(head), Buffer.from(values(planes))]));

const named: Files = Object.fromEntries(images.map(({ bytes }, i) => [`${i}.png`, Buffer.from(bytes ?? [])]));
const rows = ['file,label', ...images.map(({ label }, i) => `${i}.png,${label}`)];

/** The images of each class in a zip archive of their own, as Teachable Machine gives them. */
const zipEach = async (): Promise<Record<string, Buffer>> => {
  const files = Object.entries(await imagesAs('png'));
  const zipped = (label: string): Buffer =>
    Buffer.from(zipSync(Object.fromEntries(files.filter(([name]) => name.startsWith(`${label}/`)))));
  return Object.fromEntries(['0', '1', '2'].map((label) => [`${label}-samples.zip`, zipped(label)]));
};
const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** `[images, height, width, 4]`, the fourth channel 255. */
const opaque = Uint8Array.from({ length: 6 * 6 * 4 * 12 }, (_, i) =>
  i % 4 === 3 ? 255 : (coloured.pixels[i % coloured.pixels.length] ?? 0),
);

/** The class is the first of eight columns. */
function qmnistLabels(labels: Int32Array): Buffer {
  const bytes = Buffer.alloc(12 + labels.length * 32);
  bytes.set([0, 0, 0x0c, 2, 0, 0, 0, labels.length, 0, 0, 0, 8]);
  for (const [row, label] of labels.entries()) bytes.writeInt32BE(label, 12 + row * 32);
  return bytes;
}

const READERS: Readonly<Record<string, Reader>> = {
  IDX: { files: idx((bytes) => bytes), locate: locateIdxFolder },
  'compressed IDX': { files: idx((bytes) => gzipSync(bytes)), locate: locateIdxFolder, hasSums: true },
  npz: {
    files: { 'a.npz': Buffer.from(zipSync(npzEntries(train, test, shape))) },
    locate: (folder) => locateNpz(join(folder, 'a.npz')),
    hasSums: true,
  },
  'stored npz': {
    files: { 'a.npz': Buffer.from(zipSync(npzEntries(coloured, undefined, colour), { level: 0 })) },
    locate: (folder) => locateNpz(join(folder, 'a.npz')),
    hasSums: true,
  },
  'npz with rows, opacity and parts': {
    files: {
      'a.npz': Buffer.from(
        zipSync({
          'train_images.npy': encodeNpy('|u1', [12, 36], train.pixels),
          'train_labels.npy': encodeNpy('<f4', [12, 1], bytesOf(Float32Array.from(train.labels))),
          'val_images.npy': encodeNpy('|u1', [6, 36], test.pixels),
          'val_labels.npy': encodeNpy('|S1', [6], Buffer.from(test.labels.join(''))),
          'test_images.npy': encodeNpy('<u2', [6, 36], bytesOf(Uint16Array.from(test.pixels))),
          'test_labels.npy': encodeNpy('|i1', [6], Uint8Array.from(test.labels)),
        }),
      ),
    },
    locate: (folder) => locateNpz(join(folder, 'a.npz')),
    hasSums: true,
  },
  'folder of npy': {
    files: {
      'X.npy': Buffer.from(encodeNpy('|u1', [12, 6, 6, 4], opaque)),
      'y.npy': Buffer.from(encodeNpy('<i8', [12], bytesOf(BigInt64Array.from(train.labels, BigInt)))),
    },
    locate: locateArrayFolder,
  },
  QMNIST: {
    files: {
      'qmnist-train-images-idx3-ubyte': encodeIdx([12, 6, 6], train.pixels),
      'qmnist-train-labels-idx2-int': qmnistLabels(train.labels),
    },
    locate: locateIdxFolder,
  },
  'EMNIST with names': {
    files: {
      'emnist-letters-train-images-idx3-ubyte': encodeIdx([12, 6, 6], train.pixels),
      'emnist-letters-train-labels-idx1-ubyte': encodeIdx([12], Uint8Array.from(train.labels)),
      'emnist-letters-mapping.txt': Buffer.from('0 65 97\n1 66 98\n2 67 99\n'),
    },
    locate: locateIdxFolder,
  },
  'CSV of cells of pixels and parts': {
    files: {
      'train.csv': Buffer.from(
        [
          'emotion,pixels,Usage',
          ...Array.from(train.labels, (label, i) => {
            const cell = train.pixels.subarray(i * 36, (i + 1) * 36).join(' ');
            return `${label},${cell},${i < 9 ? 'Training' : 'PublicTest'}`;
          }),
        ].join('\n'),
      ),
    },
    locate: locateCsvFolder,
  },
  'CSV without names, labels last': {
    files: { 'train.csv': Buffer.from(encodeCsv(train, shape, false).replaceAll(/^(\d+),(.*)$/gm, '$2,$1')) },
    locate: locateCsvFolder,
  },
  CSV: {
    files: { 'train.csv': Buffer.from(encodeCsv(train, shape)), 'test.csv': Buffer.from(encodeCsv(test, shape)) },
    locate: locateCsvFolder,
  },
  'compressed CSV': {
    files: { 'train.csv.gz': gzipSync(encodeCsv(train, shape)) },
    locate: locateCsvFolder,
    hasSums: true,
  },
  'CSV of image names': { files: { ...named, 'labels.csv': Buffer.from(rows.join('\n')) }, locate: locateImageFolder },
  CIFAR: {
    files: {
      'data_batch_1.bin': encodeCifar(cifar),
      'test_batch.bin': encodeCifar(cifar),
      'batches.meta.txt': Buffer.from('cat\ndog\nfox\n'),
    },
    locate: locateCifarFolder,
  },
  'CIFAR archive': {
    files: { 'a.tar.gz': encodeTarGz([{ name: 'a/data_batch_1.bin', content: encodeCifar(cifar) }]) },
    locate: (folder) => locateCifarArchive(join(folder, 'a.tar.gz')),
    hasSums: true,
  },
  Parquet: {
    files: { 'train.parquet': encodeParquet(images, ['cat', 'dog', 'fox']) },
    locate: locateParquetFolder,
  },
  'uncompressed Parquet': {
    files: {
      'train.parquet': encodeParquet([...images, ...images], undefined, { codec: 'UNCOMPRESSED', rowGroupSize: 9 }),
    },
    locate: locateParquetFolder,
  },
  'Parquet in delta encodings, in a folder of a configuration': {
    files: {
      'default/train/0000.parquet': encodeParquet([...images, ...images], undefined, {
        codec: 'UNCOMPRESSED',
        imageEncoding: 'DELTA_BYTE_ARRAY',
        labelEncoding: 'DELTA_BINARY_PACKED',
      }),
      'default/validation/0000.parquet': encodeParquet(images, undefined, {
        codec: 'UNCOMPRESSED',
        imageEncoding: 'DELTA_LENGTH_BYTE_ARRAY',
      }),
    },
    locate: locateParquetFolder,
  },
  'zip of PNG files': {
    files: { 'a.zip': Buffer.from(zipSync(await imagesAs('png'))) },
    locate: (folder) => locateImageZip(join(folder, 'a.zip')),
  },
  'tar.gz of JPEG files': {
    files: {
      'a.tgz': encodeTarGz(Object.entries(await imagesAs('jpeg')).map(([name, content]) => ({ name, content }))),
    },
    locate: (folder) => locateTar(join(folder, 'a.tgz')),
    hasSums: true,
  },
  'tar of PNG files': {
    files: {
      'a.tar': gunzipSync(
        encodeTarGz(Object.entries(await imagesAs('png')).map(([name, content]) => ({ name, content }))),
      ),
    },
    locate: (folder) => locateTar(join(folder, 'a.tar')),
  },
  'zip of zips': {
    files: { 'a.zip': Buffer.from(zipSync(await zipEach())) },
    locate: (folder) => locateImageZip(join(folder, 'a.zip')),
  },
  'zip of stored zips': {
    files: { 'a.zip': Buffer.from(zipSync(await zipEach(), { level: 0 })) },
    locate: (folder) => locateImageZip(join(folder, 'a.zip')),
  },
  'folder of zips': {
    files: await zipEach(),
    locate: async (folder) => locateImageFolder(folder, await folderTreeWithArchives(folder)),
  },
  'names and labels in UTF-16': {
    files: { ...named, 'labels.csv': Buffer.from(`\ufeff${rows.join('\n')}`, 'utf16le') },
    locate: locateImageFolder,
  },
  'names and labels in windows-1252': {
    files: { ...named, 'labels.csv': Buffer.from(rows.join('\n').replaceAll(',1', ',Bär'), 'latin1') },
    locate: locateImageFolder,
  },
  PNG: { files: await imagesAs('png'), locate: locateImageFolder },
  JPEG: { files: await imagesAs('jpeg'), locate: locateImageFolder },
  WebP: { files: await imagesAs('webp'), locate: locateImageFolder },
  GIF: { files: await imagesAs('gif'), locate: locateImageFolder },
  TIFF: { files: await imagesAs('tiff'), locate: locateImageFolder },
  AVIF: { files: await imagesAs('avif'), locate: locateImageFolder },
  '16-bit TIFF': {
    files: await written('tiff', (planes) =>
      encodeTiff(
        firstPlane(planes).map((value) => 16 * value),
        shape,
        16,
      ),
    ),
    locate: locateImageFolder,
  },
  '16-bit PNG': {
    files: await written('png', (planes) =>
      encodeDeepPng(
        firstPlane(planes).map((value) => 16 * value),
        shape,
      ),
    ),
    locate: locateImageFolder,
  },
  'transparent PNG': {
    files: await written('png', (planes) => encodeRgba([...planes, ...firstPlane(planes)], shape)),
    locate: locateImageFolder,
  },
  BMP: {
    files: await written('bmp', (planes) => encodeColourBmp(planes, shape)),
    locate: locateImageFolder,
  },
  PPM: {
    files: await netpbm('P6 6 6 255\n', 'ppm', (planes) => planes),
    locate: locateImageFolder,
  },
  'PGM as text': {
    files: await netpbm('P2 6 6 255\n', 'pgm', (planes) => firstPlane(planes).join(' ')),
    locate: locateImageFolder,
  },
};

/** One kind of damage after another, at random places. */
const DAMAGES: readonly ((bytes: Buffer, rng: Rng) => Buffer)[] = [
  (bytes, rng) => bytes.subarray(0, rng.integer(0, bytes.length - 1)),
  (bytes, rng) => flip(bytes, rng, 1),
  (bytes, rng) => flip(bytes, rng, 5),
  // A size or count that is absurd, somewhere at the start, where headers are, or at the end, where directories are.
  (bytes, rng) => overwrite(bytes, rng, rng.integer(0, Math.min(bytes.length, 200))),
  (bytes, rng) => overwrite(bytes, rng, Math.max(0, bytes.length - rng.integer(4, 400))),
  (bytes, rng) => {
    const at = rng.integer(0, bytes.length);
    return Buffer.concat([
      bytes.subarray(0, at),
      Buffer.alloc(rng.integer(1, 50), rng.integer(0, 255)),
      bytes.subarray(at),
    ]);
  },
  (bytes, rng) => {
    const at = rng.integer(0, bytes.length - 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + rng.integer(1, 50))]);
  },
];

function flip(bytes: Buffer, rng: Rng, count: number): Buffer {
  const damaged = Buffer.from(bytes);
  for (let i = 0; i < count; i++) {
    const at = rng.integer(0, bytes.length - 1);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << rng.integer(0, 7));
  }
  return damaged;
}

function overwrite(bytes: Buffer, rng: Rng, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  const values = [
    [0xff, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0x7f],
    [0, 0, 0, 0],
    [0, 0, 0, 0x10],
    [0x40, 0, 0, 0],
  ];
  damaged.set(
    (values[rng.integer(0, values.length - 1)] ?? []).slice(0, Math.max(0, bytes.length - at)),
    Math.min(at, bytes.length),
  );
  return damaged;
}

/** @param folder  where pixels wait; without it, in memory. */
const load = async (source: LocatedSource | undefined, folder?: string): Promise<Dataset | undefined> => {
  const overflow = folder === undefined ? undefined : { folder, limitBytes: 0 };
  return source === undefined ? undefined : buildDataset(await source.read({ overflow }));
};

const fingerprintOf = async (source: LocatedSource | undefined): Promise<string | undefined> =>
  (await load(source))?.fingerprint;

/** @returns the error, or undefined if data was read. */
async function readDamaged(
  reader: Reader,
  folder: string,
  whole: string | undefined,
  overflow: string | undefined,
): Promise<unknown> {
  try {
    const dataset = await load(await reader.locate(folder), overflow);
    const isNoticed = dataset?.notes.some((note) => note.includes('left out')) ?? true;
    if (reader.hasSums && !isNoticed) expect(dataset?.fingerprint).toBe(whole);
    return undefined;
  } catch (error) {
    return error;
  }
}

function checkError(error: unknown, folder: string): void {
  if (!(error instanceof AutoCnnError)) throw error;
  const { code, details, message } = error;
  expect(['DATA_FORMAT', 'INVALID_INPUT']).toContain(code);
  expect(message).not.toContain('\n');
  // That a class or the data is missing is said of the whole.
  if (code === 'INVALID_INPUT') return;
  expect(details.path).toEqual(expect.stringContaining(folder));
  if (!/\.(png|jpeg|webp|gif|tiff|avif|bmp|ppm|pgm)$/i.test(String(details.path)))
    expect([typeof details.offset, typeof details.row]).toContain('number');
}

describe.each(Object.entries(READERS))('%s', (name, reader) => {
  it(`gives data or a typed error for ${VARIANTS} damaged variants`, {
    timeout: 60_000 + VARIANTS * 1000,
  }, async () => {
    const outer = await temporaryFolder();
    const folder = join(outer, 'in');
    await mkdir(folder);
    for (const [file, bytes] of Object.entries(reader.files)) await writeIn(folder, file, bytes);
    const whole = await fingerprintOf(await reader.locate(folder));
    expect(whole).toBeDefined();
    const before = process.resourceUsage().maxRSS;
    const rng = createRng(7).fork(name);
    let errors = 0;
    for (let variant = 0; variant < VARIANTS; variant++) {
      const [file, bytes] = Object.entries(reader.files)[rng.integer(0, Object.keys(reader.files).length - 1)] ?? [];
      const damage = DAMAGES[variant % DAMAGES.length];
      if (file === undefined || bytes === undefined || damage === undefined) throw new Error('no file');
      await writeIn(folder, file, damage(bytes, rng));
      // Every second one as if there were no memory for its pixels.
      const error = await readDamaged(reader, folder, whole, variant % 2 === 0 ? undefined : outer);
      if (error !== undefined) {
        errors++;
        checkError(error, folder);
      }
      await writeIn(folder, file, bytes);
    }
    expect(errors).toBeGreaterThan(VARIANTS / 10);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(LARGEST_GROWTH_KB);
    expect((await readdir(outer)).map((entry) => basename(entry))).toEqual(['in']);
    expect(await fingerprintOf(await reader.locate(folder))).toBe(whole);
  });
});

it('a PNG that would fill memory is refused by its size, wherever it lies', async () => {
  const bomb = decompressionBomb();
  const [image] = images;
  const folder = await temporaryFolder();
  await writeIn(folder, 'a/1.png', await encodePng(coloured.pixels.subarray(0, 108), colour));
  await writeIn(folder, 'b/1.png', bomb);
  await writeIn(
    folder,
    'parquet/train.parquet',
    encodeParquet([{ bytes: new Uint8Array(bomb), label: 0 }, ...(image ? [image] : [])]),
  );
  for (const source of [await locateImageFolder(folder), await locateParquetFolder(join(folder, 'parquet'))]) {
    await expect(source?.read({})).rejects.toMatchObject({
      code: 'DATA_FORMAT',
      message: expect.stringContaining('at most 268402689 in all are read'),
    });
  }
});
