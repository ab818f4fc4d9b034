// The predictions of `model.onnx` for the test images when it was scored.

import type { Dataset } from '../../data/set/dataset.ts';
import type { Prediction } from '../../engine/scoring/deployed-model.ts';

/** One entry per image, in the order of the data set's test part. */
export interface TestPredictions {
  /** Fingerprint of the data set. */
  readonly fingerprint: string;
  /** Index of the true class. */
  readonly labels: readonly number[];
  /** Index of the predicted class. */
  readonly predicted: readonly number[];
  /** Probability of the predicted class, to five digits. */
  readonly probabilities: readonly number[];
  /** Probability of the true class, to five digits. */
  readonly trueProbabilities: readonly number[];
}

/** Collects predictions batch by batch. */
export class PredictionRecorder {
  readonly #dataset: Pick<Dataset, 'fingerprint' | 'test' | 'classes'>;
  readonly #predicted: number[] = [];
  readonly #probabilities: number[] = [];
  readonly #trueProbabilities: number[] = [];

  constructor(dataset: Pick<Dataset, 'fingerprint' | 'test' | 'classes'>) {
    this.#dataset = dataset;
  }

  /** @param from  position of the first prediction in the test part. */
  add({ labels, probabilities }: Prediction, from: number): void {
    const { test, classes } = this.#dataset;
    for (const [i, label] of labels.entries()) {
      const of = (name: number): number => rounded(probabilities[i * classes.length + name] ?? 0);
      this.#predicted[from + i] = label;
      this.#probabilities[from + i] = of(label);
      this.#trueProbabilities[from + i] = of(test.labels[from + i] ?? 0);
    }
  }

  get predictions(): TestPredictions {
    const { fingerprint, test } = this.#dataset;
    return {
      fingerprint,
      labels: [...test.labels],
      predicted: this.#predicted,
      probabilities: this.#probabilities,
      trueProbabilities: this.#trueProbabilities,
    };
  }
}

const rounded = (probability: number): number => Number(probability.toFixed(5));
