import type { FileTree } from '../../src/data/containers/file-tree.ts';

/** Files in memory; those without content are empty. */
export function memoryTree(files: Readonly<Record<string, string | Uint8Array>> | readonly string[]): FileTree {
  const contents = new Map(
    Array.isArray(files) ? files.map((file: string) => [file, ''] as const) : Object.entries(files),
  );
  const read = async (file: string): Promise<Uint8Array> => Buffer.from(contents.get(file) ?? '');
  return {
    root: 'DATA',
    files: [...contents.keys()].sort(),
    leftOut: [],
    notes: [],
    read,
    readAll: (wanted, use) => Promise.all(wanted.map((file, index) => use(index, () => read(file)))),
  };
}

/** `class:count` for each class of each part, such as `train cat:2 dog:1, test cat:1`. */
export const numbered = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index));
