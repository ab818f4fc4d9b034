// Where the data of a run lies: at the path that it had when the run began, or at its source as the user named it.

import { existsSync } from 'node:fs';
import { isAbsolute, normalize, resolve, sep } from 'node:path';
import { isBuiltIn } from '../../data/load-dataset.ts';
import type { SearchConfig } from '../config/config.ts';

export type DataPlace = Pick<SearchConfig['dataset'], 'source' | 'path'>;

/** The place of a source seen from the working directory. */
export function placeOf(source: string): DataPlace {
  return isBuiltIn(source) ? { source } : { source, path: resolve(source) };
}

/** Sources under which the data may be found, the likeliest first; without paths at which nothing lies. */
export function sourcesAt({ source, path }: DataPlace): readonly string[] {
  if (isBuiltIn(source)) return [source];
  const isRecorded = path !== undefined && path !== resolve(source) && isPathOf(path, source);
  return [...(isRecorded ? [path] : []), source].filter((place) => existsSync(place));
}

/** All paths at which the data was looked for. */
export function searchedPaths({ source, path }: DataPlace): readonly string[] {
  return [...new Set([...(path !== undefined && isPathOf(path, source) ? [path] : []), resolve(source)])];
}

/** False if the source has been changed since the path was recorded. */
function isPathOf(path: string, source: string): boolean {
  if (isAbsolute(source)) return path === resolve(source);
  const steps = normalize(source)
    .split(sep)
    .filter((step) => !['', '.', '..'].includes(step));
  return path.endsWith(['', ...steps].join(sep));
}
