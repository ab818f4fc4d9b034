// Parquet files with encoded images, like those of Hugging Face: a column `image` of bytes and path, and a column `label`.

import { basename, relative, sep } from 'node:path';
import { mapConcurrently } from '../../../concurrency.ts';
import { InvalidInputError } from '../../../errors.ts';
import { formatError } from '../../../files/format-error.ts';
import { canonicalLabel } from '../../labels/canonical-label.ts';
import { listNames, noteOnEmptyClasses } from '../../labels/name-labels.ts';
import { partOf } from '../../labels/part-words.ts';
import { decodeParts, type EncodedImages, type ImagePlace } from '../../pixels/decode-parts.ts';
import type { DatasetParts, FileRole, LocatedSource, Part, ReadOptions } from '../../set/source.ts';
import { type ByPart, nameParts, partsOf } from '../name-parts.ts';
import { readAs } from '../part-files.ts';
import { type ImageColumns, imageColumnsOf, otherLabels, splitColumnOf } from './parquet-columns.ts';
import type { ParquetFile } from './parquet-file.ts';
import { findParquetFiles } from './parquet-files.ts';
import type { PageValue } from './parquet-page.ts';

/** Recognises a folder with `.parquet` files, see `findParquetFiles`. Each part may have several files. */
export async function locateParquetFolder(
  folder: string,
  name = basename(folder),
  { lonePart: takesLonePart }: ReadOptions = {},
): Promise<LocatedSource | undefined> {
  const found = await findParquetFiles(folder, takesLonePart);
  if (found === undefined) return undefined;
  const { train, validation, test, unused, lonePart } = found;
  const paths: ByPart<readonly string[]> = {
    train,
    ...(validation.length > 0 && { validation }),
    ...(test.length > 0 && { test }),
  };
  return readAs(lonePart, locate(name, folder, paths, unused));
}

/** One Parquet file. */
export function locateParquet(path: string, name = basename(path).replace(/\.(parquet|pq)$/i, '')): LocatedSource {
  return locate(name, path, { train: [path] }, []);
}

function locate(
  name: string,
  source: string,
  paths: ByPart<readonly string[]>,
  unused: readonly string[],
): LocatedSource {
  return {
    format: 'parquet',
    takes: ['labelColumn', 'imageColumn'],
    files: partsOf(paths).flatMap(([, files]) => files),
    read: (options) => readParts(name, source, paths, unused, options),
    explain: async (options) => {
      const roles: FileRole[] = [];
      const titleOf = (path: string): string => relative(source, path).split(sep).join('/') || basename(path);
      for (const [part, files] of partsOf(paths)) {
        for (const path of files) roles.push({ file: titleOf(path), part, rule: await describeColumns(path, options) });
      }
      for (const path of unused) roles.push({ file: titleOf(path), rule: 'no name of a part, while others have one' });
      return roles;
    },
  };
}

async function readParts(
  name: string,
  source: string,
  paths: ByPart<readonly string[]>,
  unused: readonly string[],
  options: ReadOptions,
): Promise<DatasetParts> {
  const train = await readLabels(paths.train, () => false, options);
  if (train.length === 0) throw new InvalidInputError(`${source} has no rows: give a file with images.`);
  const notes = [`Labels: ${await describeLabels(paths.train[0] ?? source, options)}.`];
  if (options.labelColumn === undefined) notes.push(...(await describeOthers(paths.train[0] ?? source, options)));
  for (const path of paths.train) notes.push(...(await describeSplit(path)));
  if (unused.length > 0) notes.push(`Files were left out: ${listNames(unused.map((path) => basename(path)))}.`);
  // Where training images have the label -1, it is one like the others.
  const hasMinusOne = train.some(({ label }) => label === '-1');
  const isNoLabel = (value: PageValue): boolean => value === null || (!hasMinusOne && Number(value) === -1);
  const readOther = async (part: 'validation' | 'test'): Promise<Labelled[] | undefined> => {
    const files = paths[part];
    if (files === undefined) return undefined;
    const rows = await readLabels(files, isNoLabel, options);
    if (rows.some(({ label }) => label !== undefined)) return rows;
    const why = rows.length === 0 ? 'it has no rows' : 'its rows have no labels (null or -1)';
    notes.push(`${listNames(files.map((path) => basename(path)))} was left out: ${why}.`);
    return undefined;
  };
  const validation = await readOther('validation');
  const test = await readOther('test');
  const rows: ByPart<readonly Labelled[]> = { train, validation, test };
  const labelsOf = (part: readonly Labelled[]): string[] =>
    part.map(({ path, row, label }) => {
      if (label !== undefined) return label;
      throw formatError(path, { row }, 'no label, while other rows of this part have one', 'remove the row');
    });
  const named = nameParts(
    { train: labelsOf(train), validation: validation && labelsOf(validation), test: test && labelsOf(test) },
    (part, index, label, classes) =>
      formatError(
        rows[part]?.[index]?.path ?? source,
        { row: rows[part]?.[index]?.row ?? 0 },
        `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
        'add training images of it',
      ),
    options.lonePart,
  );
  const placesOf = (part: Part): ImagePlace[] | undefined =>
    rows[part]?.map(({ path, row }, index) => ({ path, row, label: named[part]?.[index] ?? 0 }));
  const [ofTrain = [], ofValidation, ofTest] = [placesOf('train'), placesOf('validation'), placesOf('test')];
  const places = [...ofTrain, ...(ofValidation ?? []), ...(ofTest ?? [])];
  const names = train.flatMap((row) => (row.names === undefined ? [] : [row.names]))[0];
  const used = partsOf(rows).flatMap(([part]) => paths[part] ?? []);
  const images: EncodedImages = {
    name,
    source,
    classes: named.classes,
    train: ofTrain,
    ...(ofValidation && { validation: ofValidation }),
    test: ofTest,
    notes: [...notes, ...(names === undefined ? [] : noteOnEmptyClasses(names, named.classes))],
    readAll: (read, signal) => readImages(used, places, read, { ...options, signal }),
  };
  return decodeParts(images, options);
}

/** Loaded only when needed: its libraries take a good part of a command's start. */
async function withParquet<T>(path: string, use: (file: ParquetFile) => Promise<T>): Promise<T> {
  return (await import('./parquet-file.ts')).withParquet(path, use);
}

const describeLabels = (path: string, options: ReadOptions): Promise<string> =>
  withParquet(path, async (file) => `${basename(path)}, column ${imageColumnsOf(file, options).label.path.join('.')}`);

const describeOthers = (path: string, options: ReadOptions): Promise<string[]> =>
  withParquet(path, async (file) => {
    const others = otherLabels(file, imageColumnsOf(file, options).label);
    if (others.length === 0) return [];
    return [
      `${basename(path)} has other columns that could hold the labels (${listNames(others)}); --label-column chooses one.`,
    ];
  });

/** A note on a column that tells several parts: only files do. */
const describeSplit = (path: string): Promise<string[]> =>
  withParquet(path, async (file) => {
    const column = splitColumnOf(file);
    const values = new Set<string>();
    if (column === undefined) return [];
    for await (const page of file.pages(column)) {
      for (const value of page) {
        values.add(value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value));
      }
    }
    const parts = [...values].filter((value) => partOf(value) !== undefined);
    if (values.size < 2 || parts.length === 0) return [];
    return [
      `The column ${column.path.join('.')} of ${basename(path)} was not followed (${listNames([...values])}): all its rows are the training part; write each part to a file of its own, such as train.parquet and test.parquet.`,
    ];
  });

const describeColumns = (path: string, options: ReadOptions): Promise<string> =>
  withParquet(path, async (file) => {
    const { image, label } = imageColumnsOf(file, options);
    return `images in column ${image.path[0]}, labels in column ${label.path.join('.')}`;
  });

interface Labelled {
  readonly path: string;
  readonly row: number;
  /** Undefined if there is none; only outside of the training part. */
  readonly label: string | undefined;
  readonly names: readonly string[] | undefined;
}

async function readLabels(
  paths: readonly string[],
  isNoLabel: (value: PageValue) => boolean,
  options: ReadOptions,
): Promise<Labelled[]> {
  const labelled: Labelled[] = [];
  for (const path of paths) {
    await withParquet(path, async (file) => {
      const columns = imageColumnsOf(file, options);
      const { names } = columns;
      let row = 0;
      for await (const page of file.pages(columns.label)) {
        options.signal?.throwIfAborted();
        for (const value of page) {
          row++;
          labelled.push({ path, row, label: isNoLabel(value) ? undefined : labelOf(file, columns, value, row), names });
        }
      }
    });
  }
  return labelled;
}

function labelOf({ path }: ParquetFile, { label, names }: ImageColumns, value: PageValue, row: number): string {
  if (value === null)
    throw formatError(path, { row }, `no label in the column ${label.path.join('.')}`, 'remove the row');
  if (value instanceof Uint8Array) {
    const text = canonicalLabel(Buffer.from(value).toString('utf8'));
    if (text !== '') return text;
    throw formatError(path, { row }, `an empty label in the column ${label.path.join('.')}`, 'remove the row');
  }
  if (!Number.isInteger(Number(value))) {
    throw formatError(path, { row }, `the label ${value} is not a whole number`, 'labels are whole numbers or words');
  }
  // Adding zero takes the sign from −0.
  if (names === undefined) return String(typeof value === 'bigint' ? value : value + 0);
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
  options: ReadOptions,
): Promise<T[]> {
  const results: T[] = [];
  for (const path of paths) {
    await withParquet(path, async (file) => {
      const { image, path: pathColumn } = imageColumnsOf(file, options);
      for await (const page of file.pages(image)) {
        const first = results.length;
        const items = page.flatMap((value, i) => {
          const place = places[first + i];
          return place === undefined ? [] : [{ place, value }];
        });
        const bytesOf = async (value: PageValue): Promise<Uint8Array> => {
          if (value instanceof Uint8Array) return value;
          throw new Error(
            pathColumn === undefined
              ? 'the row holds no bytes of an image'
              : 'the row holds no bytes of an image, at most its path; embed the images in the file, or give the folder of images',
          );
        };
        const part = await mapConcurrently(items, ({ place, value }) => read(place, () => bytesOf(value)), {
          signal: options.signal,
        });
        for (const result of part) results.push(result);
      }
    });
  }
  return results;
}
