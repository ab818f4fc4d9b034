// What a data set should be: the pictures of each class and part, and a hash of them.

import { createHash } from 'node:crypto';
import { type Dataset, type Examples, imageSizeOf, readImages } from '../../../src/data/set/dataset.ts';
import type { Part } from '../../../src/data/set/source.ts';

/** The numbers of the pictures of each class. */
export type ClassTruth = Readonly<Record<string, readonly number[]>>;

/** Pictures by part and class. If there is only a training part, some of it may have been split off as the test part. */
export type Truth = Readonly<Partial<Record<Part, ClassTruth>>> & { readonly train: ClassTruth };

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** The same numbers for each class. */
export const classesOf = (names: readonly string[], from: number, count: number): ClassTruth =>
  Object.fromEntries(names.map((name) => [name, range(from, count)]));

/** The same number of images, taken in turn: `n % classes` tells the class of image `n`. */
export const inTurn = (names: readonly string[], from: number, count: number): ClassTruth =>
  Object.fromEntries(names.map((name, k) => [name, range(from, count).filter((i) => (i - from) % names.length === k)]));

/**
 * A line for each class of each part: `train, cat: 4 images, 5f3a…`.
 *
 * @param pixelsOf  what a picture becomes.
 */
export async function describeTruth(
  truth: Truth,
  pixelsOf: (className: string, index: number) => Uint8Array | Promise<Uint8Array>,
): Promise<string[]> {
  const lines: string[] = [];
  for (const [part, classes] of Object.entries(settle(truth))) {
    for (const [className, indices] of Object.entries(classes)) {
      const images = await Promise.all(indices.map((index) => pixelsOf(className, index)));
      if (images.length > 0) lines.push(describeClass(part, className, images));
    }
  }
  return lines.sort();
}

/** The same for a loaded data set. @param truth  tells whether a part was split off. */
export function describeDataset(dataset: Dataset, truth: Truth): string[] {
  const { train, validation, test, shape, classes } = dataset;
  const imageSize = imageSizeOf(shape);
  const isSplit = truth.test === undefined && truth.validation === undefined;
  const parts: [string, Examples][] = [
    [isSplit ? 'all' : 'train', train],
    ...(validation === undefined ? [] : [['validation', validation] satisfies [string, Examples]]),
    [isSplit ? 'all' : 'test', test],
  ];
  const found = new Map<string, { part: string; className: string; images: Uint8Array[] }>();
  for (const [part, examples] of parts) {
    for (const [i, label] of examples.labels.entries()) {
      const className = classes[label] ?? `label ${label}`;
      const key = JSON.stringify([part, className]);
      const group = found.get(key) ?? { part, className, images: [] };
      group.images.push(readImages(examples, imageSize, i, i + 1).slice());
      found.set(key, group);
    }
  }
  return [...found.values()].map(({ part, className, images }) => describeClass(part, className, images)).sort();
}

/** Without a test part, the validation part is that; without either, a test part is split off. */
function settle({ train, validation, test }: Truth): Readonly<Record<string, ClassTruth>> {
  if (test !== undefined) return { train, ...(validation && { validation }), test };
  return validation === undefined ? { all: train } : { train, test: validation };
}

function describeClass(part: string, className: string, images: readonly Uint8Array[]): string {
  const digests = images.map((image) => createHash('sha256').update(image).digest('hex')).sort();
  const digest = createHash('sha256').update(digests.join()).digest('hex').slice(0, 16);
  return `${part}, ${className}: ${images.length} images, ${digest}`;
}
