// The rungs of successive halving: how many images and epochs each has, and what a candidate costs on average.

import { integerPower } from '../../arithmetic/power.ts';
import type { EvaluationOutcome, EvaluationTask } from '../../evaluation/task.ts';
import { estimateCost, type NetworkCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import { candidateWork, searchImages } from './candidate-work.ts';
import { equalEpochs } from './equal-compute.ts';

/** Images and epochs of the candidates on a rung, under the names of the configuration. */
export interface RungSize {
  readonly searchLimit: number | null;
  readonly epochs: number;
}

type Sized = Pick<
  SearchConfig,
  | 'trainLimit'
  | 'searchLimit'
  | 'validation'
  | 'fitnessOn'
  | 'fitnessSplits'
  | 'training'
  | 'rungs'
  | 'reduction'
  | 'equalCompute'
  | 'typicalWork'
  | 'budget'
>;

/** With fewer images a ranking is chance; lower rungs then reduce epochs instead. */
const LEAST_IMAGES = 1000;

/**
 * Sizes from the first rung to the last; the last one is as configured. Each rung has `reduction` times the training of the
 * one below: more images, or more epochs where the lower rung would otherwise have fewer than 1,000 images.
 */
export function rungSizes(config: Sized, data: DataSize): readonly RungSize[] {
  const { rungs, reduction, searchLimit, training } = config;
  const most = Math.min(searchImages(config, data).train, searchLimit ?? Number.POSITIVE_INFINITY);
  const least = Math.min(most, Math.max(LEAST_IMAGES, data.problem.classes));
  return Array.from({ length: rungs }, (_, rung) => {
    if (rung === rungs - 1) return { searchLimit, epochs: training.epochs };
    const share = integerPower(reduction, rung + 1 - rungs);
    const images = Math.max(least, Math.round(share * most));
    return { searchLimit: images, epochs: Math.max(1, Math.round((share * training.epochs * most) / images)) };
  });
}

/** The rung sizes for one candidate: with equal compute, its epochs depend on its cost. */
export function candidateSizes(config: Sized, data: DataSize, cost: NetworkCost): readonly RungSize[] {
  const sizes = rungSizes(config, data);
  if (!config.equalCompute) return sizes;
  return sizes.map((size) => ({ ...size, epochs: equalEpochs(onRung(config, size), data, cost) }));
}

/** The configuration for candidates on a rung. */
export function onRung<Config extends Pick<SearchConfig, 'training' | 'searchLimit'>>(
  config: Config,
  { searchLimit, epochs }: RungSize,
): Config {
  return { ...config, searchLimit, training: { ...config.training, epochs } };
}

/**
 * Work of a task of the search, on a rung or longer.
 *
 * @param outcome  if the task was pruned, only the epochs it was trained for count.
 */
export function taskWork(
  { genome, task: { selection, training } }: { readonly genome: Genome; readonly task: EvaluationTask },
  config: Sized,
  data: DataSize,
  { pruned, history = [] }: Partial<EvaluationOutcome> = {},
): number {
  const size = { searchLimit: selection.searchLimit ?? null, epochs: pruned ? history.length : training.epochs };
  return candidateWork(onRung(config, size), data, estimateCost(genome, data.problem));
}

/** Expected work of a candidate if one in `reduction` advances from each rung. */
export function expectedWork(config: Sized, data: DataSize, cost: NetworkCost): number {
  return candidateSizes(config, data, cost)
    .map((size, rung) => candidateWork(onRung(config, size), data, cost) / integerPower(config.reduction, rung))
    .reduce((sum, work) => sum + work, 0);
}
