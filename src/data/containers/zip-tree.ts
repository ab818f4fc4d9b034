// The files of a zip archive, and of zip archives in it.

import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { mapConcurrently } from '../../concurrency.ts';
import { formatError } from '../../files/format-error.ts';
import { compareCodePoints } from '../labels/class-names.ts';
import { pathsOfEntries } from './entry-names.ts';
import { type FileTree, missingFile } from './file-tree.ts';
import { openArchivesIn } from './join-trees.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';
import { readEntry, startOfEntry, storeEntry } from './zip-entry.ts';
import { sourceWithin, unnamedSource, withZipSource, type ZipSource } from './zip-source.ts';

/**
 * Lists a zip archive, which is open only while something is read. Zip archives in it are folders, see `openArchivesIn`.
 *
 * @param temporary  the folder for archives that are compressed once more within it, in files without a name.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} if it is damaged, or archives in it would be far larger than it is.
 */
export async function zipTree(path: string, temporary = tmpdir()): Promise<FileTree> {
  const outer = archiveFile(path);
  const { tree, entryOf } = await listArchive(outer);
  let inflated = 0;
  const open = (file: string): Promise<Archive> =>
    outer.use(async (source) => {
      const { name, entry } = entryOf(file);
      const inner = `${path}/${file}`;
      if (entry.method === 0) {
        const start = await startOfEntry(source, name, entry);
        return {
          path: inner,
          use: (action) => outer.use((whole) => action(sourceWithin(whole, inner, start, entry.size))),
        };
      }
      inflated += entry.size;
      const most = Math.max(SMALLEST_LIMIT, LARGEST_GROWTH * source.size);
      if (inflated > most) {
        const what = `the archives in it have ${inflated} bytes up to ${name}, at most ${most} are inflated`;
        throw formatError(path, { offset: entry.offset }, what, 'unpack the archive, and give the folder');
      }
      const stored = unnamedSource(inner, await storeEntry(source, name, entry, temporary));
      return { path: inner, use: (action) => action(stored) };
    });
  return openArchivesIn(tree, /\.zip$/i, async (file) => (await listArchive(await open(file))).tree);
}

/** As `zipTree`, without what is in archives in it. */
export async function plainZipTree(path: string): Promise<FileTree> {
  return (await listArchive(archiveFile(path))).tree;
}

/** Bytes of the largest file, which is an encoded image. */
const LARGEST_FILE = 2 ** 28;
/** Bytes that archives within an archive may be inflated to, all together: this, or so many times the outer one. */
const SMALLEST_LIMIT = 2 ** 28;
const LARGEST_GROWTH = 8;

interface Archive {
  /** For messages. */
  readonly path: string;
  /** The source is open until the action ends. */
  use<T>(action: (source: ZipSource) => Promise<T>): Promise<T>;
}

const archiveFile = (path: string): Archive => ({ path, use: (action) => withZipSource(path, action) });

interface Member {
  readonly name: string;
  readonly entry: ZipEntry;
}

interface ListedArchive {
  readonly tree: FileTree;
  readonly entryOf: (file: string) => Member;
}

async function listArchive(archive: Archive): Promise<ListedArchive> {
  const { path, use: open } = archive;
  const directory = await open(readZipDirectory);
  const { entries, leftOut } = pathsOfEntries(directory.keys(), '/\\');
  const entryOf = (file: string): Member => {
    const name = entries.get(file);
    const entry = name === undefined ? undefined : directory.get(name);
    return name === undefined || entry === undefined ? missingFile(path, file) : { name, entry };
  };
  const readOne = (source: ZipSource, file: string): Promise<Uint8Array> => {
    const { name, entry } = entryOf(file);
    return readEntry(source, name, entry, LARGEST_FILE);
  };
  const files = [...entries.keys()].sort(compareCodePoints);
  const guessed = files.filter((file) => entryOf(file).entry.nameEncoding === 'cp437');
  const [example] = guessed;
  const tree: FileTree = {
    root: path,
    files,
    leftOut,
    notes:
      example === undefined
        ? []
        : [
            `Names in ${basename(path)} that are not UTF-8 were read in code page 437: ${guessed.length} (${example}${guessed.length > 1 ? ', …' : ''}).`,
          ],
    read: (file) => open((source) => readOne(source, file)),
    readAll: (wanted, use, signal) =>
      open((source) =>
        mapConcurrently(
          wanted.map((file, index) => ({ file, index })),
          ({ file, index }) => use(index, () => readOne(source, file)),
          { signal },
        ),
      ),
  };
  return { tree, entryOf };
}
