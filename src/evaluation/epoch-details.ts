// Details of an epoch for logs. They never influence results.

import type { TrainingHooks, TrainingProgress } from '../engine/training/train.ts';
import type { ParameterLayout } from '../network/parameters.ts';
import { histogramOf, type TensorHistogram } from './tensor-histogram.ts';

export interface EpochDetails {
  /** Mean loss over each batch, in the order of training. */
  readonly losses: Float32Array;
  /** Share of each batch that was classified correctly. */
  readonly accuracies: Float32Array;
  /** Histogram of every parameter tensor after the epoch; empty for most epochs of a long training. */
  readonly weights: readonly NamedHistogram[];
}

interface NamedHistogram {
  /** Name in the parameter layout. */
  readonly name: string;
  readonly histogram: TensorHistogram;
}

interface DetailedProgress extends TrainingProgress {
  readonly details?: EpochDetails;
}

/** Maximum number of histograms per tensor in a training: as many as a log shows. */
const MOST_HISTOGRAMS = 50;

/** Training hooks that report the details with each epoch. */
export function recordDetails(
  layout: ParameterLayout,
  epochs: number,
  onProgress: (progress: DetailedProgress) => void,
): TrainingHooks {
  const every = Math.ceil(epochs / MOST_HISTOGRAMS);
  let losses: number[] = [];
  let accuracies: number[] = [];
  let weights: readonly NamedHistogram[] = [];
  return {
    onBatch: (loss, accuracy) => {
      losses.push(loss);
      accuracies.push(accuracy);
    },
    onEpochEnd: (epoch, parameters) => {
      weights = epoch % every === 0 || epoch === epochs ? histogramsOf(layout, parameters) : [];
    },
    onProgress: (progress) => {
      if (progress.epoch === undefined) {
        onProgress(progress);
        return;
      }
      const details = { losses: Float32Array.from(losses), accuracies: Float32Array.from(accuracies), weights };
      losses = [];
      accuracies = [];
      weights = [];
      onProgress({ ...progress, details });
    },
  };
}

function histogramsOf({ parameters }: ParameterLayout, values: Float32Array): NamedHistogram[] {
  return parameters.flatMap(({ name, offset, size }) => {
    const histogram = histogramOf(values.subarray(offset, offset + size));
    return histogram === undefined ? [] : [{ name, histogram }];
  });
}
