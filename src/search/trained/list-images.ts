// From what a user names to image files: files, folders and patterns.

import { statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { folderTree } from '../../data/containers/folder-tree.ts';
import { isImageName } from '../../data/layout/image-names.ts';
import { IMAGE_FORMAT_LIST, UNREADABLE_IMAGES, type UnreadableImage } from '../../data/pixels/image-formats.ts';
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
export function listImages(paths: readonly string[]): ImageList {
  const images: NamedImage[] = [];
  const leftOut: string[] = [];
  let failure: InvalidInputError | undefined;
  for (const path of paths) {
    const found = imagesAt(path);
    if ('reason' in found) {
      failure ??= found.error;
      images.push({ path, error: found.reason });
      continue;
    }
    for (const file of found.images) images.push({ path: file });
    for (const file of found.others) leftOut.push(file);
  }
  if (failure !== undefined && images.every(({ error }) => error !== undefined)) throw failure;
  return { images, leftOut };
}

interface Found {
  readonly images: readonly string[];
  /** Files that do not look like images. */
  readonly others: readonly string[];
}

interface Failure {
  readonly reason: string;
  readonly error: InvalidInputError;
}

function imagesAt(path: string): Found | Failure {
  try {
    const stats = statSync(path, { throwIfNoEntry: !isPattern(path) });
    if (stats === undefined) return imagesMatching(path);
    if (!stats.isDirectory()) return { images: [path], others: [] };
    const found = imagesIn(path);
    return found.images.length > 0 ? found : noImages(path, 'in', found.others);
  } catch (cause) {
    if (cause instanceof InvalidInputError) return { reason: cause.message, error: cause };
    return { reason: reasonOfFailure(cause), error: fileFailure('read the image', path, cause) };
  }
}

function imagesMatching(pattern: string): Found | Failure {
  const images = new Set<string>();
  const others = new Set<string>();
  for (const { path, isFolder } of expandPattern(pattern)) {
    const found = isFolder ? imagesIn(path) : { images: [path], others: [] };
    for (const file of found.images) images.add(file);
    for (const file of found.others) others.add(file);
  }
  const left = [...others].filter((file) => !images.has(file));
  return images.size > 0 ? { images: [...images], others: left } : noImages(pattern, 'that match', left);
}

function imagesIn(folder: string): Found {
  const { files, leftOut } = folderTree(folder);
  const others = [...files.filter((file) => !isImageName(file)), ...leftOut.map(({ file }) => file)];
  const inFolder = (file: string) => join(folder, file);
  return { images: files.filter(isImageName).map(inFolder), others: others.map(inFolder) };
}

function noImages(path: string, where: 'in' | 'that match', others: readonly string[]): Failure {
  const only = others.length === 0 ? '' : `, only ${counted(others.length, 'other file')} (${firstOf(others)})`;
  const [unreadable] = others.flatMap((file) => unreadableImage(file) ?? []);
  const cure =
    unreadable === undefined ? 'give images, or a folder with images' : `this converts them: ${unreadable.cure}`;
  const tell = (place: string) => `there are no images (${IMAGE_FORMAT_LIST}) ${where} ${place}${only}; ${cure}`;
  return { reason: tell('it'), error: new InvalidInputError(tell(path), { details: { path } }) };
}

/** Notes on files in folders that were left out: images that are not read by their kind, then what is no image. */
export function describeLeftOut(files: readonly string[]): string[] {
  const kinds = new Map<UnreadableImage | undefined, string[]>();
  for (const file of files) {
    const kind = unreadableImage(file);
    const same = kinds.get(kind);
    if (same === undefined) kinds.set(kind, [file]);
    else same.push(file);
  }
  const tell = (what: string, paths: readonly string[]): string =>
    `${what} ${paths.length === 1 ? 'was' : 'were'} left out (${firstOf(paths)})`;
  return [...kinds].map(([kind, paths]) =>
    kind === undefined
      ? `${tell(`${counted(paths.length, 'file')} without the name of an image`, paths)}.`
      : `${tell(counted(paths.length, `${kind.name} image`), paths)}; this converts them: ${kind.cure}`,
  );
}

const unreadableImage = (file: string): UnreadableImage | undefined => UNREADABLE_IMAGES[extname(file).toLowerCase()];

/** The first few paths, for a message. */
function firstOf(paths: readonly string[]): string {
  return [...paths.slice(0, 3), ...(paths.length > 3 ? ['…'] : [])].join(', ');
}
