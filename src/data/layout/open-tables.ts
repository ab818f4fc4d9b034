// The tables among the files that name images.

import { join } from 'node:path';
import { DataFormatError } from '../../errors.ts';
import type { FileTree } from '../containers/file-tree.ts';
import type { LayoutOptions } from './evidence.ts';
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
  const isOff = options.labelFrom === 'folders' || options.labelFrom === 'name';
  for (const file of isOff ? [] : tablesOf(tree, options.table)) {
    try {
      const table = openImageTable(file, await tree.read(file), join(tree.root, file), index, options);
      if (table !== undefined) tables.push(table);
    } catch (error) {
      if (!(error instanceof DataFormatError)) throw error;
      failure ??= error;
    }
  }
  return { tables, failure };
}

function tablesOf({ files }: FileTree, only: string | undefined): readonly string[] {
  if (only !== undefined) return [only];
  const tables = files.filter((file) => isTableName(file) && !/submission/i.test(file));
  const lists = tables.filter((file) => /\.txt$/i.test(file));
  return (lists.length > MOST_LISTS ? tables.filter((file) => !lists.includes(file)) : tables).slice(0, MOST_TABLES);
}
