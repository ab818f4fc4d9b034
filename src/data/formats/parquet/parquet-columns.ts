// Which columns of a Parquet file hold the images and the labels, and the names of the labels.

import type { FileMetaData } from 'hyparquet';
import { InvalidInputError } from '../../../errors.ts';
import type { Column } from './parquet-page.ts';

export interface ImageColumns {
  readonly image: Column;
  readonly label: Column;
  /** The names of the labels 0, 1, …; undefined if labels are words or bare numbers. */
  readonly names: readonly string[] | undefined;
}

const IMAGE_NAMES = ['image', 'img', 'jpg', 'jpeg', 'png', 'webp', 'picture', 'photo'];
const LABEL_NAMES = ['label', 'labels', 'class', 'category', 'target', 'fine_label', 'cls'];

/**
 * Finds the columns by the metadata of the library `datasets`, or else by their names. An image column holds bytes, or is a
 * group with a column `bytes`. Of several labels `label` is taken, and `fine_label` before `coarse_label`.
 *
 * @throws {InvalidInputError} if either is missing.
 */
export function imageColumnsOf({
  path,
  metadata,
}: {
  readonly path: string;
  readonly metadata: FileMetaData;
}): ImageColumns {
  const columns = leavesOf(metadata);
  const features = featuresOf(metadata);
  const called = (type: string, names: readonly string[]): string[] => [
    ...names.filter((name) => features.get(name)?.type === type),
    ...[...features].flatMap(([name, feature]) => (feature.type === type ? [name] : [])),
    ...names,
  ];
  const image = called('Image', IMAGE_NAMES)
    .flatMap((name) => [columns.get(`${name}.bytes`), columns.get(name)])
    .find((column) => column?.type === 'BYTE_ARRAY');
  const labelName = called('ClassLabel', LABEL_NAMES).find((name) => columns.has(name));
  const label = labelName === undefined ? undefined : columns.get(labelName);
  if (image !== undefined && label !== undefined && labelName !== undefined) {
    return { image, label, names: features.get(labelName)?.names };
  }
  throw new InvalidInputError(
    `${path} has no column ${image === undefined ? 'of images (image, with bytes)' : 'of labels (label)'} that can be read; its columns: ${[...columns.keys()].slice(0, 20).join(', ')}.`,
    { details: { path, columns: [...columns.keys()] } },
  );
}

const TYPES: ReadonlySet<string> = new Set<Column['type']>(['BYTE_ARRAY', 'INT32', 'INT64', 'BOOLEAN']);

/** The columns without lists whose types are read, by their path. */
function leavesOf({ schema }: FileMetaData): ReadonlyMap<string, Column> {
  const leaves = new Map<string, Column>();
  let next = 1;
  const walk = (path: readonly string[], definition: number, inList: boolean): void => {
    const element = schema[next++];
    // A group announces how many members follow it. Nothing deeper than this holds images.
    if (element === undefined || path.length > 20) return;
    const here = [...path, element.name];
    const depth = definition + (element.repetition_type === 'OPTIONAL' ? 1 : 0);
    const repeated = inList || element.repetition_type === 'REPEATED';
    if (element.type === undefined) {
      for (let i = 0; i < (element.num_children ?? 0) && next < schema.length; i++) walk(here, depth, repeated);
    } else if (!repeated && isReadable(element.type)) {
      leaves.set(here.join('.'), { path: here, type: element.type, maxDefinition: depth });
    }
  };
  while (next < schema.length) walk([], 0, false);
  return leaves;
}

const isReadable = (type: string): type is Column['type'] => TYPES.has(type);

interface Feature {
  readonly type: unknown;
  readonly names: readonly string[] | undefined;
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
