// Folders of PNG, JPEG and WebP images, one folder per class.

import { basename } from 'node:path';
import { noteOnEmptyClasses } from '../../labels/name-labels.ts';
import { decodeParts, listPaths } from '../../pixels/decode-parts.ts';
import type { LocatedSource } from '../../set/source.ts';
import { imageFiles } from './image-files.ts';
import { type ImageListing, listImageFolder } from './image-folder-listing.ts';

/**
 * Takes any folder as a folder of images, so it must be tried last.
 *
 * @throws {InvalidInputError} see `listImageFolder`.
 */
export async function locateImageFolder(folder: string): Promise<LocatedSource> {
  const listing = await listImageFolder(folder);
  const { classes, train, test, ignored, unusedFolders } = listing;
  const files = [...train, ...(test ?? [])].map(({ path }) => path);
  const images = {
    name: basename(folder),
    source: folder,
    classes,
    train,
    test,
    notes: describeListing(folder, listing),
  };
  return {
    format: 'image-folder',
    files: [...files, ...ignored, ...unusedFolders],
    read: (options) => decodeParts(imageFiles(images), options),
  };
}

/** Notes on what is left out. */
export function describeListing(
  folder: string,
  { classes, ignored, unusedFolders, emptyClasses }: ImageListing,
): string[] {
  const notes = noteOnEmptyClasses(emptyClasses, classes);
  if (ignored.length > 0) {
    notes.push(
      `Files that are not images of a class were left out: ${ignored.length} (${listPaths(folder, ignored)}).`,
    );
  }
  if (unusedFolders.length > 0) {
    notes.push(`Folders beside train and test were left out: ${listPaths(folder, unusedFolders)}.`);
  }
  return notes;
}
