// Splits a test part off. Copies of an image stay together: a network would be tested on what it was trained on.

import type { Rng } from '../../random/rng.ts';
import { type Split, stratifiedSplit } from '../set/split.ts';
import { firstCopies, type OrderedExamples } from './content-order.ts';

export interface TestSplit extends Split {
  /** Whether there were copies, and they could be kept together. */
  readonly hasCopiesTogether: boolean;
}

/**
 * As `stratifiedSplit`, over the images that differ: their copies follow them. If no class has two of those, over all.
 *
 * @throws {InvalidInputError} as `stratifiedSplit` does.
 */
export function splitTestPart(ordered: OrderedExamples, classCount: number, fraction: number, rng: Rng): TestSplit {
  const { labels, count } = ordered.examples;
  const first = firstCopies(ordered);
  const distinct = Int32Array.from(labels.keys()).filter((index) => first[index] === index);
  const together =
    distinct.length < count && hasTwoOfAClass(labels, distinct)
      ? splitTogether(labels, first, distinct, classCount, fraction, rng)
      : undefined;
  if (together !== undefined) return { ...together, hasCopiesTogether: true };
  return { ...stratifiedSplit(labels, classCount, fraction, rng), hasCopiesTogether: false };
}

function hasTwoOfAClass(labels: Int32Array, distinct: Int32Array): boolean {
  return new Set(distinct.map((index) => labels[index] ?? 0)).size < distinct.length;
}

/** @returns undefined if nothing would be left to test. */
function splitTogether(
  labels: Int32Array,
  first: Int32Array,
  distinct: Int32Array,
  classCount: number,
  fraction: number,
  rng: Rng,
): Split | undefined {
  const split = stratifiedSplit(
    distinct.map((index) => labels[index] ?? 0),
    classCount,
    fraction,
    rng,
  );
  const isTested = new Set(Array.from(split.validation, (position) => distinct[position] ?? 0));
  // An image that is in several classes may have taken the last one of a class along.
  const trained = new Set(labels.filter((_, index) => !isTested.has(first[index] ?? 0)));
  for (const [index, label] of labels.entries()) {
    if (trained.has(label)) continue;
    trained.add(label);
    isTested.delete(first[index] ?? 0);
  }
  if (isTested.size === 0) return undefined;
  const all = Int32Array.from(labels.keys());
  return {
    train: all.filter((index) => !isTested.has(first[index] ?? 0)),
    validation: all.filter((index) => isTested.has(first[index] ?? 0)),
  };
}
