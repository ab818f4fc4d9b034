// Several trees as one: archives in a folder or in an archive. Teachable Machine gives one for each class, Kaggle one for
// each part.

import { basename, extname } from 'node:path';
import { compareCodePoints } from '../labels/class-names.ts';
import { listNames } from '../labels/name-labels.ts';
import { type FileTree, type LeftOutFile, missingFile } from './file-tree.ts';

/**
 * The archives in a tree become folders, named after them, if there are no images beside them: those are often the very
 * images that were unpacked from them. Archives in those archives stay files.
 *
 * @param archives  the endings of their names.
 */
export async function openArchivesIn(
  tree: FileTree,
  archives: RegExp,
  open: (file: string) => Promise<FileTree>,
): Promise<FileTree> {
  const found = tree.files.filter((file) => archives.test(file));
  const isFound = new Set(found);
  if (found.length === 0 || tree.files.some((file) => !isFound.has(file) && mayBeImage(file))) return tree;
  const parts: TreePart[] = [{ tree, pathOf: (file) => (isFound.has(file) ? undefined : file) }];
  for (const file of found) {
    // With the addition of Teachable Machine: `Class 1-samples.zip`.
    const folder = file.replace(archives, '').replace(/(?<=[^/])-samples$/, '');
    const inner = await open(file);
    // `train.zip` often holds a folder `train`.
    const own = `${basename(folder)}/`;
    const isWrapped = inner.files.every((path) => path.startsWith(own));
    parts.push({
      tree: inner,
      pathOf: (path) => `${folder}/${isWrapped && path.startsWith(own) ? path.slice(own.length) : path}`,
    });
  }
  return joinTrees(tree.root, parts, [`Archives were read as folders: ${found.length} (${listNames(found)}).`]);
}

/** Files that can lie beside archives of images. Whatever else is there may be an image, perhaps one from the archives. */
function mayBeImage(file: string): boolean {
  return (
    !BESIDE_ARCHIVES.has(extname(file).toLowerCase()) &&
    !/^(readme|licen[cs]e|changelog|citation)$/i.test(basename(file))
  );
}

const BESIDE_ARCHIVES: ReadonlySet<string> = new Set(
  '.txt .md .rst .rtf .pdf .html .htm .url .doc .docx .xls .xlsx .xml .csv .tsv .json .jsonl .yaml .yml .py .ipynb'.split(
    ' ',
  ),
);

interface TreePart {
  readonly tree: FileTree;
  /** The path in the whole of a file in this part; undefined if it has none. */
  readonly pathOf: (file: string) => string | undefined;
}

/** Of two files with one path, the first counts. */
function joinTrees(root: string, parts: readonly TreePart[], notes: readonly string[]): FileTree {
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
