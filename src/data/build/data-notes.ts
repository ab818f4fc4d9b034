// What a user should know about the content of a data set before trusting a figure on it.

import { listNames } from '../labels/name-labels.ts';
import { countLabels, type Examples } from '../set/dataset.ts';
import { DIGEST_SIZE } from './content-order.ts';

/** Classes are uneven if the largest one has at least this many times the images of the smallest. */
const UNEVEN = 10;

interface Part {
  readonly examples: Examples;
  /** `[count, 32]`: SHA-256 of each image. */
  readonly digests: Uint8Array;
}

/** Notes on images in two parts, on classes without test images, and on classes much rarer than others. */
export function describeContent(train: Part, test: Part, classes: readonly string[], validation?: Part): string[] {
  return [
    ...describeCopies(train, 'training', test, 'test', 'the test accuracy'),
    ...(validation === undefined
      ? []
      : [
          ...describeCopies(validation, 'validation', test, 'test', 'the test accuracy'),
          ...describeCopies(train, 'training', validation, 'validation', 'the accuracy in the search'),
          ...describeUntested(validation.examples, 'validation', classes),
        ]),
    ...describeUntested(test.examples, 'test', classes),
    ...describeBalance(train.examples, classes),
  ];
}

/** @param figure  what is measured on `scored`, by a network that was trained on `learned`. */
function describeCopies(learned: Part, from: string, scored: Part, part: string, figure: string): string[] {
  const seen = new Set(digestsOf(learned));
  const copies = digestsOf(scored).filter((digest) => seen.has(digest)).length;
  if (copies === 0) return [];
  return [
    `${capitalised(part)} images that are in the ${from} part too, pixel for pixel: ${copies} of ${scored.examples.count}; ${figure} will be too high.`,
  ];
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function digestsOf({ examples, digests }: Part): string[] {
  const bytes = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
  return Array.from({ length: examples.count }, (_, i) =>
    bytes.toString('latin1', i * DIGEST_SIZE, (i + 1) * DIGEST_SIZE),
  );
}

function describeUntested(scored: Examples, part: string, classes: readonly string[]): string[] {
  const counts = countLabels(scored, classes);
  const untested = classes.filter((_, label) => counts[label] === 0);
  return untested.length === 0 ? [] : [`Classes without a ${part} image: ${listNames(untested)}.`];
}

function describeBalance(train: Examples, classes: readonly string[]): string[] {
  const counts = countLabels(train, classes);
  const [most, fewest] = [Math.max(...counts), Math.min(...counts)];
  if (most < UNEVEN * fewest) return [];
  const named = (count: number): string => `${count} of ${classes[counts.indexOf(count)]}`;
  return [
    `The classes are uneven (training images: ${named(most)}, ${named(fewest)}): look at the recall of each class, not at the accuracy alone.`,
  ];
}
