// The tables among the files that name images.

import { join, parse } from 'node:path';
import { DataFormatError } from '../../errors.ts';
import type { FileTree } from '../containers/file-tree.ts';
import type { LayoutOptions } from './evidence.ts';
import { isImageName } from './image-names.ts';
import { type ImageTable, openImageTable } from './label-table.ts';
import type { ImageIndex } from './match-images.ts';
import { isTableName } from './table.ts';

/** Lists of images are few; files of boxes, one for each image, are many. */
const MOST_LISTS = 20;
const MOST_TABLES = 200;

export interface OpenedTables {
  /** Those that name images of the tree, in the order of their paths. */
  readonly tables: readonly ImageTable[];
  /** Why the first that is damaged cannot be read; it may not be about the images at all. */
  readonly failure: DataFormatError | undefined;
}

export async function openTables(tree: FileTree, index: ImageIndex, options: LayoutOptions): Promise<OpenedTables> {
  const tables: ImageTable[] = [];
  let failure: DataFormatError | undefined;
  for (const file of tablesOf(tree, options.table)) {
    try {
      const table = openImageTable(file, await tree.read(file), join(tree.root, file), index, options);
      if (table !== undefined) tables.push(table);
    } catch (error) {
      if (!(error instanceof DataFormatError)) throw error;
      failure ??= error;
    }
  }
  return { tables: tables.map((table) => readAlike(table, tables)), failure };
}

/** Tables with the same columns have their labels in the same one; if its name does not tell which, the largest does. */
function readAlike(table: ImageTable, tables: readonly ImageTable[]): ImageTable {
  const { columns, table: own } = table;
  if (columns.label?.isKnown) return table;
  const alike = tables.filter(
    (other) => other.columns.image === columns.image && other.table.header.join('\n') === own.header.join('\n'),
  );
  const largest = alike.reduce((a, b) => (b.table.rows.length > a.table.rows.length ? b : a), table);
  return { ...table, columns: { ...columns, label: largest.columns.label } };
}

/** Without lists that are about one image, which have its name, and of many others those nearest to the root. */
function tablesOf({ files }: FileTree, only: string | undefined): readonly string[] {
  if (only !== undefined) return [only];
  const tables = files.filter((file) => isTableName(file) && !/submission/i.test(file));
  const stems = new Set(files.filter(isImageName).map(stemOf));
  const lists = tables
    .filter((file) => isList(file) && !stems.has(stemOf(file)))
    .sort((a, b) => depthOf(a) - depthOf(b));
  const read = new Set(lists.slice(0, MOST_LISTS));
  return tables.filter((file) => !isList(file) || read.has(file)).slice(0, MOST_TABLES);
}

const isList = (file: string): boolean => /\.txt$/i.test(file);
const stemOf = (file: string): string => parse(file).name.toLowerCase();
const depthOf = (file: string): number => file.split('/').length;
