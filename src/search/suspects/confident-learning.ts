// Confident learning: which labels are wrong, judged by networks that did not see them.

import type { OutOfFold } from '../final/out-of-fold.ts';

export interface LabelErrors {
  /**
   * `[classes]`: the mean probability of a class over the images that are given as it; a higher one counts as sure. 1 for a
   * class without images.
   */
  readonly thresholds: readonly number[];
  /** `[given][true]`: numbers of images, as estimated. Each row adds up to the images that are given as the class. */
  readonly joint: readonly (readonly number[])[];
  /** `[n]`: the probability of the given class. */
  readonly selfConfidences: Float32Array;
  /** `[n]`: the most probable other class, the first among equals. */
  readonly others: Int32Array;
  /** `[n]`: 1 if the label is likely to be wrong. */
  readonly isWrong: Uint8Array;
}

/**
 * Estimates which labels are wrong. An image counts for the joint of given and true classes where a class is at least as
 * probable as its threshold; the most probable one of those does. Rows are scaled to the images of each class. Of the
 * images of a class, as many are wrong as the joint has for other true classes: those with the lowest self-confidence.
 *
 * @see Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021, eq. 1–3, and
 *   the rule "prune by class" of section 3.2. Differs: an image whose given class is the most probable one is never wrong.
 */
export function findLabelErrors({ classes, labels, probabilities }: OutOfFold): LabelErrors {
  const counts = new Array<number>(classes).fill(0);
  const sums = new Array<number>(classes).fill(0);
  for (const [i, label] of labels.entries()) {
    counts[label] = (counts[label] ?? 0) + 1;
    sums[label] = (sums[label] ?? 0) + (probabilities[i * classes + label] ?? 0);
  }
  const thresholds = counts.map((count, label) => (count === 0 ? 1 : (sums[label] ?? 0) / count));
  const joint = confidentJoint({ classes, labels, probabilities }, thresholds, counts);
  const selfConfidences = Float32Array.from(labels, (label, i) => probabilities[i * classes + label] ?? 0);
  const others = othersOf({ classes, labels, probabilities });
  const disagrees = (i: number): boolean =>
    (probabilities[i * classes + (others[i] ?? 0)] ?? 0) > (selfConfidences[i] ?? 0);
  const ranking = rankBySelfConfidence({ selfConfidences });
  const isWrong = new Uint8Array(labels.length);
  for (const [label, row] of joint.entries()) {
    const wrong = Math.round(row.reduce((sum, count, truth) => (truth === label ? sum : sum + count), 0));
    for (const i of ranking.filter((i) => labels[i] === label && disagrees(i)).subarray(0, wrong)) isWrong[i] = 1;
  }
  return { thresholds, joint, selfConfidences, others, isWrong };
}

/** The positions of all images, those with the lowest self-confidence first, ties in their order. */
export function rankBySelfConfidence({ selfConfidences }: Pick<LabelErrors, 'selfConfidences'>): Int32Array {
  return Int32Array.from(selfConfidences.keys()).sort(
    (a, b) => (selfConfidences[a] ?? 0) - (selfConfidences[b] ?? 0) || a - b,
  );
}

function confidentJoint(
  { classes, labels, probabilities }: OutOfFold,
  thresholds: readonly number[],
  counts: readonly number[],
): number[][] {
  const joint = counts.map(() => new Array<number>(classes).fill(0));
  for (const [i, label] of labels.entries()) {
    let sure = -1;
    for (let j = 0; j < classes; j++) {
      const probability = probabilities[i * classes + j] ?? 0;
      if (counts[j] === 0 || probability < (thresholds[j] ?? 1)) continue;
      if (sure < 0 || probability > (probabilities[i * classes + sure] ?? 0)) sure = j;
    }
    const row = joint[label];
    if (sure >= 0 && row !== undefined) row[sure] = (row[sure] ?? 0) + 1;
  }
  return joint.map((row, label) => {
    const sum = row.reduce((a, b) => a + b, 0);
    // Nothing is sure of the class: it is taken as right.
    if (sum === 0) return row.map((_, j) => (j === label ? (counts[label] ?? 0) : 0));
    return row.map((count) => (count / sum) * (counts[label] ?? 0));
  });
}

function othersOf({ classes, labels, probabilities }: OutOfFold): Int32Array {
  return labels.map((label, i) => {
    let best = -1;
    for (let j = 0; j < classes; j++) {
      if (j === label) continue;
      if (best < 0 || (probabilities[i * classes + j] ?? 0) > (probabilities[i * classes + best] ?? 0)) best = j;
    }
    return best;
  });
}
