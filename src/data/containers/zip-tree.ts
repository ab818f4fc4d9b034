// The files of a zip archive, and of zip archives within a folder or an archive: Teachable Machine gives one for each class,
// Kaggle one for each part.

import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { mapConcurrently } from '../../concurrency.ts';
import { formatError } from '../../files/format-error.ts';
import { compareCodePoints } from '../labels/class-names.ts';
import { listNames } from '../labels/name-labels.ts';
import { pathsOfEntries } from './entry-names.ts';
import { type FileTree, missingFile } from './file-tree.ts';
import { folderTree } from './folder-tree.ts';
import { joinTrees } from './join-trees.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';
import { readEntry, startOfEntry, storeEntry } from './zip-entry.ts';
import { sourceWithin, unnamedSource, withZipSource, type ZipSource } from './zip-source.ts';

/**
 * Lists a folder. If there are zip archives in it, but no images beside them, they are folders too, named after them.
 *
 * @throws {InvalidInputError} see `folderTree`.
 * @throws {DataFormatError} for a damaged archive.
 */
export async function folderTreeWithZips(root: string): Promise<FileTree> {
  return openZipsIn(folderTree(root), async (file) => archiveFile(join(root, file)));
}

/**
 * Lists a zip archive, which is open only while something is read. Zip archives in it are as in `folderTreeWithZips`.
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
  return openZipsIn(tree, open);
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

/** One level of zip archives in a tree becomes folders. */
async function openZipsIn(tree: FileTree, open: (file: string) => Promise<Archive>): Promise<FileTree> {
  const zips = tree.files.filter(isZip);
  if (zips.length === 0 || tree.files.some((file) => !isZip(file) && mayBeImage(file))) return tree;
  const isOpened = new Set(zips);
  const parts = [{ tree, pathOf: (file: string) => (isOpened.has(file) ? undefined : file) }];
  for (const zip of zips) {
    const { tree: inner } = await listArchive(await open(zip));
    const folder = folderNameOf(zip);
    // `train.zip` often holds a folder `train`.
    const own = `${basename(folder)}/`;
    const isWrapped = inner.files.every((file) => file.startsWith(own));
    parts.push({
      tree: inner,
      pathOf: (file) => `${folder}/${isWrapped && file.startsWith(own) ? file.slice(own.length) : file}`,
    });
  }
  return joinTrees(tree.root, parts, [`Zip archives were read as folders: ${zips.length} (${listNames(zips)}).`]);
}

const isZip = (file: string): boolean => /\.zip$/i.test(file);

/** Without Teachable Machine's addition. */
function folderNameOf(zip: string): string {
  const folder = zip.replace(/\.zip$/i, '');
  return folder.replace(/(?<=[^/])-samples$/, '');
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
