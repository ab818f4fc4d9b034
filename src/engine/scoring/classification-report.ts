// Scores of a classifier class by class, its confusions, and the calibration of its probabilities.

export interface ClassScore {
  /** Number of examples of the class. */
  readonly examples: number;
  /** Share of the examples predicted as this class that belong to it; 0 if none are predicted. */
  readonly precision: number;
  /** Share of the class's examples that are predicted correctly; 0 if there are none. */
  readonly recall: number;
  /** Harmonic mean of precision and recall; 0 if both are 0. */
  readonly f1: number;
}

export interface CalibrationBin {
  readonly examples: number;
  /** Mean probability of the predicted class. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error: mean distance between confidence and accuracy, weighted by the bins' examples. */
  readonly expectedError: number;
  /** Equal ranges of confidence, from 0 to 1; zeros where there are no examples. */
  readonly bins: readonly CalibrationBin[];
}

export interface ClassificationReport {
  /** Indexed by class. */
  readonly classes: readonly ClassScore[];
  /** Means over the classes that occur. */
  readonly macro: Omit<ClassScore, 'examples'>;
  /** `[true][predicted]`: numbers of examples. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration: Calibration;
}

/** The number of bins in the paper's experiments. */
const BINS = 15;

/**
 * Counts predictions batch by batch, then computes the report.
 *
 * The calibration error is Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, eq. 3,
 * with the bins ((m − 1)/M, m/M].
 */
export class ReportCounter {
  readonly #confusion: number[][];
  readonly #bins = Array.from({ length: BINS }, () => ({ examples: 0, confidence: 0, correct: 0 }));

  constructor(classes: number) {
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /**
   * @param predicted      `[n]`, indices of classes.
   * @param probabilities  `[n, classes]`.
   * @param labels         `[n]`, true classes.
   */
  add(predicted: ArrayLike<number>, probabilities: Float32Array, labels: ArrayLike<number>): void {
    for (let i = 0; i < predicted.length; i++) {
      const [truth = 0, guess = 0] = [labels[i], predicted[i]];
      const row = this.#confusion[truth] ?? [];
      row[guess] = (row[guess] ?? 0) + 1;
      const confidence = Math.min(1, probabilities[i * this.#confusion.length + guess] ?? 0);
      const bin = this.#bins[Math.max(0, Math.ceil(confidence * BINS) - 1)];
      if (bin === undefined) continue;
      bin.examples++;
      bin.confidence += confidence;
      if (truth === guess) bin.correct++;
    }
  }

  report(): ClassificationReport {
    const confusion = this.#confusion;
    const classes = confusion.map((row, label): ClassScore => {
      const examples = sum(row);
      const called = sum(confusion.map((other) => other[label] ?? 0));
      const right = row[label] ?? 0;
      return {
        examples,
        precision: share(right, called),
        recall: share(right, examples),
        f1: share(2 * right, examples + called),
      };
    });
    const occurring = classes.filter(({ examples }) => examples > 0);
    const mean = (key: 'precision' | 'recall' | 'f1') =>
      share(sum(occurring.map((score) => score[key])), occurring.length);
    return {
      classes,
      macro: { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') },
      confusion,
      calibration: this.#calibration(),
    };
  }

  #calibration(): Calibration {
    const bins = this.#bins.map(({ examples, confidence, correct }) => ({
      examples,
      confidence: share(confidence, examples),
      accuracy: share(correct, examples),
    }));
    const gaps = bins.map(({ examples, confidence, accuracy }) => examples * Math.abs(confidence - accuracy));
    return { expectedError: share(sum(gaps), sum(bins.map(({ examples }) => examples))), bins };
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
