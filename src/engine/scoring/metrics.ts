// Metrics of a classifier, computed from its logits and the true labels.

/** What a classifier can be measured by. */
export type MetricName = 'accuracy' | 'balanced-accuracy' | 'macro-f1' | 'top-2' | 'top-3' | 'top-5';

export const METRIC_NAMES = [
  'accuracy',
  'balanced-accuracy',
  'macro-f1',
  'top-2',
  'top-3',
  'top-5',
] as const satisfies readonly MetricName[];

/**
 * Counts batch by batch, then computes any metric.
 *
 * - accuracy: share of examples whose largest logit (the first among equals) is the label's.
 * - balanced accuracy: mean over classes of the share of the class's examples that are classified correctly; classes
 *   without examples do not count.
 * - macro F1: mean over classes of 2·TP / (2·TP + FP + FN); classes that neither occur nor are predicted do not count.
 * - top k: share of examples with fewer than k logits above the label's.
 */
export class MetricCounter {
  readonly #classes: number;
  readonly #right: Float64Array;
  readonly #actual: Float64Array;
  readonly #predicted: Float64Array;
  readonly #withinTop = new Map<number, number>();
  #examples = 0;

  constructor(classes: number) {
    this.#classes = classes;
    [this.#right, this.#actual, this.#predicted] = [0, 1, 2].map(() => new Float64Array(classes)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
  }

  /**
   * @param logits  `[count, classes]`
   * @param labels  `[count]`
   */
  add(logits: Float32Array, labels: ArrayLike<number>, count: number): void {
    for (let i = 0; i < count; i++) {
      const row = logits.subarray(i * this.#classes, (i + 1) * this.#classes);
      const label = labels[i] ?? 0;
      const predicted = indexOfMaximum(row);
      this.#examples++;
      increment(this.#actual, label);
      increment(this.#predicted, predicted);
      if (predicted === label) increment(this.#right, label);
      const own = row[label] ?? Number.NaN;
      const above = row.reduce((sum, logit) => (logit > own ? sum + 1 : sum), 0);
      for (const k of [2, 3, 5]) if (above < k) this.#withinTop.set(k, (this.#withinTop.get(k) ?? 0) + 1);
    }
  }

  get examples(): number {
    return this.#examples;
  }

  /** Adds the counts of another counter of the same classes. */
  include(other: MetricCounter): void {
    for (let c = 0; c < this.#classes; c++) {
      increment(this.#right, c, other.#right[c]);
      increment(this.#actual, c, other.#actual[c]);
      increment(this.#predicted, c, other.#predicted[c]);
    }
    for (const [k, count] of other.#withinTop) this.#withinTop.set(k, (this.#withinTop.get(k) ?? 0) + count);
    this.#examples += other.#examples;
  }

  value(name: MetricName): number {
    switch (name) {
      case 'accuracy':
        return this.#right.reduce((a, b) => a + b, 0) / this.#examples;
      case 'balanced-accuracy':
        return this.#meanOver((c) => [this.#right[c] ?? 0, this.#actual[c] ?? 0]);
      case 'macro-f1':
        return this.#meanOver((c) => [2 * (this.#right[c] ?? 0), (this.#actual[c] ?? 0) + (this.#predicted[c] ?? 0)]);
      default:
        return (this.#withinTop.get(Number(name.slice('top-'.length))) ?? 0) / this.#examples;
    }
  }

  /** Mean of the quotients over the classes with a non-zero denominator. */
  #meanOver(quotient: (classIndex: number) => readonly [number, number]): number {
    const quotients = Array.from({ length: this.#classes }, (_, c) => quotient(c)).filter(([, below]) => below > 0);
    return quotients.reduce((sum, [above, below]) => sum + above / below, 0) / quotients.length;
  }
}

export function indexOfMaximum(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  return best;
}

function increment(counts: Float64Array, index: number, by = 1): void {
  counts[index] = (counts[index] ?? 0) + by;
}
