// The tables among the files that name images.

import { join } from 'node:path';
import type { FileTree } from '../containers/file-tree.ts';
import type { LayoutOptions } from './find-layout.ts';
import { type ImageTable, openImageTable } from './label-table.ts';
import type { ImageIndex } from './match-images.ts';
import { isTableName } from './table.ts';

/** Lists of images are few; files of boxes, one for each image, are many. */
const MOST_LISTS = 20;
const MOST_TABLES = 200;

/** @returns the tables that name images of the tree, in the order of their paths. */
export async function openTables(tree: FileTree, index: ImageIndex, options: LayoutOptions): Promise<ImageTable[]> {
  if (options.labelFrom === 'folders' || options.labelFrom === 'name') return [];
  const opened: ImageTable[] = [];
  for (const file of tablesOf(tree, options.table)) {
    const table = openImageTable(file, await tree.read(file), join(tree.root, file), index, options);
    if (table !== undefined) opened.push(table);
  }
  return opened;
}

function tablesOf({ files }: FileTree, only: string | undefined): readonly string[] {
  if (only !== undefined) return [only];
  const tables = files.filter((file) => isTableName(file) && !/submission/i.test(file));
  const lists = tables.filter((file) => /\.txt$/i.test(file));
  return (lists.length > MOST_LISTS ? tables.filter((file) => !lists.includes(file)) : tables).slice(0, MOST_TABLES);
}
