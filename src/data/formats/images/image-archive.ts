// Folders of images in an archive of any kind: the names of its entries make the tree.

import { join } from 'node:path';
import { isSystemName } from '../../containers/file-tree.ts';
import type { ImagePlace } from '../../pixels/decode-parts.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import { readImageTree } from './image-tree.ts';

export interface ImageArchive {
  readonly path: string;
  readonly names: readonly string[];
  readonly readAll: <T>(
    places: readonly PlaceInArchive[],
    read: (place: PlaceInArchive, bytes: () => Promise<Uint8Array>) => Promise<T>,
    signal?: AbortSignal,
  ) => Promise<T[]>;
}

export interface PlaceInArchive extends ImagePlace {
  readonly entry: string;
}

export async function readImageArchive(
  name: string,
  { path, names, readAll }: ImageArchive,
  options: ReadOptions,
): Promise<DatasetParts> {
  const files = names.filter((n) => !n.endsWith('/') && !n.split('/').some(isSystemName));
  const place = (file: string): PlaceInArchive => ({ path: join(path, file), label: 0, entry: file });
  return readImageTree(
    name,
    {
      root: path,
      files,
      leftOut: [],
      notes: [],
      read: async (file) => (await readAll([place(file)], (_, bytes) => bytes()))[0] ?? new Uint8Array(),
      readAll: (wanted, use, signal) => {
        const index = new Map(wanted.map((file, i) => [file, i]));
        return readAll(wanted.map(place), (p, bytes) => use(index.get(p.entry) ?? 0, bytes), signal);
      },
    },
    options,
  );
}
