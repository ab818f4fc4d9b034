// Which image a name in a table stands for. Tables come from other machines: roots, separators, case and endings differ.

import { IMAGE_EXTENSIONS } from '../pixels/image-formats.ts';

/** One image; several that fit equally well; or none. */
export type ImageMatch = readonly string[];

export interface ImageIndex {
  /** @param folder  of the table, relative to the root of the images; empty for the root. */
  readonly match: (name: string, folder: string) => ImageMatch;
}

/**
 * Finds images by the names in tables. A name that exists as it stands, seen from the table, wins. Otherwise the images
 * with the same last step are compared from the end, and the longest tail wins. Case does not matter, nor an ending that
 * is missing or that of another image format.
 *
 * @param images  relative paths with `/`.
 */
export function indexImages(images: readonly string[]): ImageIndex {
  const exact = new Set(images);
  const byName = new Map<string, string[]>();
  const byStem = new Map<string, string[]>();
  for (const image of images) {
    const base = lastStep(keyOf(image));
    add(byName, base, image);
    add(byStem, withoutEnding(base), image);
  }
  return {
    match(name, folder) {
      const path = cleanPath(name);
      if (path === '') return [];
      const here = folder === '' ? path : `${folder}/${path}`;
      if (exact.has(here)) return [here];
      const base = lastStep(keyOf(path));
      const found = byName.get(base) ?? byStem.get(withoutEnding(base)) ?? [];
      return nearest(found, keyOf(path), folder);
    },
  };
}

/** Without drive letter, root and steps that lead nowhere, and with `/`. */
function cleanPath(name: string): string {
  return name
    .trim()
    .replace(/^file:\/\//i, '')
    .replaceAll('\\', '/')
    .replace(/^[a-z]:/i, '')
    .split('/')
    .filter((step) => step !== '' && step !== '.' && step !== '..')
    .join('/');
}

const keyOf = (path: string): string => path.normalize('NFC').toLowerCase();
const lastStep = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function withoutEnding(base: string): string {
  const dot = base.lastIndexOf('.');
  return dot > 0 && IMAGE_EXTENSIONS.has(base.slice(dot)) ? base.slice(0, dot) : base;
}

/** Those that share the longest tail with `path`; of several, those in the folder of the table. */
function nearest(found: readonly string[], path: string, folder: string): ImageMatch {
  if (found.length < 2) return found;
  const lengths = found.map((image) => sharedTail(keyOf(image), path));
  const longest = Math.max(...lengths);
  const best = found.filter((_, i) => lengths[i] === longest);
  const within = best.filter((image) => folder === '' || image.startsWith(`${folder}/`));
  return within.length > 0 ? within : best;
}

/** The number of steps before the last that are the same, counted from the end. */
function sharedTail(a: string, b: string): number {
  const [left, right] = [a.split('/').reverse(), b.split('/').reverse()];
  let shared = 1;
  while (shared < left.length && left[shared] === right[shared]) shared++;
  return shared;
}

function add(map: Map<string, string[]>, key: string, image: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [image]);
  else known.push(image);
}
