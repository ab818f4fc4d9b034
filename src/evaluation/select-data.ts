// Selects the examples that a task trains on and those it is scored on. The result depends only on the selection, so all
// candidates of a search see the same split.

import { type Dataset, type Examples, imageSizeOf, joinExamples } from '../data/set/dataset.ts';
import { stratifiedFolds, stratifiedSample, stratifiedSplits } from '../data/set/split.ts';
import { channelStatistics } from '../data/set/statistics.ts';
import type { TrainingData } from '../engine/training/train.ts';
import { InvalidInputError } from '../errors.ts';
import type { Normalisation } from '../network/normalisation.ts';
import { createRng } from '../random/rng.ts';
import type { DataSelection } from './task.ts';

/**
 * @param split  which of the validation splits, from 0, if the selection has several.
 * @throws {InvalidInputError} if a limit is below the number of classes, no images can be held out, the validation part
 *   that is asked for is missing, or there are more folds or splits than images.
 */
export function selectData(dataset: Dataset, selection: DataSelection, split = 0): TrainingData {
  const { leaveOut, ...whole } = selection;
  if (leaveOut === undefined) return selectWhole(dataset, whole, split);
  const { examples, train, validation } = selectWhole(dataset, whole);
  const foldOf = dealFolds(dataset, selection.seed, { examples, indices: train }, leaveOut.folds);
  return { examples, train: train.filter((_, i) => foldOf[i] !== leaveOut.fold), validation };
}

/**
 * All images of the final training, and the fold that leaves each of them out.
 *
 * @param selection  of the purpose `final`.
 * @returns `indices` are positions in `examples`; `foldOf` is parallel to them.
 */
export function selectFolds(
  dataset: Dataset,
  selection: DataSelection,
  folds: number,
): { readonly examples: Examples; readonly indices: Int32Array; readonly foldOf: Int32Array } {
  const { examples, train: indices } = selectWhole(dataset, selection);
  return { examples, indices, foldOf: dealFolds(dataset, selection.seed, { examples, indices }, folds) };
}

function dealFolds({ classes }: Dataset, seed: string, chosen: Chosen, folds: number): Int32Array {
  return stratifiedFolds(labelsOf(chosen), classes.length, folds, createRng(seed).fork('folds'));
}

function selectWhole(dataset: Dataset, selection: DataSelection, number = 0): TrainingData {
  const { trainLimit, searchLimit, validation: share, purpose, splits: count = 1 } = selection;
  const { train: examples, classes } = dataset;
  const rng = createRng(selection.seed);
  const sample = ({ examples, indices }: Chosen, limit: number | undefined, option: string): Chosen => {
    if (limit === undefined || limit >= indices.length) return { examples, indices };
    const positions = stratifiedSample(
      labelsOf({ examples, indices }),
      classes.length,
      limit,
      rng.fork(option),
      option,
    );
    return { examples, indices: pick(indices, positions) };
  };

  const all = sample(allOf(examples), trainLimit, '--train-limit');
  let parts: { readonly train: Chosen; readonly validation: Chosen };
  if (share === 'part') {
    const validation = sample(allOf(validationPartOf(dataset)), trainLimit, '--train-limit');
    if (purpose === 'final') return joinParts(all, validation, imageSizeOf(dataset.shape));
    parts = { train: all, validation };
  } else {
    if (purpose === 'final') return { examples, train: all.indices, validation: new Int32Array() };
    const splits = stratifiedSplits(labelsOf(all), classes.length, share, count, rng.fork('validation split'));
    const split = splits[number];
    if (split === undefined) throw new RangeError(`there is no split ${number} of ${count}`);
    const chosen = (positions: Int32Array): Chosen => ({ examples, indices: pick(all.indices, positions) });
    parts = { train: chosen(split.train), validation: chosen(split.validation) };
  }
  const train = sample(parts.train, searchLimit, '--search-limit').indices;
  const scored = selection.scoreOnTest ? allOf(dataset.test) : sample(parts.validation, searchLimit, '--search-limit');
  const { indices: validation, examples: validationExamples } = scored;
  return { examples, train, validation, ...(validationExamples !== examples && { validationExamples }) };
}

/** Some examples of a part, by their positions. */
interface Chosen {
  readonly examples: Examples;
  readonly indices: Int32Array;
}

const allOf = (examples: Examples): Chosen => ({ examples, indices: Int32Array.from(examples.labels.keys()) });

function validationPartOf({ name, validation }: Dataset): Examples {
  if (validation !== undefined) return validation;
  throw new InvalidInputError(
    `validation is "part", but ${name} has no validation part; add one, or give the share of the training images to hold out, such as 0.1`,
  );
}

/** Both parts to train on. */
function joinParts(first: Chosen, second: Chosen, imageSize: number): TrainingData {
  const train = new Int32Array(first.indices.length + second.indices.length);
  train.set(first.indices);
  train.set(
    second.indices.map((index) => first.examples.count + index),
    first.indices.length,
  );
  const examples = joinExamples(first.examples, second.examples, imageSize);
  return { examples, train, validation: new Int32Array() };
}

/** The data of a task, and how its images are normalised. */
export interface PreparedData {
  readonly data: TrainingData;
  readonly normalisation: Normalisation;
}

type Splits = readonly [PreparedData, ...PreparedData[]];

const latest = new WeakMap<Dataset, { readonly key: string; readonly splits: Splits }>();

/** Like {@link prepareSplits}, of the first split. */
export function prepareData(dataset: Dataset, selection: DataSelection): PreparedData {
  return prepareSplits(dataset, selection)[0];
}

/**
 * Like {@link selectData}, for each split, but caches the latest selection of each data set, because the candidates of a
 * search share it.
 */
export function prepareSplits(dataset: Dataset, selection: DataSelection): Splits {
  const key = JSON.stringify(selection);
  const known = latest.get(dataset);
  if (known?.key === key) return known.splits;
  const prepare = (split: number): PreparedData => {
    const data = selectData(dataset, selection, split);
    return { data, normalisation: channelStatistics(data.examples, data.train, dataset.shape) };
  };
  const others = Array.from({ length: (selection.splits ?? 1) - 1 }, (_, index) => prepare(index + 1));
  const splits: Splits = [prepare(0), ...others];
  latest.set(dataset, { key, splits });
  return splits;
}

function labelsOf({ examples, indices }: Chosen): Int32Array {
  return indices.map((index) => examples.labels[index] ?? 0);
}

function pick(indices: Int32Array, positions: Int32Array): Int32Array {
  return positions.map((position) => indices[position] ?? 0);
}
