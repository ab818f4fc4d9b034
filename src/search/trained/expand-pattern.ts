// Paths with wildcards, for shells that leave them to the program, and for quoted ones.

import { statSync } from 'node:fs';
import { join, parse, sep } from 'node:path';
import { isSystemName } from '../../data/containers/file-tree.ts';
import { compareCodePoints } from '../../data/labels/class-names.ts';
import { type FolderEntry, readNames } from '../../files/read-names.ts';

export interface Match {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Whether a path has wildcards. */
export const isPattern = (path: string): boolean => /[*?]/.test(path);

/**
 * Expands a path in which `*` stands for any characters of a name, `?` for one, and a step `**` for any folders; brackets
 * and braces stand for themselves. A wildcard matches no hidden and no system file, unless its step begins with a dot.
 *
 * @param ignoresCase  as names do on Windows.
 * @returns what matches, in the order of code points folder by folder.
 * @throws {InvalidInputError} for a folder that cannot be read.
 */
export function expandPattern(pattern: string, ignoresCase = sep === '\\'): Generator<Match> {
  const { root } = parse(pattern);
  const steps = pattern
    .slice(root.length)
    .split(sep === '\\' ? /[\\/]+/ : /\/+/)
    .filter((step) => step !== '');
  return matchesBelow(root, steps, ignoresCase ? 'isu' : 'su');
}

function* matchesBelow(folder: string, [step = '', ...steps]: readonly string[], flags: string): Generator<Match> {
  const isLast = steps.length === 0;
  if (!isPattern(step)) {
    const path = join(folder, step);
    const isThere = kindAt(path);
    if (isLast && isThere !== undefined) yield { path, isFolder: isThere === 'folder' };
    if (!isLast && isThere === 'folder') yield* matchesBelow(path, steps, flags);
    return;
  }
  const isAnyDepth = step === '**';
  // A folder stands for all that is below it.
  if (isAnyDepth && isLast) return yield { path: folder === '' ? '.' : folder, isFolder: true };
  if (isAnyDepth) yield* matchesBelow(folder, steps, flags);
  const named = new RegExp(`^${inRegExp(step)}$`, flags);
  const entries = readNames(folder === '' ? '.' : folder, step.startsWith('.') ? undefined : isSystemName);
  for (const { name, kind } of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (!named.test(name)) continue;
    const path = join(folder, name);
    // A link may lead back.
    const isFolder = (kind === 'link' && !isAnyDepth ? kindAt(path) : kind) === 'folder';
    if (isLast) yield { path, isFolder };
    else if (isFolder) yield* matchesBelow(path, isAnyDepth ? [step, ...steps] : steps, flags);
  }
}

/** Undefined if there is nothing. */
function kindAt(path: string): FolderEntry['kind'] | undefined {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

function inRegExp(step: string): string {
  return step
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
}
