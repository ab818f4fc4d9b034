// CSV files of pixels: a folder with one file per part, or a single file.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import type { LocatedSource, ReadOptions } from '../../set/source.ts';
import { locateImageTable } from '../images/image-folder.ts';
import { sortIntoParts } from '../part-files.ts';
import { formOfCsv, type PixelForm } from './csv-form.ts';
import { readPixelCsv } from './pixel-csv.ts';

/**
 * Recognises a folder with CSV files (`.csv`, `.csv.gz`) of pixels. `train` and `test` in the names tell the parts. A test
 * file without labels, as Kaggle has them, is left out. Two training files are refused.
 */
export async function locateCsvFolder(folder: string): Promise<LocatedSource | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const files: CsvFile[] = [];
  for (const name of names
    .filter((entry) => CSV.test(entry) && !/^\.|submission/i.test(entry))
    .sort(compareCodePoints)) {
    const path = join(folder, name);
    const form = await formOfCsv(path);
    if (form !== undefined) files.push({ path, form });
  }
  if (files.length === 0) return undefined;
  const parts = sortIntoParts(
    folder,
    files.map(({ path }) => path),
  );
  const [train, second] = files.filter(({ path }) => parts.train.includes(path));
  if (train === undefined || second !== undefined) {
    throw new InvalidInputError(
      `Cannot use ${folder} as a data set: several CSV files could be its training part (${parts.train.map((path) => basename(path)).join(', ')}): give the path of one of them, or call one train.csv.`,
      { details: { path: folder } },
    );
  }
  return locateParts(
    basename(folder),
    train,
    files.find(({ path }) => parts.test.includes(path)),
  );
}

/** One CSV file, of pixels or of names of images beside it. */
export async function locateCsv(path: string, name = basename(path).replace(CSV, '')): Promise<LocatedSource> {
  const form = await formOfCsv(path);
  return form === undefined ? locateImageTable(path) : locateParts(name, { path, form }, undefined);
}

interface CsvFile {
  readonly path: string;
  readonly form: PixelForm;
}

const CSV = /\.csv(\.gz)?$/i;

function locateParts(name: string, train: CsvFile, found: CsvFile | undefined): LocatedSource {
  if (train.form.labelColumn === undefined) {
    throw new InvalidInputError(
      `Cannot use ${train.path} as a data set: it has no column of labels; call it label in the first line.`,
      { details: { path: train.path } },
    );
  }
  const test = found?.form.labelColumn === undefined ? undefined : found;
  const notes =
    found === undefined || test !== undefined ? [] : [`${basename(found.path)} has no labels, so it was left out.`];
  return {
    format: 'csv',
    files: [train.path, ...(test === undefined ? [] : [test.path])],
    read: (options: ReadOptions) => readPixelCsv({ name, train, test, notes }, options),
  };
}
