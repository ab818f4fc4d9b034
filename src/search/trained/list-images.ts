// From what a user names to image files: files, folders and patterns.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_EXTENSION_LIST, isImageName, isPassedOver } from '../../data/formats/images/image-folder-listing.ts';
import { compareCodePoints } from '../../data/labels/class-names.ts';
import { InvalidInputError } from '../../errors.ts';
import { fileFailure, reasonOfFailure } from '../../files/file-failure.ts';
import { counted } from '../../text/figures.ts';
import { expandPattern, isPattern } from './expand-pattern.ts';

/** An image file, or a path that leads to none and the reason. */
export interface NamedImage {
  readonly path: string;
  readonly error?: string;
}

export interface ImageList {
  readonly images: readonly NamedImage[];
  /** Files in folders whose names are not those of images. */
  readonly leftOut: readonly string[];
}

/**
 * Lists images in the order in which they are named; what is named twice is listed twice.
 *
 * @param paths  files of any name; folders, which stand for all images in them and their subfolders; and, where nothing of
 *   that name exists, patterns. Hidden and system files in folders are passed over.
 * @throws {InvalidInputError} if no path leads to an image: the reason of the first.
 */
export async function listImages(paths: readonly string[]): Promise<ImageList> {
  const images: NamedImage[] = [];
  const leftOut: string[] = [];
  let failure: Failure | undefined;
  for (const path of paths) {
    const found = await imagesAt(path);
    if ('reason' in found) {
      failure ??= found;
      images.push({ path, error: found.reason });
      continue;
    }
    for (const image of found.images) images.push(image);
    for (const file of found.others) leftOut.push(file);
  }
  if (failure !== undefined && images.every(({ error }) => error !== undefined)) throw failure.error;
  return { images, leftOut };
}

interface Found {
  readonly images: NamedImage[];
  /** Files that do not look like images. */
  readonly others: string[];
}

interface Failure {
  readonly reason: string;
  readonly error: InvalidInputError;
}

async function imagesAt(path: string): Promise<Found | Failure> {
  try {
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      (cause: unknown) => {
        if (isPattern(path)) return undefined;
        throw cause;
      },
    );
    if (isFolder === undefined) return await imagesMatching(path);
    if (!isFolder) return { images: [{ path }], others: [] };
    const found: Found = { images: [], others: [] };
    await addFolder(path, found);
    return found.images.length > 0 ? found : noImages(path, 'in', found.others);
  } catch (cause) {
    return { reason: reasonOfFailure(cause), error: fileFailure('read the image', path, cause) };
  }
}

async function imagesMatching(pattern: string): Promise<Found | Failure> {
  const all: Found = { images: [], others: [] };
  for await (const { path, isFolder } of expandPattern(pattern)) {
    if (isFolder) await addFolder(path, all);
    else all.images.push({ path });
  }
  // A file may match by itself and in a folder that matches.
  const images = new Map(all.images.map((image) => [image.path, image]));
  const others = [...new Set(all.others)].filter((path) => !images.has(path));
  if (images.size === 0) return noImages(pattern, 'that match', others);
  return { images: [...images.values()], others };
}

/** Sorted by code points, files and folders mixed. Skips symbolic links to folders. */
async function addFolder(folder: string, found: Found): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (isPassedOver(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await addFolder(path, found).catch((cause: unknown) => {
        found.images.push({ path, error: reasonOfFailure(cause) });
      });
    } else if (isImageName(entry.name)) found.images.push({ path });
    else found.others.push(path);
  }
}

function noImages(path: string, where: 'in' | 'that match', others: readonly string[]): Failure {
  const only = others.length === 0 ? '' : `, only ${counted(others.length, 'other file')} (${firstOf(others)})`;
  const tell = (place: string) =>
    `there are no images (${IMAGE_EXTENSION_LIST}) ${where} ${place}${only}; give images, or a folder with images`;
  return { reason: tell('it'), error: new InvalidInputError(tell(path), { details: { path } }) };
}

/** The first few paths, for a message. */
export function firstOf(paths: readonly string[]): string {
  return [...paths.slice(0, 3), ...(paths.length > 3 ? ['…'] : [])].join(', ');
}
