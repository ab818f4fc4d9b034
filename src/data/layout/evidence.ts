// What is known of a folder or an archive before its classes are chosen.

import type { FileTree } from '../containers/file-tree.ts';
import type { ReadOptions } from '../set/source.ts';
import type { FolderReading } from './class-folders.ts';
import type { ImageTable } from './label-table.ts';
import type { ImageIndex } from './match-images.ts';

export interface LayoutOptions
  extends Pick<ReadOptions, 'labelFrom' | 'labelColumn' | 'imageColumn' | 'skipBroken' | 'lonePart'> {
  /** The only table that counts, relative to the root of the tree. */
  readonly table?: string | undefined;
}

export interface Evidence {
  readonly tree: FileTree;
  /** All images of the tree, without those about images. */
  readonly images: readonly string[];
  /** Pictures about images, such as masks. */
  readonly about: ReadonlySet<string>;
  readonly folders: FolderReading;
  /** Those that name images of the tree. */
  readonly tables: readonly ImageTable[];
  /** Why a table cannot be read that could have named them. */
  readonly failure: Error | undefined;
  readonly index: ImageIndex;
  readonly options: LayoutOptions;
}
