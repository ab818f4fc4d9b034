// Confident learning: which labels are wrong, judged by networks that did not see them.

/** Predictions for labelled images by networks that were not trained on them. */
export interface OutOfFold {
  /** Number of classes. */
  readonly classes: number;
  /** `[n]`: the classes that the images are given as. */
  readonly labels: Int32Array;
  /** `[n, classes]`. */
  readonly probabilities: Float32Array;
}

export interface LabelErrors {
  /**
   * `[classes]`: the mean probability of a class over the images that are given as it; a higher one counts as sure. 1 for a
   * class without images.
   */
  readonly thresholds: readonly number[];
  /** `[given][true]`: numbers of images, as estimated. Each row adds up to the images that are given as the class. */
  readonly joint: readonly (readonly number[])[];
  /** `[n]`: the probability of the given class minus that of the most probable other class, −1 to 1. */
  readonly margins: Float64Array;
  /** `[n]`: the most probable other class, the first among equals. */
  readonly others: Int32Array;
  /** `[n]`: 1 if the label is likely to be wrong. */
  readonly isWrong: Uint8Array;
}

/**
 * Estimates which labels are wrong. An image counts for the joint of given and true classes where a class is at least as
 * probable as its threshold; the most probable one of those does. Rows are scaled to the images of each class. Of the
 * images given as i, as many as the joint says for the true class j are wrong: those in which j is ahead of i by the largest
 * margin.
 *
 * @see Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021, eq. 1–3, and
 *   the rule "prune by noise rate" of section 3.2. Differs: an image whose given class is the most probable one is never
 *   wrong.
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
  const [margins, others] = marginsOf({ classes, labels, probabilities });
  return {
    thresholds,
    joint,
    margins,
    others,
    isWrong: pruneByNoiseRate({ classes, labels, probabilities }, joint, margins),
  };
}

/** The positions of all images, those with the smallest margin first, ties in their order. */
export function rankByMargin({ margins }: Pick<LabelErrors, 'margins'>): Int32Array {
  return Int32Array.from(margins.keys()).sort((a, b) => (margins[a] ?? 0) - (margins[b] ?? 0) || a - b);
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

function marginsOf({ classes, labels, probabilities }: OutOfFold): [margins: Float64Array, others: Int32Array] {
  const margins = new Float64Array(labels.length);
  const others = new Int32Array(labels.length);
  for (const [i, label] of labels.entries()) {
    let best = -1;
    for (let j = 0; j < classes; j++) {
      if (j === label) continue;
      if (best < 0 || (probabilities[i * classes + j] ?? 0) > (probabilities[i * classes + best] ?? 0)) best = j;
    }
    others[i] = best;
    margins[i] = (probabilities[i * classes + label] ?? 0) - (probabilities[i * classes + best] ?? 0);
  }
  return [margins, others];
}

function pruneByNoiseRate(
  { classes, labels, probabilities }: OutOfFold,
  joint: readonly (readonly number[])[],
  margins: Float64Array,
): Uint8Array {
  const isWrong = new Uint8Array(labels.length);
  for (const [given, row] of joint.entries()) {
    const members = [...labels.keys()].filter((i) => labels[i] === given && (margins[i] ?? 0) < 0);
    for (const [truth, count] of row.entries()) {
      const wrong = Math.round(count);
      if (truth === given || wrong === 0) continue;
      const lead = (i: number): number =>
        (probabilities[i * classes + truth] ?? 0) - (probabilities[i * classes + given] ?? 0);
      const leading = members.filter((i) => lead(i) > 0).toSorted((a, b) => lead(b) - lead(a) || a - b);
      for (const i of leading.slice(0, wrong)) isWrong[i] = 1;
    }
  }
  return isWrong;
}
