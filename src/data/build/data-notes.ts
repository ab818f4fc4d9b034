// What a user should know about the content of a data set before trusting a figure on it.

import { listNames } from '../labels/name-labels.ts';
import type { Examples } from '../set/dataset.ts';

/** Weights are suggested if the largest class has at least this many times the images of the smallest. */
const UNEVEN = 10;
const DIGEST_SIZE = 32;

interface Part {
  readonly examples: Examples;
  /** `[count, 32]`: SHA-256 of each image. */
  readonly digests: Uint8Array;
}

/** Notes on images in both parts, on classes without test images, and on classes much rarer than others. */
export function describeContent(train: Part, test: Part, classes: readonly string[]): string[] {
  return [
    ...describeCopies(train, test),
    ...describeUntested(test.examples, classes),
    ...describeBalance(train.examples, classes),
  ];
}

/** The number of images of each class. */
export function countLabels({ labels }: Examples, classes: readonly string[]): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function describeCopies(train: Part, test: Part): string[] {
  const seen = new Set(digestsOf(train));
  const copies = digestsOf(test).filter((digest) => seen.has(digest)).length;
  if (copies === 0) return [];
  return [
    `Test images that are in the training part too, pixel for pixel: ${copies} of ${test.examples.count}; the test accuracy will be too high.`,
  ];
}

function digestsOf({ examples, digests }: Part): string[] {
  const bytes = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
  return Array.from({ length: examples.count }, (_, i) =>
    bytes.toString('latin1', i * DIGEST_SIZE, (i + 1) * DIGEST_SIZE),
  );
}

function describeUntested(test: Examples, classes: readonly string[]): string[] {
  const counts = countLabels(test, classes);
  const untested = classes.filter((_, label) => counts[label] === 0);
  return untested.length === 0 ? [] : [`Classes without a test image: ${listNames(untested)}.`];
}

function describeBalance(train: Examples, classes: readonly string[]): string[] {
  const counts = countLabels(train, classes);
  const [most, fewest] = [Math.max(...counts), Math.min(...counts)];
  if (most < UNEVEN * fewest) return [];
  const named = (count: number): string => `${count} of ${classes[counts.indexOf(count)]}`;
  return [
    `The classes are uneven (training images: ${named(most)}, ${named(fewest)}); --class-weights balanced makes up for it.`,
  ];
}
