// Parquet files with encoded images, like those of Hugging Face: a column `image` of bytes and path, and a column `label`.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mapConcurrently } from '../../../concurrency.ts';
import { InvalidInputError } from '../../../errors.ts';
import { formatError } from '../../../files/format-error.ts';
import { listNames, nameLabels, noteOnEmptyClasses } from '../../labels/name-labels.ts';
import { decodeParts, type EncodedImages, type ImagePlace } from '../../pixels/decode-parts.ts';
import type { DatasetParts, LocatedSource, ReadOptions } from '../../set/source.ts';
import { sortIntoParts } from '../part-files.ts';
import { type ImageColumns, imageColumnsOf } from './parquet-columns.ts';
import type { ParquetFile } from './parquet-file.ts';
import type { PageValue } from './parquet-page.ts';

/**
 * Recognises a folder with `.parquet` files, or with a folder `data` of them. `train` and `test` in their names tell the
 * parts, each of which may have several files. A validation part is left out.
 */
export async function locateParquetFolder(folder: string): Promise<LocatedSource | undefined> {
  for (const inner of [folder, join(folder, 'data')]) {
    const names = existsSync(inner) ? await readdir(inner) : [];
    const files = names.filter((name) => name.endsWith('.parquet') && !name.startsWith('.'));
    if (files.length === 0) continue;
    const { train, test, unused } = sortIntoParts(
      folder,
      files.map((name) => join(inner, name)),
    );
    const notes =
      unused.length === 0 ? [] : [`Files were left out: ${listNames(unused.map((path) => basename(path)))}.`];
    return locate(basename(folder), folder, train, test, notes);
  }
  return undefined;
}

/** One Parquet file. */
export function locateParquet(path: string, name = basename(path).replace(/\.parquet$/, '')): LocatedSource {
  return locate(name, path, [path], [], []);
}

function locate(
  name: string,
  source: string,
  train: readonly string[],
  test: readonly string[],
  notes: readonly string[],
): LocatedSource {
  return {
    format: 'parquet',
    files: [...train, ...test],
    read: (options) => readParts(name, source, train, test, notes, options),
  };
}

async function readParts(
  name: string,
  source: string,
  trainPaths: readonly string[],
  testPaths: readonly string[],
  notes: readonly string[],
  options: ReadOptions,
): Promise<DatasetParts> {
  const train = await readLabels(trainPaths, options.signal);
  const test = testPaths.length === 0 ? undefined : await readLabels(testPaths, options.signal);
  const named = nameLabels(
    train.map(({ label }) => label),
    test?.map(({ label }) => label),
    (index, label, classes) =>
      formatError(
        test?.[index]?.path ?? source,
        { row: test?.[index]?.row ?? 0 },
        `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
        'add training images of it',
      ),
  );
  if (train.length === 0) throw new InvalidInputError(`${source} has no rows: give a file with images.`);
  const place =
    (labels: Int32Array) =>
    ({ path, row }: Labelled, index: number): ImagePlace => ({ path, row, label: labels[index] ?? 0 });
  const trainPlaces = train.map(place(named.train));
  const testPlaces = named.test === undefined ? undefined : test?.map(place(named.test));
  const places = [...trainPlaces, ...(testPlaces ?? [])];
  const names = train.flatMap((row) => (row.names === undefined ? [] : [row.names]))[0];
  const images: EncodedImages = {
    name,
    source,
    classes: named.classes,
    train: trainPlaces,
    test: testPlaces,
    notes: [...notes, ...(names === undefined ? [] : noteOnEmptyClasses(names, named.classes))],
    readAll: (read, signal) => readImages([...trainPaths, ...testPaths], places, read, signal),
  };
  return decodeParts(images, options);
}

/** Loaded only when needed: its libraries take a good part of a command's start. */
async function withParquet<T>(path: string, use: (file: ParquetFile) => Promise<T>): Promise<T> {
  return (await import('./parquet-file.ts')).withParquet(path, use);
}

interface Labelled {
  readonly path: string;
  readonly row: number;
  readonly label: string;
  readonly names: readonly string[] | undefined;
}

async function readLabels(paths: readonly string[], signal?: AbortSignal): Promise<Labelled[]> {
  const labelled: Labelled[] = [];
  for (const path of paths) {
    await withParquet(path, async (file) => {
      const columns = imageColumnsOf(file);
      let row = 0;
      for await (const page of file.pages(columns.label)) {
        signal?.throwIfAborted();
        for (const value of page) {
          row++;
          labelled.push({ path, row, label: labelOf(file, columns, value, row), names: columns.names });
        }
      }
    });
  }
  return labelled;
}

function labelOf({ path }: ParquetFile, { label, names }: ImageColumns, value: PageValue, row: number): string {
  if (value === null)
    throw formatError(path, { row }, `no label in the column ${label.path.join('.')}`, 'remove the row');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8').normalize('NFC');
  if (names === undefined) return String(value);
  const name = names[Number(value)];
  if (name !== undefined) return name;
  throw formatError(
    path,
    { row },
    `label ${value}, but there are only ${names.length} class names`,
    'give rows with labels',
  );
}

async function readImages<T>(
  paths: readonly string[],
  places: readonly ImagePlace[],
  read: (place: ImagePlace, bytes: () => Promise<Uint8Array>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const results: T[] = [];
  for (const path of paths) {
    await withParquet(path, async (file) => {
      const { image } = imageColumnsOf(file);
      for await (const page of file.pages(image)) {
        const first = results.length;
        const items = page.flatMap((value, i) => {
          const place = places[first + i];
          return place === undefined ? [] : [{ place, value }];
        });
        const bytesOf = async (value: PageValue): Promise<Uint8Array> => {
          if (value instanceof Uint8Array) return value;
          throw new Error('the row holds no bytes of an image');
        };
        const part = await mapConcurrently(items, ({ place, value }) => read(place, () => bytesOf(value)), { signal });
        for (const result of part) results.push(result);
      }
    });
  }
  return results;
}
