// Stratified choices: every class keeps its share.

import { InvalidInputError } from '../../errors.ts';
import type { Rng } from '../../random/rng.ts';

export interface Split {
  /** Ascending positions. */
  readonly train: Int32Array;
  /** Ascending positions. */
  readonly validation: Int32Array;
}

/**
 * Splits examples so that each class gives about the same share to validation. The total is `fraction` of all examples,
 * rounded, at least 1; remainders are apportioned by the largest remainder (Hamilton), ties to the lower class.
 * Every class keeps at least one training example, so classes of one example give none.
 *
 * @param labels      `[n]`, each in `[0, classCount)`.
 * @param fraction    between 0 and 1, both excluded.
 * @param rng         advances.
 * @throws {InvalidInputError} if the fraction is outside its range or no class has an example to spare.
 */
export function stratifiedSplit(labels: Int32Array, classCount: number, fraction: number, rng: Rng): Split {
  const [split] = stratifiedSplits(labels, classCount, fraction, 1, rng);
  if (split === undefined) throw new RangeError('there is no split');
  return split;
}

/**
 * Several splits like {@link stratifiedSplit}, the first of which is that one. No example is in the validation part of two;
 * the first k parts together, for every k, have each class's share of `k · fraction` of all examples.
 *
 * @param count  number of splits.
 * @throws {InvalidInputError} as above, and if a split would have no validation examples.
 */
export function stratifiedSplits(
  labels: Int32Array,
  classCount: number,
  fraction: number,
  count: number,
  rng: Rng,
): readonly Split[] {
  if (!(fraction > 0 && fraction < 1)) {
    throw new InvalidInputError(
      `The validation fraction must lie between 0 and 1, got ${fraction}: use 0.1, for example.`,
      {
        details: { fraction },
      },
    );
  }
  const byClass = groupByClass(labels, classCount);
  const sizes = byClass.map((members) => members.length);
  if (sizes.every((size) => size <= 1)) {
    throw new InvalidInputError(
      `Nothing can be split off: each of the ${classCount} classes has at most one example, and one must stay for training; add images.`,
    );
  }
  const shuffled = byClass.map((members) => rng.shuffle([...members]));
  let taken = sizes.map(() => 0);
  return Array.from({ length: count }, (_, index): Split => {
    const from = taken;
    // One of each class stays for training.
    const most = sizes.map((size, label) => Math.min(size, (from[label] ?? 0) + Math.max(0, size - 1)));
    taken = apportion(sizes, heldOutBy(labels.length, fraction, index + 1), from, most);
    const validation = shuffled.flatMap((members, label) => members.slice(from[label], taken[label]));
    if (validation.length === 0) {
      throw new InvalidInputError(
        `${labels.length} images in ${classCount} classes are too few for ${count} validation splits of ${fraction} of them each: no image is left for split ${index + 1}; use fewer splits, or add images.`,
        { details: { count, fraction, images: labels.length } },
      );
    }
    const isHeldOut = new Set(validation);
    return {
      train: Int32Array.from(labels.keys()).filter((position) => !isHeldOut.has(position)),
      validation: Int32Array.from(validation).sort(),
    };
  });
}

/** Number of validation examples in the first so many splits of {@link stratifiedSplits} together. */
export function heldOutBy(examples: number, fraction: number, splits: number): number {
  return Math.max(splits, Math.round(splits * fraction * examples));
}

/**
 * Draws `count` examples with the class shares of the whole, at least one of each class.
 *
 * @param option  the option that asked for it, for the message.
 * @returns ascending positions; all of them if `count` reaches the number of examples.
 * @throws {InvalidInputError} if `count` is below the number of classes.
 */
export function stratifiedSample(
  labels: Int32Array,
  classCount: number,
  count: number,
  rng: Rng,
  option = '--train-limit',
): Int32Array {
  if (!Number.isInteger(count) || count < classCount) {
    throw new InvalidInputError(
      `${option} ${count} is too small: at least one training image for each of the ${classCount} classes is needed; use ${option} ${classCount} or more.`,
      { details: { count, classCount } },
    );
  }
  if (count >= labels.length) return Int32Array.from(labels, (_, index) => index);
  const byClass = groupByClass(labels, classCount);
  const sizes = byClass.map((members) => members.length);
  const minima = sizes.map((size) => Math.min(1, size));
  return drawPerClass(byClass, apportion(sizes, count, minima, sizes), rng)[0];
}

/**
 * Deals examples into folds, so that folds, and the shares of a class in them, differ by at most one example.
 *
 * @param labels  `[n]`, each in `[0, classCount)`.
 * @param rng     advances.
 * @returns `[n]`: the fold of each example, from 0.
 * @throws {InvalidInputError} unless there are between 2 and n folds.
 */
export function stratifiedFolds(labels: Int32Array, classCount: number, folds: number, rng: Rng): Int32Array {
  if (!Number.isInteger(folds) || folds < 2 || folds > labels.length) {
    throw new InvalidInputError(
      `The number of folds must be a whole number from 2 to the number of images, ${labels.length}, got ${folds}: use 5, for example.`,
      { details: { folds, images: labels.length } },
    );
  }
  const foldOf = new Int32Array(labels.length);
  let dealt = 0;
  for (const members of groupByClass(labels, classCount)) {
    for (const index of rng.shuffle([...members])) foldOf[index] = dealt++ % folds;
  }
  return foldOf;
}

function groupByClass(labels: Int32Array, classCount: number): number[][] {
  const byClass: number[][] = Array.from({ length: classCount }, () => []);
  for (const [index, label] of labels.entries()) byClass[label]?.push(index);
  return byClass;
}

/** Divides `total` in proportion to `sizes`, within the bounds; less than `total` if the maxima do not allow it. */
function apportion(
  sizes: readonly number[],
  total: number,
  minima: readonly number[],
  maxima: readonly number[],
): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0);
  const quotas = sizes.map((size) => (size * total) / sum);
  const counts = quotas.map((quota, i) => Math.min(maxima[i] ?? 0, Math.max(minima[i] ?? 0, Math.floor(quota))));
  let missing = total - counts.reduce((a, b) => a + b, 0);
  while (missing !== 0) {
    const step = Math.sign(missing);
    const bounds = step > 0 ? maxima : minima;
    let best = -1;
    let bestNeed = Number.NEGATIVE_INFINITY;
    for (const [i, quota] of quotas.entries()) {
      const need = step * (quota - (counts[i] ?? 0));
      if (counts[i] !== bounds[i] && need > bestNeed) [best, bestNeed] = [i, need];
    }
    if (best < 0) break;
    counts[best] = (counts[best] ?? 0) + step;
    missing -= step;
  }
  return counts;
}

function drawPerClass(byClass: readonly number[][], counts: readonly number[], rng: Rng): [Int32Array, Int32Array] {
  const drawn: number[] = [];
  const rest: number[] = [];
  for (const [label, members] of byClass.entries()) {
    const shuffled = rng.shuffle([...members]);
    const count = counts[label] ?? 0;
    for (const [i, index] of shuffled.entries()) (i < count ? drawn : rest).push(index);
  }
  return [Int32Array.from(drawn).sort(), Int32Array.from(rest).sort()];
}
