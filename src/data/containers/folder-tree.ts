// The files of a folder, at any depth.

import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { mapConcurrently } from '../../concurrency.ts';
import { InvalidInputError } from '../../errors.ts';
import { fileFailure } from '../../files/file-failure.ts';
import { readNames } from '../../files/read-names.ts';
import { compareCodePoints } from '../labels/class-names.ts';
import { type FileTree, isSystemName, type LeftOutFile } from './file-tree.ts';
import { openArchivesIn } from './join-trees.ts';
import { tarTree } from './tar-tree.ts';
import { plainZipTree } from './zip-tree.ts';

/**
 * Walks a folder. Symbolic links are followed, except those that lead back to a folder around them.
 *
 * @throws {InvalidInputError} for a folder that cannot be read, a name that is not UTF-8, or folders too deep in each other.
 */
export function folderTree(root: string): FileTree {
  const { files, leftOut } = walk(root);
  return {
    root,
    files: files.sort(compareCodePoints),
    leftOut,
    notes: [],
    read: async (file) => readFile(join(root, file)),
    readAll: (wanted, use, signal) =>
      mapConcurrently(
        wanted.map((file, index) => ({ file, index })),
        ({ file, index }) => use(index, async () => readFile(join(root, file))),
        { signal },
      ),
  };
}

/**
 * As `folderTree`; archives in the folder are folders too, see `openArchivesIn`.
 *
 * @throws {DataFormatError} for a damaged archive.
 */
export async function folderTreeWithArchives(root: string, signal?: AbortSignal): Promise<FileTree> {
  return openArchivesIn(folderTree(root), /\.(zip|tar|tar\.gz|tgz)$/i, (file) => {
    const path = join(root, file);
    return /\.zip$/i.test(file) ? plainZipTree(path) : tarTree(path, signal);
  });
}

const DEEPEST = 32;

function walk(root: string): { readonly files: string[]; readonly leftOut: LeftOutFile[] } {
  const files: string[] = [];
  const leftOut: LeftOutFile[] = [];
  /** @param above  the folder and those around it. */
  const visit = (path: string, prefix: string, above: readonly string[]): void => {
    if (above.length > DEEPEST) throw tooDeep(root, path);
    for (const { name, kind } of readNames(path, isSystemName)) {
      const file = `${prefix}${name}`;
      const inside = join(path, name);
      const target = kind === 'link' ? targetOf(inside) : undefined;
      if (kind === 'file' || target?.isFile()) files.push(file);
      else if (target?.isDirectory() && above.some((folder) => isSame(target, folder))) {
        leftOut.push({ file, reason: 'a symbolic link that leads back to a folder around it' });
      } else if (kind === 'folder' || target?.isDirectory()) visit(inside, `${file}/`, [...above, inside]);
      else {
        const isBroken = kind === 'link' && target === undefined;
        leftOut.push({ file, reason: isBroken ? 'a symbolic link to nothing' : 'not a file' });
      }
    }
  };
  visit(root, '', [root]);
  return { files, leftOut };
}

/** Undefined if the link leads nowhere, or round in a circle. */
function targetOf(link: string): Stats | undefined {
  try {
    return statSync(link);
  } catch {
    return undefined;
  }
}

function isSame(target: Stats, folder: string): boolean {
  const { dev, ino } = statSync(folder);
  return target.dev === dev && target.ino === ino;
}

/** Synchronous: for small files that is many times as fast, and other threads decode meanwhile. */
function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileFailure('read the file', path, error);
  }
}

function tooDeep(root: string, path: string): InvalidInputError {
  return new InvalidInputError(
    `Cannot use ${root} as a data set: ${path} lies more than ${DEEPEST} folders deep; move its files up.`,
    { details: { path: root } },
  );
}
