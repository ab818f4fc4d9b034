// Arrays of NumPy with images and labels: an .npz archive, as Keras ships MNIST, or a folder of .npz and .npy files.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { listNames } from '../../labels/name-labels.ts';
import type { DatasetParts, FileRole, LocatedSource, Part, ReadOptions } from '../../set/source.ts';
import { noteOnEmnist } from '../emnist.ts';
import { partsOf } from '../name-parts.ts';
import { type ArrayPair, type ChosenArrays, chooseArrays, KNOWN_KEYS } from './array-keys.ts';
import { labelsOf } from './array-labels.ts';
import { type ArrayPart, assembleArrays } from './array-parts.ts';
import { arrayInNpy, arraysInNpz, type StoredArray } from './stored-arrays.ts';

/**
 * An archive with the images and labels of a training part, and perhaps of a validation and a test part, which are told by
 * the words in the names of its arrays, see `chooseArrays`; what images and labels may be, see `formOfArray`, `labelsOf`
 * and `scalesFor`.
 */
export function locateNpz(path: string, name = basename(path).replace(/\.npz$/i, '')): LocatedSource {
  return locateArrays(name, path, [path], () => arraysInNpz(path));
}

/**
 * Recognises a folder with `.npy` and `.npz` files that hold the images and labels of a training part in one array each, or
 * the two of one part in a file.
 */
export async function locateArrayFolder(folder: string, name = basename(folder)): Promise<LocatedSource | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const visible = entries.filter((entry) => !entry.name.startsWith('.'));
  const files = visible
    .filter((entry) => /\.np[yz]$/i.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort(compareCodePoints);
  if (files.length === 0) return undefined;
  const located = locateArrays(name, folder, files, () => listArrays(files));
  // Arrays among other data need not be the data.
  const isAlone = !visible.some((entry) => entry.isDirectory() || OTHER_DATA.test(entry.name));
  if (isAlone) return located;
  const arrays = await listArrays(files).catch(() => []);
  return 'problem' in chooseArrays(arrays, {}) ? undefined : located;
}

/** One array cannot be a data set: says what is missing, or where it is. */
export async function locateNpy(path: string): Promise<LocatedSource> {
  const folder = dirname(path);
  const names = (await readdir(folder)).filter((name) => /\.npy$/i.test(name));
  const isPair = !(
    'problem' in
    chooseArrays(
      names.map((name) => arrayInNpy(join(folder, name))),
      {},
    )
  );
  const cure = isPair
    ? `give the folder that holds the others too (${folder})`
    : 'put the images and the labels into one folder, as x_train.npy and y_train.npy, and give the folder';
  throw new InvalidInputError(
    `Cannot use ${path} as a data set: one array has images or labels, and both are needed; ${cure}.`,
    { details: { path } },
  );
}

/** Files that may be the data where arrays are not. */
const OTHER_DATA = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|csv|parquet|zip)$/i;

function locateArrays(
  name: string,
  source: string,
  files: readonly string[],
  list: () => Promise<readonly StoredArray[]>,
): LocatedSource {
  return {
    format: 'npz',
    takes: ['layout', 'labelColumn', 'imageColumn', 'transpose'],
    files,
    read: async (options) => readArrays(name, source, await list(), options),
    explain: async (options) => {
      const arrays = await list();
      return describeRoles(arrays, await choose(source, arrays, options));
    },
  };
}

async function listArrays(files: readonly string[]): Promise<StoredArray[]> {
  const arrays: StoredArray[] = [];
  for (const path of files) arrays.push(...(/\.npy$/i.test(path) ? [arrayInNpy(path)] : await arraysInNpz(path)));
  return arrays;
}

/** @throws {InvalidInputError} with all arrays and their shapes. */
async function choose(
  source: string,
  arrays: readonly StoredArray[],
  options: ReadOptions,
): Promise<ChosenArrays<StoredArray>> {
  const chosen = chooseArrays(arrays, options);
  if (!('problem' in chosen)) return chosen;
  const files = [...new Set(arrays.map(({ path }) => path))];
  const described: string[] = [];
  for (const array of arrays.slice(0, 20)) described.push(`${array.title} ${await describeArray(array)}`);
  const has = described.length === 0 ? 'it has no arrays' : `it has ${described.join(', ')}`;
  throw new InvalidInputError(
    `Cannot use ${source} as a data set: ${chosen.problem}; ${has}. Known names: ${KNOWN_KEYS}; or name the arrays of the training part with --image-column and --label-column${files.length > 1 ? ', or give the path of one file' : ''}.`,
    { details: { path: source, arrays: arrays.map(({ key }) => key) } },
  );
}

async function describeArray(array: StoredArray): Promise<string> {
  if (array.sizeBytes > LARGEST_DESCRIBED) return `(${array.sizeBytes} bytes)`;
  try {
    const { shape, kind } = await array.read();
    return `(${shape.join(', ')}) ${kind}`;
  } catch {
    return '(cannot be read)';
  }
}

/** Bytes of the largest array that is read to say its shape. */
const LARGEST_DESCRIBED = 2 ** 26;

async function readArrays(
  name: string,
  source: string,
  arrays: readonly StoredArray[],
  options: ReadOptions,
): Promise<DatasetParts> {
  const chosen = await choose(source, arrays, options);
  const parts = new Map<Part, ArrayPart>();
  for (const [part, pair] of partsOf(chosen)) {
    options.signal?.throwIfAborted();
    parts.set(part, await readPart(pair, options));
  }
  const train = parts.get('train') ?? (await readPart(chosen.train, options));
  const notes = [
    `Labels: ${chosen.train.labels.title}.`,
    ...chosen.unlabelled.map(({ title }) => `${title} was left out: there are no labels of it.`),
    ...(chosen.unused.length === 0
      ? []
      : [`Arrays were left out: ${listNames(chosen.unused.map(({ title }) => title))}.`]),
    ...noteOnEmnist([name, source, chosen.train.images.path], options),
  ];
  const given = { train, validation: parts.get('validation'), test: parts.get('test'), notes };
  const { lonePart } = chosen;
  return { ...(await assembleArrays(name, given, options)), ...(lonePart && { lonePart }) };
}

async function readPart({ images, labels }: ArrayPair<StoredArray>, { overflow }: ReadOptions): Promise<ArrayPart> {
  // The labels first: they show absurd numbers of images before those are inflated.
  const names = labelsOf(await labels.read(), labels.where);
  return {
    name: images.key.startsWith('arr_') ? images.title : images.key,
    where: images.where,
    images: await images.readImages(names.length, overflow),
    labels: names,
    labelsWhere: labels.where,
    placeOf: (row) => ({ row }),
  };
}

function describeRoles(arrays: readonly StoredArray[], chosen: ChosenArrays<StoredArray>): FileRole[] {
  const parts = partsOf(chosen);
  return arrays.map((array): FileRole => {
    const file = array.path.endsWith('.npz') ? `${basename(array.path)} (${array.key})` : basename(array.path);
    for (const [part, { images, labels }] of parts) {
      if (array === images) return { file, part, rule: 'images, by the name of the array' };
      if (array === labels) return { file, part, rule: 'labels, by the name of the array' };
    }
    const rule = chosen.unlabelled.includes(array) ? 'images without labels' : 'another array';
    return { file, rule };
  });
}
