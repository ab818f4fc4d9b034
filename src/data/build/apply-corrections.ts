// Applies a user's corrections to the parts of a data set, after they were split: the test part stays the same.

import { formatError } from '../../files/format-error.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import { counted } from '../../text/figures.ts';
import { canonicalLabel } from '../labels/canonical-label.ts';
import { listNames } from '../labels/name-labels.ts';
import { type Correction, type Corrections, isDigest } from '../set/corrections.ts';
import { DIGEST_SIZE, type OrderedExamples, selectOrdered } from './content-order.ts';

export interface OrderedParts {
  readonly train: OrderedExamples;
  readonly validation?: OrderedExamples | undefined;
  readonly test: OrderedExamples;
}

/**
 * Gives images other labels and leaves images out.
 *
 * @param parts      each ordered by content.
 * @param imageSize  bytes of an image.
 * @returns the parts in the same order, each again ordered by content, and a note on what was changed.
 * @throws {DataFormatError} with the row, for a class or an image that the data does not have.
 */
export function applyCorrections(
  parts: OrderedParts,
  { path, rows }: Corrections,
  classes: readonly string[],
  imageSize: number,
): { readonly parts: OrderedParts; readonly note: string } {
  const labels = new Map(classes.map((name, label) => [canonicalLabel(name), label]));
  const wanted = new Map(rows.map((row) => [row.image, row]));
  for (const { label, row } of rows) {
    if (label !== undefined && !labels.has(label)) throw unknownClass(path, row, label, classes);
  }
  const found = new Set<Correction>();
  let [relabelled, dropped] = [0, 0];
  const correct = (part: OrderedExamples): OrderedExamples => {
    const changed = Int32Array.from(part.examples.labels);
    const kept: number[] = [];
    for (let i = 0; i < part.examples.count; i++) {
      const [correction, ...others] = correctionsOf(part, i, wanted);
      for (const one of [correction, ...others]) if (one !== undefined) found.add(one);
      if (correction !== undefined && correction.label === undefined) {
        dropped++;
        continue;
      }
      kept.push(i);
      const label = correction?.label === undefined ? undefined : labels.get(correction.label);
      if (label === undefined || label === changed[i]) continue;
      changed[i] = label;
      relabelled++;
    }
    const relabelledPart = { ...part, examples: { ...part.examples, labels: changed } };
    return selectOrdered(relabelledPart, imageSize, inOrder(relabelledPart, kept));
  };
  const corrected = {
    train: correct(parts.train),
    validation: parts.validation && correct(parts.validation),
    test: correct(parts.test),
  };
  const missing = rows.find((row) => !found.has(row));
  if (missing !== undefined) throw unknownImage(path, missing, parts.train.nameOf !== undefined);
  const note = `Labels of ${counted(relabelled, 'image')} were changed and ${counted(dropped, 'image')} dropped, as ${path} says.`;
  return { parts: corrected, note };
}

/** By the SHA-256, as the page of suspects decides, before those by name, which a user may have written earlier. */
function correctionsOf(
  { digests, nameOf, origins }: OrderedExamples,
  index: number,
  wanted: ReadonlyMap<string, Correction>,
): readonly Correction[] {
  const name = nameOf?.(origins[index] ?? 0).replaceAll('\\', '/');
  return [digestAt(digests, index), name].flatMap((image) => wanted.get(image ?? '') ?? []);
}

const digestAt = (digests: Uint8Array, index: number): string =>
  Buffer.from(digests.buffer, digests.byteOffset + index * DIGEST_SIZE, DIGEST_SIZE).toString('hex');

/** Copies of an image follow each other by their labels. */
function inOrder({ digests, examples: { labels } }: OrderedExamples, kept: readonly number[]): Int32Array {
  const compare = (a: number, b: number): number =>
    Buffer.compare(
      digests.subarray(a * DIGEST_SIZE, (a + 1) * DIGEST_SIZE),
      digests.subarray(b * DIGEST_SIZE, (b + 1) * DIGEST_SIZE),
    ) ||
    (labels[a] ?? 0) - (labels[b] ?? 0) ||
    a - b;
  return Int32Array.from(kept.toSorted(compare));
}

function unknownClass(path: string, row: number, label: string, classes: readonly string[]): Error {
  const near = nearestOf(label, classes);
  const cure = `the data has ${listNames(classes)}${near === undefined ? '' : ` (perhaps ${near} is meant)`}`;
  return formatError(path, { row }, `there is no class ${JSON.stringify(label)}`, cure);
}

function unknownImage(path: string, { image, row }: Correction, hasNames: boolean): Error {
  if (isDigest(image)) {
    const what = `no image of the data has the SHA-256 ${image}`;
    return formatError(path, { row }, what, 'use the data, --size and --channels-in of the run that the file is for');
  }
  const cure = hasNames
    ? 'write its file relative to the data, or remove the row'
    : 'images of this data have no names: write the SHA-256 that "auto-cnn suspects RUN --csv" gives';
  return formatError(path, { row }, `there is no image ${JSON.stringify(image)}`, cure);
}
