// Images in a folder or an archive → parts of one shape.

import { join } from 'node:path';
import type { FileTree } from '../../containers/file-tree.ts';
import type { LayoutOptions } from '../../layout/evidence.ts';
import { findLayout, type LabelledImage } from '../../layout/find-layout.ts';
import { decodeParts, type ImagePlace } from '../../pixels/decode-parts.ts';
import type { DatasetParts, FileRole, ReadOptions } from '../../set/source.ts';

/**
 * @param table  the only table that may give the labels, relative to the root of the tree.
 * @throws {InvalidInputError} {DataFormatError} see `findLayout` and `decodeParts`.
 */
export async function readImageTree(
  name: string,
  tree: FileTree,
  options: ReadOptions,
  table?: string,
): Promise<DatasetParts> {
  const { classes, train, validation, test, notes } = await findLayout(tree, withTable(options, table));
  const files = [train, validation ?? [], test ?? []].flatMap((part) => part.map(({ file }) => file));
  const placesOf = (part: readonly LabelledImage[]): ImagePlace[] =>
    part.map(({ file, label }) => ({ path: join(tree.root, file), label }));
  const places = [train, validation ?? [], test ?? []].flatMap(placesOf);
  return decodeParts(
    {
      name,
      source: tree.root,
      classes,
      train: places.slice(0, train.length),
      validation: validation && places.slice(train.length, train.length + validation.length),
      test: test && places.slice(train.length + (validation?.length ?? 0)),
      notes,
      readAll: (read, signal) =>
        tree.readAll(
          files,
          async (index, bytes) => {
            const place = places[index];
            if (place === undefined) throw new Error(`there is no image ${index}`);
            return read(place, bytes);
          },
          signal,
        ),
    },
    options,
  );
}

export async function explainImageTree(
  tree: FileTree,
  options: ReadOptions,
  table?: string,
): Promise<readonly FileRole[]> {
  return (await findLayout(tree, withTable(options, table))).roles;
}

const withTable = (options: ReadOptions, table: string | undefined): LayoutOptions => ({
  ...options,
  ...(table !== undefined && { table }),
});
