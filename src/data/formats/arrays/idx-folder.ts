// A folder with the IDX files of MNIST and its kin (Fashion-MNIST, KMNIST, EMNIST, QMNIST).

import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { formatError } from '../../../files/format-error.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { listNames, noteOnEmptyClasses } from '../../labels/name-labels.ts';
import type { DatasetParts, FileRole, LocatedSource, Part, ReadOptions } from '../../set/source.ts';
import { noteOnEmnist } from '../emnist.ts';
import { type ByPart, partsOf } from '../name-parts.ts';
import { readAs } from '../part-files.ts';
import { type ArrayPart, assembleArrays } from './array-parts.ts';
import { readIdxImages, readIdxLabels } from './idx.ts';
import { firstIdxFile, type IdxName, readIdxName } from './idx-names.ts';
import { imagesOfBytes } from './npy-images.ts';

/**
 * Recognises a folder with IDX files of images and labels, see `readIdxName`; a file may lie in a folder of its own name, and
 * may be gzip-compressed, with or without `.gz`. Without test files, a test part is split off later.
 *
 * Images are `[n, height, width]` (grey) or `[n, channels, height, width]` with 1 or 3 channels. The distinct labels of
 * the training part, in their order, become the classes.
 *
 * @param name   of the data set, where it has one of its own.
 * @param names  names of the labels 0, 1, …; they become the classes.
 * @throws {InvalidInputError} if a file is missing and the folder holds nothing else, or it has the files of several sets.
 */
export async function locateIdxFolder(
  folder: string,
  name?: string,
  names?: readonly string[],
  lonePart = false,
): Promise<LocatedSource | undefined> {
  const { files, hasOtherData } = await listIdxFiles(folder);
  if (files.length === 0) return undefined;
  const sets = [...new Set(files.map(({ set }) => set))].sort(compareCodePoints);
  const setsWith = (parts: readonly Part[]): string[] =>
    sets.filter((set) => {
      const own = files.filter((file) => file.set === set);
      return parts.some((part) => hasPair(own, part));
    });
  const trainable = setsWith(['train']);
  const complete = trainable.length > 0 || !lonePart ? trainable : setsWith(PARTS);
  const [set = sets[0] ?? '', ...others] = complete;
  if (others.length > 0) {
    const listed = complete.map((set) => set || 'train-images-idx3-ubyte and the like');
    throw new InvalidInputError(
      `Cannot use ${folder} as a data set: it holds the IDX files of several (${listed.join(', ')}): give each a folder of its own, or give the path of one file of images.`,
      { details: { path: folder, sets: complete } },
    );
  }
  if (complete.length === 0 && hasOtherData) return undefined;
  const own = files.filter((file) => file.set === set);
  return locateSet(folder, name ?? basename(folder), set, own, { names, isNamed: name !== undefined }, lonePart);
}

const PARTS: readonly Part[] = ['train', 'validation', 'test'];

const hasPair = (files: readonly IdxName[], part: Part): boolean =>
  (['images', 'labels'] as const).every((kind) => firstIdxFile(files, part, kind) !== undefined);

/** The set that one IDX file belongs to. */
export async function locateIdxFile(path: string, lonePart = false): Promise<LocatedSource> {
  const set = readIdxName(path)?.set ?? '';
  const folder = dirname(path);
  // Its labels may lie in folders of their own names.
  const outer = basename(folder).toLowerCase() === basename(path).toLowerCase() ? dirname(folder) : folder;
  const { files } = await listIdxFiles(outer);
  const own = files.filter((file) => file.set === set);
  return locateSet(outer, set || basename(outer), set, own, { names: undefined, isNamed: false }, lonePart);
}

/** Whether a file is called like an IDX file of images or labels. */
export function isIdxName(path: string): boolean {
  return readIdxName(path) !== undefined;
}

async function listIdxFiles(folder: string): Promise<{ files: IdxName[]; hasOtherData: boolean }> {
  const list = (path: string): Promise<Dirent[]> =>
    readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      throw fileFailure('read the folder', path, error);
    });
  const files: IdxName[] = [];
  let hasOtherData = false;
  for (const entry of await list(folder)) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const read = readIdxName(path);
    if (!entry.isDirectory()) {
      if (read !== undefined) files.push(read);
      else hasOtherData ||= OTHER_DATA.test(entry.name);
    } else if (read === undefined) {
      hasOtherData = true;
    } else {
      for (const inner of await list(path)) {
        const file = inner.isDirectory() ? undefined : readIdxName(join(path, inner.name));
        if (file !== undefined) files.push(file);
      }
    }
  }
  return { files, hasOtherData };
}

/** Files that may be the data where an IDX file is not. */
const OTHER_DATA = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|csv|parquet|zip|npz)$/i;

interface IdxPair {
  readonly images: string;
  readonly labels: string;
}

interface Naming {
  readonly names: readonly string[] | undefined;
  /** The data set is built in: nothing need be said of it. */
  readonly isNamed: boolean;
}

async function locateSet(
  folder: string,
  name: string,
  set: string,
  files: readonly IdxName[],
  naming: Naming,
  takesLonePart: boolean,
): Promise<LocatedSource> {
  const lonePart = takesLonePart && !hasPair(files, 'train') ? PARTS.find((part) => hasPair(files, part)) : undefined;
  const pairFor = (part: Part): IdxPair | undefined => {
    const images = firstIdxFile(files, part, 'images');
    const labels = firstIdxFile(files, part, 'labels');
    if (images !== undefined && labels !== undefined) return { images, labels };
    if (part !== 'train' && images === undefined && labels === undefined) return undefined;
    const stem = `${set && `${set}-`}${part === 'test' ? (set === '' ? 't10k' : 'test') : part}`;
    const file = `${stem}-${images === undefined ? 'images-idx3' : 'labels-idx1'}-ubyte`;
    throw new InvalidInputError(`${folder} has IDX files, but not ${file} (or ${file}.gz): add it to the folder.`, {
      details: { path: join(folder, file) },
    });
  };
  const otherThan = (part: Part) => (part === lonePart ? undefined : pairFor(part));
  const [validation, test] = [otherThan('validation'), otherThan('test')];
  const pairs: ByPart<IdxPair> = {
    train: pairFor(lonePart ?? 'train') ?? { images: '', labels: '' },
    ...(validation && { validation }),
    ...(test && { test }),
  };
  const mapping = naming.names === undefined ? await findMapping(folder, set) : undefined;
  const used = partsOf(pairs).flatMap(([, { images, labels }]) => [images, labels]);
  return readAs(lonePart, {
    format: 'idx',
    takes: ['transpose'],
    files: [...used, ...(mapping === undefined ? [] : [mapping])],
    read: (options) => readParts(name, set, pairs, { ...naming, mapping }, options),
    explain: async () =>
      [...files.map(({ path }) => path), ...(mapping === undefined ? [] : [mapping])]
        .map((path) => roleOf(folder, path, pairs, mapping))
        .sort((a, b) => compareCodePoints(a.file, b.file)),
  });
}

function roleOf(folder: string, path: string, pairs: ByPart<IdxPair>, mapping: string | undefined): FileRole {
  const file = relative(folder, path).replaceAll('\\', '/');
  if (path === mapping) return { file, rule: 'names of the classes' };
  for (const [part, { images, labels }] of partsOf(pairs)) {
    if (path === images) return { file, part, rule: 'images, by the name of the file' };
    if (path === labels) return { file, part, rule: 'labels, by the name of the file' };
  }
  return { file, rule: 'another copy' };
}

async function readParts(
  name: string,
  set: string,
  pairs: ByPart<IdxPair>,
  { names, isNamed, mapping }: Naming & { readonly mapping: string | undefined },
  options: ReadOptions,
): Promise<DatasetParts> {
  const mapped = mapping === undefined ? undefined : await readMapping(mapping);
  const nameOf = (value: number): string => names?.[value] ?? mapped?.get(value) ?? String(value);
  const parts = new Map<Part, ArrayPart>();
  for (const [part, pair] of partsOf(pairs)) {
    options.signal?.throwIfAborted();
    parts.set(part, await readPair(pair, nameOf, options));
  }
  const train = parts.get('train') ?? (await readPair(pairs.train, nameOf, options));
  const notes = [
    ...(isNamed ? [] : [`Labels: ${basename(pairs.train.labels)}.`]),
    ...(mapping === undefined ? [] : [`Names of the classes: ${basename(mapping)}.`]),
    ...noteOnEmnist([set, name, pairs.train.images], options),
  ];
  const assembled = await assembleArrays(
    name,
    { train, validation: parts.get('validation'), test: parts.get('test'), notes },
    { ...options, layout: 'nchw' },
  );
  if (names === undefined) return assembled;
  return { ...assembled, notes: [...assembled.notes, ...noteOnEmptyClasses(names, assembled.classes)] };
}

async function readPair(
  { images, labels }: IdxPair,
  nameOf: (value: number) => string,
  { overflow }: ReadOptions,
): Promise<ArrayPart> {
  const { dimensions, pixels, start } = await readIdxImages(images, overflow);
  const [count = 0, channels = 1] = dimensions;
  if (dimensions.length === 4 && channels !== 1 && channels !== 3) {
    throw formatError(
      images,
      { offset: 8 },
      `${channels} channels, expected 1 (grey) or 3 (red, green, blue)`,
      'the order is images × channels × height × width',
    );
  }
  const { values, offsetOf } = await readIdxLabels(labels);
  if (values.length !== count) {
    throw formatError(
      labels,
      { offset: 4 },
      `${values.length} labels, but ${images} has ${count} images`,
      'each image needs one label',
    );
  }
  return {
    name: basename(images),
    where: images,
    images: imagesOfBytes(dimensions, pixels, start),
    labels: Array.from(values, nameOf),
    labelsWhere: labels,
    placeOf: (row) => ({ offset: offsetOf(row) }),
  };
}

/** EMNIST's list of the characters of each label, `emnist-letters-mapping.txt`. */
async function findMapping(folder: string, set: string): Promise<string | undefined> {
  if (set === '') return undefined;
  const entries = await readdir(folder);
  const found = entries.find((entry) => entry.toLowerCase() === `${set}-mapping.txt`);
  return found === undefined ? undefined : join(folder, found);
}

/**
 * Lines of a label and the codes of its characters: `1 65 97` is `Aa`.
 *
 * @throws {DataFormatError} with the row, for any other line, or two labels with one name.
 */
async function readMapping(path: string): Promise<ReadonlyMap<number, string>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure('read', path, error);
  });
  const names = new Map<number, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const fail = (what: string): Error =>
      formatError(
        path,
        { row: index + 1 },
        what,
        'mend the line, or remove the file: then the classes are called by their numbers',
      );
    if (!/^\s*\d{1,6}(\s+\d{1,6})+\s*$/.test(line)) throw fail('not a label and the codes of its characters');
    const [label = 0, ...codes] = line.trim().split(/\s+/).map(Number);
    if (codes.some((code) => code < 32 || code > 0xd7ff))
      throw fail(`the codes ${codes.join(', ')} are not those of characters`);
    const name = String.fromCodePoint(...codes).trim();
    if (name === '' || [...names.values()].includes(name)) throw fail(`the name ${listNames([name])} is not new`);
    names.set(label, name);
  }
  return names;
}
