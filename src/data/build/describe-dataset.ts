// A data set in figures.

import { countLabels, type Dataset, type ImageShape } from '../set/dataset.ts';
import { channelStatistics } from '../set/statistics.ts';

/** What {@link describeDataset} counts and measures. */
export interface DatasetDescription {
  readonly name: string;
  readonly fingerprint: string;
  readonly shape: ImageShape;
  readonly trainExamples: number;
  /** Undefined if the data has no validation part. */
  readonly validationExamples?: number;
  readonly testExamples: number;
  readonly classes: readonly {
    readonly name: string;
    readonly train: number;
    readonly validation?: number;
    readonly test: number;
  }[];
  /** Mean of each channel over the training images, on the scale 0..255. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel over the training images, on the scale 0..255. */
  readonly std: readonly number[];
  readonly notes: readonly string[];
}

/** Counts images by class and part, and computes the mean and standard deviation of the channels. */
export function describeDataset({
  name,
  fingerprint,
  shape,
  classes,
  train,
  validation,
  test,
  notes,
}: Dataset): DatasetDescription {
  const counts = { train: countLabels(train, classes), test: countLabels(test, classes) };
  const validationCounts = validation && countLabels(validation, classes);
  const all = Int32Array.from({ length: train.count }, (_, i) => i);
  return {
    name,
    fingerprint,
    shape,
    trainExamples: train.count,
    ...(validation && { validationExamples: validation.count }),
    testExamples: test.count,
    classes: classes.map((className, label) => ({
      name: className,
      train: counts.train[label] ?? 0,
      ...(validationCounts && { validation: validationCounts[label] ?? 0 }),
      test: counts.test[label] ?? 0,
    })),
    ...channelStatistics(train, all, shape),
    notes,
  };
}
