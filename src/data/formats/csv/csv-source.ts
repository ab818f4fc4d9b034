// CSV files of pixels: a folder with one file per part, or a single file.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { folderTree } from '../../containers/folder-tree.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { isImageName } from '../../layout/image-names.ts';
import type { LocatedSource, ReadOptions } from '../../set/source.ts';
import { locateImageTable } from '../images/image-folder.ts';
import { readAs, sortIntoParts } from '../part-files.ts';
import { locatePixelCsv } from './pixel-csv.ts';
import { isPixelTable } from './pixel-form.ts';

/**
 * Recognises a folder with CSV files (`.csv`, `.csv.gz`) of pixels. Words for parts in the names tell the parts. Two training
 * files are refused.
 */
export async function locateCsvFolder(
  folder: string,
  name = basename(folder),
  { lonePart: takesLonePart }: ReadOptions = {},
): Promise<LocatedSource | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const files: string[] = [];
  for (const entry of names.filter((file) => CSV.test(file) && !/^\.|submission/i.test(file)).sort(compareCodePoints)) {
    const path = join(folder, entry);
    if (await isPixelTable(path)) files.push(path);
  }
  if (files.length === 0) return undefined;
  const { train: trains, validation, test, lonePart } = sortIntoParts(folder, files, takesLonePart);
  const [train, second] = trains;
  if (train === undefined || second !== undefined) {
    throw new InvalidInputError(
      `Cannot use ${folder} as a data set: several CSV files could be its training part (${trains.map((path) => basename(path)).join(', ')}): give the path of one of them, or call one train.csv.`,
      { details: { path: folder } },
    );
  }
  const used = [train, validation[0], test[0]];
  const left = files.filter((path) => !used.includes(path));
  return readAs(lonePart, locatePixelCsv(name, { train, validation: validation[0], test: test[0] }, left));
}

/** One CSV file, of pixels or of names of images beside it. */
export async function locateCsv(path: string, name = basename(path).replace(CSV, '')): Promise<LocatedSource> {
  if (await isPixelTable(path)) return locatePixelCsv(name, { train: path });
  if (folderTree(dirname(path)).files.some(isImageName)) return locateImageTable(path);
  throw new InvalidInputError(
    `Cannot use ${path} as a data set: its first lines are neither a label and the pixels of a square image, nor are there images beside it that it could name (with a header such as filename,label).`,
    { details: { path } },
  );
}

const CSV = /\.csv(\.gz)?$/i;
