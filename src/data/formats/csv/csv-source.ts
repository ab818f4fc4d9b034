// CSV files: a folder with one file per part, or a single file.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { decodeParts } from '../../pixels/decode-parts.ts';
import type { LocatedSource, ReadOptions } from '../../set/source.ts';
import { imageFiles } from '../images/image-files.ts';
import { sortIntoParts } from '../part-files.ts';
import { type FileForm, formOfCsv, type PixelTableForm } from './csv-form.ts';
import { findImageFolder, listLabelledImages } from './name-csv.ts';
import { locatePixelCsv } from './pixel-csv.ts';

/**
 * Recognises a folder with CSV files (`.csv`, `.csv.gz`) of pixels, or of names of images that lie in it or in a folder
 * in it. `train` and `test` in the names tell the parts. A test file without labels, as Kaggle has them, is left out. Two
 * training files are refused.
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
    if (form !== undefined && (await isUsable(folder, form))) files.push({ path, form });
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
  const ofKind = files.filter(({ form }) => form.kind === train.form.kind);
  const tests = ofKind.filter(({ path }) => parts.test.includes(path));
  if (train.form.kind === 'pixels') {
    const [validation] = ofKind.filter(({ path }) => parts.validation.includes(path));
    const used = [train.path, validation?.path, tests[0]?.path];
    const unused = files.map(({ path }) => path).filter((path) => !used.includes(path));
    return locatePixelCsv(
      basename(folder),
      { train: train.path, validation: validation?.path, test: tests[0]?.path },
      unused,
    );
  }
  return locateParts(basename(folder), folder, train, tests[0]);
}

/** One CSV file, of pixels or of names of images beside it. */
export async function locateCsv(path: string, name = basename(path).replace(CSV, '')): Promise<LocatedSource> {
  const form = await formOfCsv(path);
  if (form?.kind === 'pixels') return locatePixelCsv(name, { train: path });
  if (form !== undefined) return locateParts(name, dirname(path), { path, form }, undefined);
  throw new InvalidInputError(
    `Cannot use ${path} as a data set: its first lines are neither a label and the pixels of a square image, nor the name of an image file and a label (header such as filename,label).`,
    { details: { path } },
  );
}

interface CsvFile {
  readonly path: string;
  readonly form: PixelTableForm | FileForm;
}

const CSV = /\.csv(\.gz)?$/i;

async function isUsable(folder: string, form: PixelTableForm | FileForm): Promise<boolean> {
  return form.kind === 'pixels' || (await findImageFolder(folder, form.example)) !== undefined;
}

async function locateParts(
  name: string,
  folder: string,
  train: CsvFile,
  found: CsvFile | undefined,
): Promise<LocatedSource> {
  if (train.form.kind === 'pixels') return locatePixelCsv(name, { train: train.path });
  if (train.form.labelColumn === undefined) {
    throw new InvalidInputError(
      `Cannot use ${train.path} as a data set: it has no column of labels; call it label in the first line.`,
      { details: { path: train.path } },
    );
  }
  const test = found?.form.kind === 'files' && found.form.labelColumn !== undefined ? found : undefined;
  const notes =
    found === undefined || test !== undefined ? [] : [`${basename(found.path)} has no labels, so it was left out.`];
  const fileTest = test?.form.kind === 'files' ? { path: test.path, form: test.form } : undefined;
  const images = await listLabelledImages(name, folder, { path: train.path, form: train.form }, fileTest, notes);
  return {
    format: 'csv-of-files',
    files: [
      train.path,
      ...(test === undefined ? [] : [test.path]),
      ...[...images.train, ...(images.test ?? [])].map(({ path }) => path),
    ],
    read: (options: ReadOptions) => decodeParts(imageFiles(images), options),
  };
}
