// Data sets that are fetched by name, once, from where their authors publish them.

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import type { LocatedSource } from '../../set/source.ts';
import { locateCifarArchive, locateCifarFolder } from '../arrays/cifar.ts';
import { locateIdxFolder } from '../arrays/idx-folder.ts';
import { type DownloadOptions, download, type RemoteFile } from './download.ts';

export interface PublishedDataset {
  readonly name: string;
  /** The address of the folder of the files, with a slash at the end. */
  readonly base: string;
  readonly files: readonly { readonly name: string; readonly md5: string }[];
  /** Names of the labels 0, 1, … if the files have only numbers. */
  readonly classes?: readonly string[];
  /** The folder into which the files unpack. */
  readonly unpacked?: string;
}

/** Zalando Research 2017, https://github.com/zalandoresearch/fashion-mnist (the source of addresses, check sums and names). */
const FASHION_MNIST: PublishedDataset = {
  name: 'fashion-mnist',
  base: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  files: [
    { name: 'train-images-idx3-ubyte.gz', md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d' },
    { name: 'train-labels-idx1-ubyte.gz', md5: '25c81989df183df01b3e8a0aad5dffbe' },
    { name: 't10k-images-idx3-ubyte.gz', md5: 'bef4ecab320f06d8554ea6380940ec79' },
    { name: 't10k-labels-idx1-ubyte.gz', md5: 'bb300cfdad3c16e7a12a480ee83cd310' },
  ],
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
};

/** Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html (the source of addresses and check sums). */
const CIFAR_BASE = 'https://www.cs.toronto.edu/~kriz/';
const CIFAR_10: PublishedDataset = {
  name: 'cifar10',
  base: CIFAR_BASE,
  files: [{ name: 'cifar-10-binary.tar.gz', md5: 'c32a1d4ab5d03f1284b67883e8d87530' }],
  unpacked: 'cifar-10-batches-bin',
};
const CIFAR_100: PublishedDataset = {
  name: 'cifar100',
  base: CIFAR_BASE,
  files: [{ name: 'cifar-100-binary.tar.gz', md5: '03b5dce01913d631647c71ecec9e9cb8' }],
  unpacked: 'cifar-100-binary',
};

export const PUBLISHED: readonly PublishedDataset[] = [FASHION_MNIST, CIFAR_10, CIFAR_100];

export interface PublishedOptions extends DownloadOptions {
  readonly cacheDir: string;
  /** If given, the files must be in this folder, or in one in it named after the data set; nothing is fetched. */
  readonly dataDir?: string | undefined;
}

/**
 * Locates the files in `dataDir` or in the cache, or fetches them into the cache.
 *
 * @throws {InvalidInputError} if they are not in `dataDir` or cannot be fetched; the message says what to put where.
 * @throws {DataFormatError} if what was fetched has a wrong check sum.
 */
export async function locatePublished(dataset: PublishedDataset, options: PublishedOptions): Promise<LocatedSource> {
  if (options.dataDir !== undefined) return locateGiven(dataset, resolve(options.dataDir));
  const folder = join(options.cacheDir, 'downloads', dataset.name);
  try {
    for (const { name, md5 } of dataset.files) {
      const file: RemoteFile = { url: `${dataset.base}${name}`, md5 };
      await download(file, join(folder, name), options);
    }
  } catch (error) {
    if (!(error instanceof InvalidInputError) || error.details.url === undefined) throw error;
    throw new InvalidInputError(
      `${error.message} Or ${whatToPut(dataset, folder)}, or name a folder that has it with --data-dir.`,
      {
        details: { ...error.details, path: folder },
        cause: error,
      },
    );
  }
  const source = await locateIn(dataset, folder);
  if (source !== undefined) return source;
  throw new InvalidInputError(`${folder} does not hold the files of ${dataset.name}: remove it and try again.`);
}

async function locateGiven(dataset: PublishedDataset, dataDir: string): Promise<LocatedSource> {
  const inner = [dataset.name, ...(dataset.unpacked === undefined ? [] : [dataset.unpacked])];
  for (const folder of [dataDir, ...inner.map((name) => join(dataDir, name))]) {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) continue;
    const source = await locateIn(dataset, folder);
    if (source !== undefined) return source;
  }
  throw new InvalidInputError(`${dataset.name} is not in ${dataDir}: ${whatToPut(dataset, dataDir)}.`, {
    details: { path: dataDir, files: dataset.files.map(({ name }) => name) },
  });
}

async function locateIn(
  { name, files, classes, unpacked }: PublishedDataset,
  folder: string,
): Promise<LocatedSource | undefined> {
  if (unpacked === undefined) return locateIdxFolder(folder, name, classes);
  const archive = files.map((file) => join(folder, file.name)).find(existsSync);
  return archive === undefined ? locateCifarFolder(folder, name) : locateCifarArchive(archive, name);
}

function whatToPut({ base, files }: PublishedDataset, folder: string): string {
  return `put ${files.map(({ name }) => name).join(', ')} from ${base} into ${folder}`;
}
