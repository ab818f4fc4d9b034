// Folders of images in an archive of any kind: the names of its entries make the tree.

import { basename, join } from 'node:path';
import { compareCodePoints } from '../../labels/class-names.ts';
import { decodeParts, type EncodedImages, type ImagePlace } from '../../pixels/decode-parts.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import { describeListing } from './image-folder.ts';
import { type Entries, isImageName, isPassedOver, listImageFolder } from './image-folder-listing.ts';

export interface ImageArchive {
  readonly path: string;
  /** Names of its files, and perhaps of its folders, which end in a slash. */
  readonly names: readonly string[];
  /** As `EncodedImages` has it, with the name of each image in the archive. */
  readonly readAll: <T>(
    places: readonly PlaceInArchive[],
    read: (place: PlaceInArchive, bytes: () => Promise<Uint8Array>) => Promise<T>,
    signal?: AbortSignal,
  ) => Promise<T[]>;
}

export interface PlaceInArchive extends ImagePlace {
  /** Its name in the archive. */
  readonly entry: string;
}

/**
 * Reads what `locateImageFolder` takes from an archive. A single folder around everything is passed through.
 *
 * @throws {InvalidInputError} see `listImageFolder`.
 */
export async function readImageArchive(
  name: string,
  { path, names, readAll }: ImageArchive,
  options: ReadOptions,
): Promise<DatasetParts> {
  const { folders, entries, leftOut } = sortEntries(path, names);
  const listing = await listImageFolder(findRoot(path, folders), async (folder) => contentsOf(folders, folder));
  const { classes, train, test } = listing;
  const places = [...train, ...(test ?? [])].map((place) => ({ ...place, entry: entries.get(place.path) ?? '' }));
  const images: EncodedImages = {
    name,
    source: path,
    classes,
    train,
    test,
    notes: describeListing(path, { ...listing, ignored: [...leftOut, ...listing.ignored] }),
    readAll: (read, signal) => readAll(places, read, signal),
  };
  return decodeParts(images, options);
}

interface Folder {
  readonly folders: Set<string>;
  readonly files: string[];
}

type Folders = ReadonlyMap<string, Folder>;

interface SortedEntries {
  /** Folders by their path, which begins with that of the archive. */
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
    const steps = (isFolder ? name.slice(0, -1) : name).split('/').filter((step) => step !== '.');
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

// biome-ignore lint/suspicious/noControlCharactersInRegex: no path may hold them
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

/** Passes through a single outer folder: many archives have one, which bears their own name. */
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
