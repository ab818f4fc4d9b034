// Names of classes, in messages and notes.

import { sortClassNames } from './class-names.ts';

/** The first few names, for a message. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown}, … (${names.length})` : shown;
}

/** The note on classes that have a name but no image. */
export function noteOnEmptyClasses(names: Iterable<string>, classes: readonly string[]): string[] {
  const empty = sortClassNames(names).filter((name) => !classes.includes(name));
  return empty.length === 0 ? [] : [`Classes without a training image were left out: ${listNames(empty)}.`];
}
