// Names of entries in an archive → paths in a tree. None leads out of it.

import type { LeftOutFile } from './file-tree.ts';
import { isSystemName } from './file-tree.ts';

export interface EntryPaths {
  /** The name of the entry by its path in the tree. */
  readonly entries: ReadonlyMap<string, string>;
  readonly leftOut: readonly LeftOutFile[];
}

/**
 * Takes the files among the entries. What systems leave is passed over. Of two entries with one path, the first counts.
 *
 * @param separators  between folders: a slash; archivers on Windows also write back-slashes.
 */
export function pathsOfEntries(names: Iterable<string>, separators: '/' | '/\\'): EntryPaths {
  const entries = new Map<string, string>();
  const leftOut: LeftOutFile[] = [];
  for (const name of names) {
    const plain = separators === '/' ? name : name.replaceAll('\\', '/');
    if (plain.endsWith('/')) continue;
    const steps = plain.split('/').filter((step) => step !== '.');
    const path = steps.join('/');
    if (steps.includes('..')) leftOut.push({ file: JSON.stringify(name), reason: 'its name leads out of the archive' });
    else if (path === '' || steps.some(isSystemName)) continue;
    else if (steps.includes('') || UNUSABLE.test(path)) {
      leftOut.push({ file: JSON.stringify(name), reason: 'its name is not that of a file' });
    } else if (entries.has(path)) leftOut.push({ file: path, reason: 'a second entry of that name' });
    else entries.set(path, name);
  }
  return { entries, leftOut };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: no path may hold them
const UNUSABLE = /[\u0000-\u001f\u007f\\]/;
