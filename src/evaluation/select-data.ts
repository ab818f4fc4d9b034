// Selects the examples that a task trains on and those it is scored on. The result depends only on the selection, so all
// candidates of a search see the same split.

import type { Dataset } from '../data/set/dataset.ts';
import { stratifiedSample, stratifiedSplit } from '../data/set/split.ts';
import { channelStatistics } from '../data/set/statistics.ts';
import { whiteningFilters } from '../data/set/whitening.ts';
import type { TrainingData } from '../engine/training/train.ts';
import { stemChannels } from '../genome/cost.ts';
import type { Normalisation } from '../network/normalisation.ts';
import { createRng } from '../random/rng.ts';
import type { DataSelection, EvaluationTask } from './task.ts';

/**
 * @throws {InvalidInputError} if a limit is below the number of classes, or no images can be held out.
 */
export function selectData(dataset: Dataset, selection: DataSelection): TrainingData {
  const { train: examples, classes } = dataset;
  const rng = createRng(selection.seed);
  const sample = (from: Int32Array, limit: number | undefined, option: string) => {
    if (limit === undefined || limit >= from.length) return from;
    return pick(from, stratifiedSample(labelsOf(from), classes.length, limit, rng.fork(option), option));
  };
  const labelsOf = (indices: Int32Array) => indices.map((index) => examples.labels[index] ?? 0);

  const all = sample(Int32Array.from(examples.labels.keys()), selection.trainLimit, '--train-limit');
  if (selection.purpose === 'final') return { examples, train: all, validation: new Int32Array() };
  const split = stratifiedSplit(labelsOf(all), classes.length, selection.validation, rng.fork('validation split'));
  const train = sample(pick(all, split.train), selection.searchLimit, '--search-limit');
  if (selection.scoreOnTest) {
    return {
      examples,
      train,
      validation: Int32Array.from(dataset.test.labels.keys()),
      validationExamples: dataset.test,
    };
  }
  return { examples, train, validation: sample(pick(all, split.validation), selection.searchLimit, '--search-limit') };
}

/** The data of a task, and how its images are normalised. */
export interface PreparedData {
  readonly data: TrainingData;
  readonly normalisation: Normalisation;
}

const latest = new WeakMap<Dataset, PreparedData & { readonly key: string }>();

/**
 * Like {@link selectData}, but caches the latest selection of each data set, because the candidates of a search share it.
 *
 * @param network  of the task; its stem decides whether filters are needed.
 */
export function prepareData(
  dataset: Dataset,
  selection: DataSelection,
  { stem }: EvaluationTask['network'] = {},
): PreparedData {
  const key = JSON.stringify([selection, stem]);
  const known = latest.get(dataset);
  if (known?.key === key) return known;
  const data = selectData(dataset, selection);
  const { shape } = dataset;
  const statistics = channelStatistics(data.examples, data.train, shape);
  const whitening =
    stem === 'whitening' && whiteningFilters(data.examples, data.train, shape, statistics, stemChannels(shape));
  const prepared = { key, data, normalisation: { ...statistics, ...(whitening && { whitening }) } };
  latest.set(dataset, prepared);
  return prepared;
}

function pick(indices: Int32Array, positions: Int32Array): Int32Array {
  return positions.map((position) => indices[position] ?? 0);
}
