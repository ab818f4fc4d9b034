// A zip archive of a folder of images, one folder a class. Its images are read in place, one by one.

import { basename, join } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { compareCodePoints } from './class-names.ts';
import { mapConcurrently } from './concurrency.ts';
import { decodeParts, type EncodedImages } from './decode-images.ts';
import { describeListing } from './image-folder.ts';
import { type Entries, isImageName, isPassedOver, listImageFolder } from './image-folder-listing.ts';
import type { DatasetParts, LocatedSource, ReadOptions } from './loader.ts';
import { withZip, type ZipArchive } from './zip.ts';

/**
 * What `locateImageFolder` takes, in an archive; a folder that holds all the rest is passed through.
 *
 * @throws {InvalidInputError} when it is read, see `listImageFolder`.
 */
export function locateImageZip(path: string, name = basename(path).replace(/\.zip$/i, '')): LocatedSource {
  return {
    format: 'image-zip',
    files: [path],
    read: (options) => withZip(path, (archive) => readParts(name, path, archive, options), LARGEST_IMAGE),
  };
}

/** Bytes of an encoded image. */
const LARGEST_IMAGE = 2 ** 28;

async function readParts(name: string, path: string, archive: ZipArchive, options: ReadOptions): Promise<DatasetParts> {
  const { folders, entries, leftOut } = sortEntries(path, archive.names);
  const root = findRoot(path, folders);
  const listing = await listImageFolder(root, async (folder) => contentsOf(folders, folder));
  const { classes, train, test } = listing;
  const ignored = [...leftOut, ...listing.ignored];
  const images: EncodedImages = {
    name,
    source: path,
    classes,
    train,
    test,
    notes: describeListing(path, { ...listing, ignored }),
    readAll: (read, signal) =>
      mapConcurrently(
        [...train, ...(test ?? [])],
        (place) => read(place, () => readEntry(archive, entries.get(place.path), place.path)),
        { signal },
      ),
  };
  return decodeParts(images, options);
}

async function readEntry(archive: ZipArchive, entry = '', path: string): Promise<Uint8Array> {
  const bytes = await archive.read(entry);
  if (bytes === undefined) throw new InvalidInputError(`Cannot read ${path}: the archive does not hold it any more.`);
  return bytes;
}

interface Folder {
  readonly folders: Set<string>;
  readonly files: string[];
}

type Folders = ReadonlyMap<string, Folder>;

interface SortedEntries {
  /** By path, which begins with that of the archive. */
  readonly folders: Folders;
  /** Names in the archive by path. */
  readonly entries: ReadonlyMap<string, string>;
  /** Paths of entries whose names lead out of the archive or cannot be shown. */
  readonly leftOut: readonly string[];
}

function sortEntries(path: string, names: readonly string[]): SortedEntries {
  const folders = new Map<string, Folder>([[path, { folders: new Set(), files: [] }]]);
  const entries = new Map<string, string>();
  const leftOut: string[] = [];
  for (const name of names) {
    const isFolder = name.endsWith('/');
    const steps = (isFolder ? name.slice(0, -1) : name).split('/');
    if (steps.some(isPassedOver) && !steps.includes('..')) continue;
    if (steps.some((step) => step === '' || step === '..') || UNUSABLE.test(name)) {
      leftOut.push(join(path, JSON.stringify(name)));
      continue;
    }
    let parent = path;
    for (const [i, step] of steps.entries()) {
      const here = `${parent}/${step}`;
      if (i === steps.length - 1 && !isFolder) {
        folders.get(parent)?.files.push(here);
        entries.set(here, name);
      } else {
        folders.get(parent)?.folders.add(here);
        if (!folders.has(here)) folders.set(here, { folders: new Set(), files: [] });
        parent = here;
      }
    }
  }
  return { folders, entries, leftOut };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what no path may hold
const UNUSABLE = /[\u0000-\u001f\u007f\\]/;

function contentsOf(folders: Folders, folder: string): Entries {
  const { folders: inner = [], files = [] } = folders.get(folder) ?? {};
  const sorted = (paths: Iterable<string>): string[] => [...paths].sort(compareCodePoints);
  return {
    folders: sorted(inner),
    images: sorted(files.filter(isImageName)),
    others: sorted(files.filter((file) => !isImageName(file))),
  };
}

/** Many archives hold one folder, named as they are, in which everything lies. */
function findRoot(path: string, folders: Folders): string {
  let root = path;
  for (;;) {
    const { folders: inner, images } = contentsOf(folders, root);
    const [only] = inner;
    const isWrapper =
      only !== undefined &&
      inner.length === 1 &&
      images.length === 0 &&
      !['train', 'test'].includes(basename(only)) &&
      contentsOf(folders, only).folders.length > 0;
    if (!isWrapper) return root;
    root = only;
  }
}
