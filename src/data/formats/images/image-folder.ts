// Folders of images, in class folders or with a table of their labels.

import { basename, dirname, join } from 'node:path';
import type { FileTree } from '../../containers/file-tree.ts';
import { folderTree } from '../../containers/folder-tree.ts';
import type { LocatedSource } from '../../set/source.ts';
import { explainImageTree, readImageTree } from './image-tree.ts';

/**
 * What does not fit shows when it is read.
 *
 * @param files  in the folder, if the tree also lists what is in archives.
 */
export function locateImageFolder(
  folder: string,
  tree: FileTree = folderTree(folder),
  files = tree.files,
): LocatedSource {
  return sourceOf(tree, basename(folder), files);
}

/** A table of the images beside it, or in folders beside it. */
export function locateImageTable(path: string): LocatedSource {
  const name = basename(path).replace(/\.[^.]+(\.gz)?$/, '');
  const tree = folderTree(dirname(path));
  return sourceOf(tree, name, tree.files, basename(path));
}

function sourceOf(tree: FileTree, name: string, files: readonly string[], table?: string): LocatedSource {
  return {
    format: 'image-folder',
    takes: ['labelFrom', 'labelColumn', 'imageColumn'],
    files: files.map((file) => join(tree.root, file)),
    read: (options) => readImageTree(name, tree, options, table),
    explain: (options) => explainImageTree(tree, options, table),
  };
}
