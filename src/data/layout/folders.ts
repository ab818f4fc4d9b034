// The folders that hold images, as a tree made of the paths of the images.

import { compareCodePoints } from '../labels/class-names.ts';
import { partOf } from '../labels/part-words.ts';

/** Names of folders that hold images whatever their class. */
export const STORAGE = /^(images?|imgs?|pictures?|photos?|frames|samples|jpe?gs?|pngs?|(jpe?g|png)images?)$/i;
/** Names of folders with pictures about images. */
export const ABOUT_IMAGES =
  /^(annotations?|masks?|labels?|trimaps?|segmentations?|bbox(es)?|bounding_?boxes|ground_?truths?|gt|depth)$/i;

export interface Folder {
  /** The last step of `path`; empty for the root. */
  readonly name: string;
  /** Relative, with `/`; empty for the root. */
  readonly path: string;
  /** Those with an image in them, at any depth, in the order of names. */
  readonly folders: readonly Folder[];
  /** The images that lie directly in it. */
  readonly images: readonly string[];
}

/** @param images  relative paths with `/`. */
export function foldersOf(images: readonly string[]): Folder {
  const root = newFolder('', '');
  for (const image of images) {
    const steps = image.split('/').slice(0, -1);
    let folder = root;
    for (const step of steps) {
      const inner = folder.children.get(step) ?? newFolder(step, folder.path === '' ? step : `${folder.path}/${step}`);
      folder.children.set(step, inner);
      folder = inner;
    }
    folder.images.push(image);
  }
  return freeze(root);
}

/** All images in a folder, at any depth. */
export function imagesIn({ folders, images }: Folder): string[] {
  return [...images, ...folders.flatMap(imagesIn)];
}

/**
 * The images in folders of pictures about images, such as `masks` beside `images`, or `ground_truth` beside `train`. On their
 * own, such names can be classes: `mask` and `no_mask`.
 */
export function imagesAbout({ folders }: Folder): string[] {
  const hasImages = folders.some(({ name }) => STORAGE.test(name) || partOf(name) === 'train');
  return folders.flatMap((folder) =>
    hasImages && ABOUT_IMAGES.test(folder.name) ? imagesIn(folder) : imagesAbout(folder),
  );
}

interface GrowingFolder {
  readonly name: string;
  readonly path: string;
  readonly children: Map<string, GrowingFolder>;
  readonly images: string[];
}

const newFolder = (name: string, path: string): GrowingFolder => ({ name, path, children: new Map(), images: [] });

function freeze({ name, path, children, images }: GrowingFolder): Folder {
  const folders = [...children.values()].map(freeze).sort((a, b) => compareCodePoints(a.name, b.name));
  return { name, path, folders, images };
}
