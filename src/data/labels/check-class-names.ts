// Names of classes that lost a character, or that look like one class written in several ways.

import { InvalidInputError } from '../../errors.ts';
import { canonicalLabel } from './canonical-label.ts';
import { compareCodePoints } from './class-names.ts';
import { listNames } from './name-labels.ts';

/**
 * @param source  the name of the data set, for the message.
 * @throws {InvalidInputError} for a name with the sign for a character that could not be decoded: several names may have
 *   become this one; or with a line break or another control character.
 */
export function checkClassNames(source: string, classes: readonly string[]): void {
  const odd = classes.find((name) => /\p{Cc}/u.test(name));
  if (odd !== undefined) {
    throw new InvalidInputError(
      `${source} has a class ${JSON.stringify(odd)}, whose name has line breaks or other control characters: rename it.`,
      { details: { className: odd } },
    );
  }
  const lost = classes.find((name) => name.includes('\ufffd'));
  if (lost === undefined) return;
  throw new InvalidInputError(
    `${source} has a class ${JSON.stringify(lost)}, in which \ufffd stands for a character that got lost when a file or a folder was converted: restore the name, and save tables as UTF-8.`,
    { details: { className: lost } },
  );
}

/** The note on classes whose names differ in case, spaces, signs between words, or zeros in front of a number alone. */
export function noteOnAlikeNames(classes: readonly string[]): string[] {
  const alike = new Map<string, string[]>();
  for (const name of classes) alike.set(keyOf(name), [...(alike.get(keyOf(name)) ?? []), name]);
  const groups = [...alike.values()].filter((names) => names.length > 1);
  if (groups.length === 0) return [];
  const quoted = groups.map((names) => names.map((name) => JSON.stringify(name)).join(' and '));
  return [`Classes whose names are almost the same: ${listNames(quoted)}; if they mean the same, give them one name.`];
}

/** The note on labels that differ as they are written, but not as classes: see `canonicalLabel`. */
export function noteOnMergedNames(written: Iterable<string>): string[] {
  const merged = new Map<string, Set<string>>();
  for (const name of written) {
    const key = canonicalLabel(name);
    // The two forms of an accent look the same.
    merged.set(key, (merged.get(key) ?? new Set()).add(name.normalize('NFC')));
  }
  const groups = [...merged.values()].filter((names) => names.size > 1);
  if (groups.length === 0) return [];
  const quoted = groups.map((names) =>
    [...names]
      .sort(compareCodePoints)
      .map((name) => JSON.stringify(name))
      .join(' and '),
  );
  return [`Labels that are written differently, but are one class: ${listNames(quoted)}.`];
}

function keyOf(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .trim()
    .replace(/(?<=\p{L})[\s_-]+(?=\p{L})|\s+/gu, ' ')
    .replace(/^0+(?=\d+$)/, '');
}
