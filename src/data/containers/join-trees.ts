// Several trees as one.

import { compareCodePoints } from '../labels/class-names.ts';
import { type FileTree, type LeftOutFile, missingFile } from './file-tree.ts';

export interface TreePart {
  readonly tree: FileTree;
  /** The path in the whole of a file in this part; undefined if it has none. */
  readonly pathOf: (file: string) => string | undefined;
}

/** Of two files with one path, the first counts. */
export function joinTrees(root: string, parts: readonly TreePart[], notes: readonly string[]): FileTree {
  const places = new Map<string, Place>();
  const leftOut: LeftOutFile[] = [];
  for (const { tree, pathOf } of parts) {
    for (const file of tree.files) {
      const path = pathOf(file);
      if (path === undefined) continue;
      if (places.has(path)) leftOut.push({ file: path, reason: 'a second file of that name' });
      else places.set(path, { tree, file });
    }
    for (const { file, reason } of tree.leftOut) leftOut.push({ file: pathOf(file) ?? file, reason });
  }
  const placeOf = (path: string): Place => places.get(path) ?? missingFile(root, path);
  return {
    root,
    files: [...places.keys()].sort(compareCodePoints),
    leftOut,
    notes: [...new Set([...parts.flatMap(({ tree }) => tree.notes), ...notes])],
    read: async (path) => {
      const { tree, file } = placeOf(path);
      return tree.read(file);
    },
    async readAll<T>(
      paths: readonly string[],
      use: (index: number, bytes: () => Promise<Uint8Array>) => Promise<T>,
      signal?: AbortSignal,
    ): Promise<T[]> {
      const wanted = new Map<FileTree, { readonly file: string; readonly index: number }[]>();
      for (const [index, path] of paths.entries()) {
        const { tree, file } = placeOf(path);
        const files = wanted.get(tree) ?? [];
        files.push({ file, index });
        wanted.set(tree, files);
      }
      const results = new Array<T>(paths.length);
      for (const [tree, files] of wanted) {
        const read = await tree.readAll(
          files.map(({ file }) => file),
          (position, bytes) => use(files[position]?.index ?? 0, bytes),
          signal,
        );
        for (const [position, result] of read.entries()) results[files[position]?.index ?? 0] = result;
      }
      return results;
    },
  };
}

interface Place {
  readonly tree: FileTree;
  readonly file: string;
}
