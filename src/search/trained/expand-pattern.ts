// Paths with wildcards, for shells that leave them to the program, and for quoted ones.

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import { isPassedOver } from '../../data/formats/images/image-folder-listing.ts';
import { compareCodePoints } from '../../data/labels/class-names.ts';

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
 * @throws the system's error for a folder that cannot be read.
 */
export function expandPattern(pattern: string, ignoresCase = sep === '\\'): AsyncGenerator<Match> {
  const { root } = parse(pattern);
  const steps = pattern
    .slice(root.length)
    .split(sep === '\\' ? /[\\/]+/ : /\/+/)
    .filter((step) => step !== '');
  return matchesBelow(root, steps, ignoresCase ? 'isu' : 'su');
}

async function* matchesBelow(
  folder: string,
  [step = '', ...steps]: readonly string[],
  flags: string,
): AsyncGenerator<Match> {
  const isLast = steps.length === 0;
  if (!isPattern(step)) {
    const path = join(folder, step);
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => undefined,
    );
    if (isLast && isFolder !== undefined) yield { path, isFolder };
    if (!isLast && isFolder) yield* matchesBelow(path, steps, flags);
    return;
  }
  const isAnyDepth = step === '**';
  // A folder stands for all that is below it.
  if (isAnyDepth && isLast) return yield { path: folder === '' ? '.' : folder, isFolder: true };
  if (isAnyDepth) yield* matchesBelow(folder, steps, flags);
  const named = new RegExp(`^${inRegExp(step)}$`, flags);
  const entries = await readdir(folder === '' ? '.' : folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (!named.test(entry.name) || (isPassedOver(entry.name) && !step.startsWith('.'))) continue;
    const path = join(folder, entry.name);
    const isFolder = await leadsToFolder(entry, path, !isAnyDepth);
    if (isLast) yield { path, isFolder };
    else if (isFolder) yield* matchesBelow(path, isAnyDepth ? [step, ...steps] : steps, flags);
  }
}

function inRegExp(step: string): string {
  return step
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
}

/** @param followsLinks  not at any depth: a link may lead back. */
async function leadsToFolder(entry: Dirent, path: string, followsLinks: boolean): Promise<boolean> {
  if (!entry.isSymbolicLink() || !followsLinks) return entry.isDirectory();
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
