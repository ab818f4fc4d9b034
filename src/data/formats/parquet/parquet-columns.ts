// Which columns of a Parquet file hold the images and the labels, and the names of the labels.

import type { FileMetaData } from 'hyparquet';
import { InvalidInputError } from '../../../errors.ts';
import { isSplitName } from '../../layout/table-columns.ts';
import type { ReadOptions } from '../../set/source.ts';
import type { Column } from './parquet-page.ts';

export interface ImageColumns {
  readonly image: Column;
  readonly label: Column;
  /** The names of the labels 0, 1, …; undefined if labels are words or bare numbers. */
  readonly names: readonly string[] | undefined;
  /** Where images without bytes have their paths. */
  readonly path: Column | undefined;
}

const IMAGE_NAMES = [
  'image',
  'img',
  'jpg',
  'jpeg',
  'png',
  'webp',
  'picture',
  'photo',
  'pixel_values',
  'scan',
  'image_bytes',
];
const LABEL_NAMES = [
  'label',
  'labels',
  'class',
  'category',
  'target',
  'fine_label',
  'cls',
  'class_id',
  'classid',
  'class_name',
  'class_label',
  'dx',
  'diagnosis',
  'digit',
  'character',
  'letter',
  'emotion',
  'y',
  'species',
  'breed',
];

/**
 * Finds the columns by what the user asked for, or by the metadata of the library `datasets`, or by their names, or, where
 * there is only one of the right type, by that. An image column holds bytes, or is a group with a column `bytes`. Of several
 * labels `label` is taken, and `fine_label` before `coarse_label`.
 *
 * @throws {InvalidInputError} if either is missing, or of a type that is not read.
 */
export function imageColumnsOf(
  {
    path,
    metadata,
  }: {
    readonly path: string;
    readonly metadata: FileMetaData;
  },
  { imageColumn, labelColumn }: Pick<ReadOptions, 'imageColumn' | 'labelColumn'>,
): ImageColumns {
  const leaves = leavesOf(metadata);
  const features = featuresOf(metadata);
  const table: Table = { path, leaves, features };
  const image = findImage(table, imageColumn);
  const label = findLabel(table, labelColumn, image);
  const root = image.path.slice(0, -1).join('.');
  const pathLeaf = root === '' ? undefined : leaves.get(`${root}.path`);
  return {
    image,
    label,
    names: features.get(label.path.join('.'))?.names,
    path: pathLeaf === undefined ? undefined : readable(pathLeaf),
  };
}

/** Other columns than the one of the labels that are called as labels are. */
export function otherLabels({ metadata }: { readonly metadata: FileMetaData }, label: Column): string[] {
  const names = [...leavesOf(metadata).values()].flatMap(({ path: [name, ...deeper] }) =>
    name === undefined || deeper.length > 0 ? [] : [name],
  );
  const known = new Set([...LABEL_NAMES, 'coarse_label']);
  return names.filter((name) => name !== label.path.join('.') && known.has(name.toLowerCase()));
}

/** A column that seems to tell the parts of the rows. */
export function splitColumnOf({ metadata }: { readonly metadata: FileMetaData }): Column | undefined {
  const leaf = [...leavesOf(metadata).values()].find(({ path }) => path.length === 1 && isSplitName(path[0] ?? ''));
  return leaf && readable(leaf);
}

interface Table {
  readonly path: string;
  readonly leaves: ReadonlyMap<string, Leaf>;
  readonly features: ReadonlyMap<string, Feature>;
}

function findImage({ path, leaves, features }: Table, asked: string | undefined): Column {
  const find = (name: string): Leaf | undefined => leaves.get(`${name}.bytes`) ?? leaves.get(name);
  const isBytes = (leaf: Leaf): boolean => leaf.type === 'BYTE_ARRAY' && !leaf.isList && !leaf.isText;
  const called = namesOf(
    leaves,
    asked === undefined ? [...featuresOfType(features, 'Image', IMAGE_NAMES), ...IMAGE_NAMES] : [asked],
  );
  const candidates = called.flatMap((name) => find(name) ?? []);
  const images = [...leaves.values()].filter(isBytes);
  const only = asked === undefined && images.length === 1 ? images : [];
  const found = [...candidates, ...only].find(isBytes);
  const column = found && readable(found);
  if (column !== undefined) return column;
  const [wrong] = candidates.length > 0 ? candidates : startingWith(leaves, called);
  if (wrong === undefined) throw missing(path, leaves, 'of images (image, with bytes)', '--image-column');
  const name = wrong.isList ? wrong.path[0] : wrong.path.join('.');
  const what = wrong.isText
    ? `the column ${name} holds text, such as paths, and not the bytes of images: embed the images in the file, or give the folder of images`
    : `the column ${name} holds ${wrong.isList ? 'lists of numbers' : wrong.type}, and not the bytes of encoded images: encode them as PNG, or save the numbers as .npz`;
  throw new InvalidInputError(`Cannot use ${path} as a data set: ${what}.`, { details: { path, column: name } });
}

function findLabel({ path, leaves, features }: Table, asked: string | undefined, image: Column): Column {
  const called = namesOf(
    leaves,
    asked === undefined ? [...featuresOfType(features, 'ClassLabel', LABEL_NAMES), ...LABEL_NAMES] : [asked],
  );
  const inImage = image.path.length > 1 ? `${image.path[0]}.` : image.path.join('.');
  const others = [...leaves.values()].filter(
    (leaf) => leaf.path.length === 1 && !leaf.path.join('.').startsWith(inImage) && !isAboutFiles(leaf),
  );
  const only = asked === undefined && others.length === 1 ? others : [];
  const candidates = [...called.flatMap((name) => leaves.get(name) ?? []), ...only];
  const found = candidates.find((leaf) => readable(leaf) !== undefined);
  const column = found && readable(found);
  if (column !== undefined) return column;
  const [wrong] = [...candidates, ...startingWith(leaves, called)];
  if (wrong === undefined) throw missing(path, leaves, 'of labels (label)', '--label-column');
  const [name] = wrong.path;
  const inner = wrong.path.join('.');
  const what = wrong.isList
    ? `the column of labels, ${name}, holds lists: each image needs one label`
    : readable(wrong) === undefined
      ? `the column of labels, ${name}, holds ${wrong.type}: labels are whole numbers or words`
      : `the column of labels, ${name}, is nested (${inner}): name what to take with --label-column ${inner}, or write it as a column of its own`;
  throw new InvalidInputError(`Cannot use ${path} as a data set: ${what}.`, { details: { path, column: inner } });
}

function missing(path: string, leaves: Table['leaves'], what: string, option: string): InvalidInputError {
  const columns = [...leaves.keys()];
  return new InvalidInputError(
    `${path} has no column ${what} that can be read; its columns: ${columns.slice(0, 20).join(', ')}; ${option} names another.`,
    { details: { path, columns } },
  );
}

/** The names as the file spells them. */
function namesOf(leaves: Table['leaves'], names: readonly string[]): string[] {
  const spelled = [...leaves.values()].flatMap(({ path }) => [path.join('.'), path[0] ?? '']);
  return names.flatMap((name) => {
    if (spelled.includes(name)) return [name];
    const other = spelled.find((column) => column.toLowerCase() === name.toLowerCase());
    return other === undefined ? [] : [other];
  });
}

const startingWith = (leaves: Table['leaves'], names: readonly string[]): Leaf[] =>
  names.flatMap((name) => [...leaves.values()].filter(({ path }) => path[0] === name));

const isAboutFiles = ({ path, isList }: Leaf): boolean =>
  isList || /(^|_)(id|index|file|filename|file_name|path|url|width|height|split)$|^__index/i.test(path.at(-1) ?? '');

interface Leaf {
  readonly path: readonly string[];
  readonly type: string;
  readonly maxDefinition: number;
  /** It, or a group around it, is repeated. */
  readonly isList: boolean;
  readonly isText: boolean;
}

const TYPES: ReadonlySet<string> = new Set<Column['type']>([
  'BYTE_ARRAY',
  'INT32',
  'INT64',
  'FLOAT',
  'DOUBLE',
  'BOOLEAN',
]);

/** @returns undefined if it is a list, or of another type. */
function readable({ path, type, maxDefinition, isList }: Leaf): Column | undefined {
  return !isList && isReadable(type) ? { path, type, maxDefinition } : undefined;
}

const isReadable = (type: string): type is Column['type'] => TYPES.has(type);

/** The columns that hold values, by their path. */
function leavesOf({ schema }: FileMetaData): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  let next = 1;
  const walk = (path: readonly string[], definition: number, inList: boolean): void => {
    const element = schema[next++];
    // A group announces how many members follow it. Nothing deeper than this holds images.
    if (element === undefined || path.length > 20) return;
    const here = [...path, element.name];
    const depth = definition + (element.repetition_type === 'OPTIONAL' ? 1 : 0);
    const isList = inList || element.repetition_type === 'REPEATED';
    if (element.type === undefined) {
      for (let i = 0; i < (element.num_children ?? 0) && next < schema.length; i++) walk(here, depth, isList);
    } else {
      const isText =
        ['UTF8', 'JSON', 'ENUM'].includes(element.converted_type ?? '') || element.logical_type?.type === 'STRING';
      leaves.set(here.join('.'), { path: here, type: element.type, maxDefinition: depth, isList, isText });
    }
  };
  while (next < schema.length) walk([], 0, false);
  return leaves;
}

interface Feature {
  readonly type: unknown;
  readonly names: readonly string[] | undefined;
}

/** Those with a known name first. */
function featuresOfType(features: Table['features'], type: string, known: readonly string[]): string[] {
  const names = [...features].flatMap(([name, feature]) => (feature.type === type ? [name] : []));
  return [...known.filter((name) => names.includes(name)), ...names];
}

/** The features under the key `huggingface`; empty if it is missing or holds something else. */
function featuresOf({ key_value_metadata }: FileMetaData): ReadonlyMap<string, Feature> {
  const text = key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  try {
    const features: unknown = JSON.parse(text ?? '{}')?.info?.features ?? {};
    return new Map(
      Object.entries(features as Record<string, { _type?: unknown; names?: unknown } | null>).map(([name, feature]) => {
        const names = feature?.names;
        const isList = Array.isArray(names) && names.every((item) => typeof item === 'string');
        return [name, { type: feature?._type, names: isList ? names : undefined }];
      }),
    );
  } catch {
    return new Map();
  }
}
