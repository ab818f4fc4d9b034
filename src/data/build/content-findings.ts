// Images that should make a user look again: copies, the same image in two classes, images of nothing.

import { grouped } from '../../text/figures.ts';
import { DIGEST_SIZE, firstCopies, type OrderedExamples } from './content-order.ts';

/** Notes on images in two classes, copies within a part, and images of one colour. */
export function describeFindings(parts: readonly OrderedExamples[], classes: readonly string[]): string[] {
  return [...describeContradictions(parts, classes), ...describeCopies(parts), ...describeBlank(parts)];
}

interface Place {
  readonly part: OrderedExamples;
  readonly index: number;
}

const labelOf = ({ part, index }: Place): number => part.examples.labels[index] ?? 0;

function describeContradictions(parts: readonly OrderedExamples[], classes: readonly string[]): string[] {
  const seen = new Map<string, Place>();
  const found = new Map<string, readonly [Place, Place]>();
  for (const part of parts) {
    const bytes = Buffer.from(part.digests.buffer, part.digests.byteOffset, part.digests.byteLength);
    for (let index = 0; index < part.examples.count; index++) {
      const digest = bytes.toString('latin1', index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE);
      const place = { part, index };
      const other = seen.get(digest);
      if (other === undefined) seen.set(digest, place);
      else if (labelOf(other) !== labelOf(place) && !found.has(digest)) found.set(digest, [other, place]);
    }
  }
  if (found.size === 0) return [];
  const describe = (place: Place): string => nameOf(place) ?? `one of ${classes[labelOf(place)]}`;
  const examples = examplesOf([...found.values()], ([a, b]) => `${describe(a)} = ${describe(b)}`);
  return [
    `The same image in two classes, pixel for pixel: ${grouped(found.size)}${examples}; no network can tell which class is right.`,
  ];
}

function describeCopies(parts: readonly OrderedExamples[]): string[] {
  const copies: { readonly of: Place; readonly copy: Place }[] = [];
  for (const part of parts) {
    for (const [index, first] of firstCopies(part).entries()) {
      // Copies follow each other, ordered by label; those of another class are another finding.
      const [of, copy] = [
        { part, index: index - 1 },
        { part, index },
      ];
      if (first !== index && labelOf(of) === labelOf(copy)) copies.push({ of, copy });
    }
  }
  if (copies.length === 0) return [];
  const describe = ({ of, copy }: (typeof copies)[number]): string | undefined =>
    nameOf(of) === undefined ? undefined : `${nameOf(copy)} = ${nameOf(of)}`;
  return [
    `Copies of an image in the same part and class, pixel for pixel: ${shareOf(copies.length, parts)}${examplesOf(copies, describe)}.`,
  ];
}

function describeBlank(parts: readonly OrderedExamples[]): string[] {
  const blank = parts.flatMap((part) =>
    [...part.blank.entries()].flatMap(([index, isBlank]) => (isBlank === 1 ? [{ part, index }] : [])),
  );
  if (blank.length === 0) return [];
  return [`Blank images, of one colour throughout: ${shareOf(blank.length, parts)}${examplesOf(blank, nameOf)}.`];
}

const nameOf = ({ part, index }: Place): string | undefined => part.nameOf?.(part.origins[index] ?? 0);

const shareOf = (count: number, parts: readonly OrderedExamples[]): string =>
  `${grouped(count)} of ${grouped(parts.reduce((sum, part) => sum + part.examples.count, 0))}`;

/** Two of them at most, in parentheses; empty if they have no names. */
function examplesOf<T>(found: readonly T[], describe: (one: T) => string | undefined): string {
  const shown = found.slice(0, 2).flatMap((one) => describe(one) ?? []);
  return shown.length === 0 ? '' : ` (${shown.join('; ')}${found.length > 2 ? '; …' : ''})`;
}
