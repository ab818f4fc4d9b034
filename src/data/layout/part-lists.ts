// Tables that tell the parts of images: lists called train.txt and test.txt, or a column such as split.

import { partOf } from '../labels/part-words.ts';
import type { Part } from '../set/source.ts';
import { type ImageTable, partOfTable } from './label-table.ts';
import type { ImageIndex } from './match-images.ts';
import { columnText } from './table.ts';
import { isSplitName, partInCell } from './table-columns.ts';

export interface PartLists {
  /** The part of an image; undefined if lists name the training images, but not this one. */
  partOf(image: string): Part | undefined;
  /** The table that tells the part of an image. */
  fileOf(image: string): string | undefined;
  /** Of the tables that were followed. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/** Share of its names that must be those of images. */
const MOST = 0.9;

/**
 * Follows tables that tell the parts of images whose folders do not.
 *
 * @param images  those that have a class.
 * @returns undefined if no table tells of a validation or a test part.
 */
export function readPartLists(
  tables: readonly ImageTable[],
  index: ImageIndex,
  images: ReadonlySet<string>,
): PartLists | undefined {
  const parts = new Map<string, { readonly part: Part; readonly file: string }>();
  const files: string[] = [];
  for (const table of tables) {
    const told = readParts(table, index).filter(({ image }) => images.has(image));
    if (told.length === 0) continue;
    const rival = told.find(({ image, part }) => (parts.get(image)?.part ?? part) !== part);
    if (rival !== undefined) {
      const names = [...files, table.table.file].join(', ');
      const note = `The parts in ${names} were not followed: they put ${rival.image} in several.`;
      return { partOf: () => 'train', fileOf: () => undefined, files: [], notes: [note] };
    }
    for (const { image, part } of told) parts.set(image, { part, file: table.table.file });
    files.push(table.table.file);
  }
  const found = new Set([...parts.values()].map(({ part }) => part));
  const isAll = parts.size === images.size && !found.has('train');
  if (isAll || (!found.has('validation') && !found.has('test'))) return undefined;
  const rest = found.has('train') ? undefined : 'train';
  return {
    partOf: (image) => parts.get(image)?.part ?? rest,
    fileOf: (image) => parts.get(image)?.file,
    files,
    notes: [`Parts: ${files.join(', ')}.`],
  };
}

function readParts(
  { table, columns, folder }: ImageTable,
  index: ImageIndex,
): { readonly image: string; readonly part: Part }[] {
  const { header, rows } = table;
  const ofTable = partOfTable({ table });
  const isNamed = ofTable !== undefined && !header.some(isSplitName);
  if (columns.split === undefined && !isNamed) return [];
  const told = rows.flatMap(({ cells }) => {
    const [image, ...others] = index.match(cells[columns.image] ?? '', folder);
    const part =
      columns.split === undefined ? ofTable : partInCell(header[columns.split] ?? '', cells[columns.split] ?? '');
    return image === undefined || others.length > 0 || part === undefined ? [] : [{ image, part }];
  });
  return told.length >= rows.length * MOST ? told : [];
}

/** Columns that surely tell parts, and not where an image is from. */
const SURE_NAME = /^(data ?)?(split|subset|partition|phase)$/i;

/** Notes on columns that seem to tell the parts, but in words that are not known. */
export function describeUnfollowed(tables: readonly ImageTable[]): string[] {
  return tables.flatMap(({ table, columns }) => {
    const { header, rows } = table;
    const { label, split } = columns;
    const column = header.findIndex(isSplitName);
    if (split !== undefined || column < 0 || (label?.kind === 'column' && label.column === column)) return [];
    const values = [...new Set(rows.map(({ cells }) => cells[column] ?? ''))];
    const isSure = SURE_NAME.test((header[column] ?? '').replace(/_/g, ' '));
    if (values.length < 2 || !(isSure || values.some((value) => partOf(value) !== undefined))) return [];
    const shown = `${values.slice(0, 3).join(', ')}${values.length > 3 ? ', …' : ''}`;
    return [
      `The ${columnText(header[column] ?? '')} of ${table.file} was not followed: its values (${shown}) are not all words for parts, such as train, val and test.`,
    ];
  });
}
