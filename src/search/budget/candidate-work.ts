// Estimates how much computing a candidate of a search takes.

import type { NetworkCost } from '../../genome/cost.ts';
import { trainingWork } from '../../genome/work.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';

/**
 * Overhead before and after a training: compiling the network, selecting images, writing weights. About a fifth of a second
 * on a current CPU core.
 */
export const START_WORK = 4e10;

/** Number of training images that a run uses in total. */
export function usedImages({ trainLimit }: Pick<SearchConfig, 'trainLimit'>, { trainExamples }: DataSize): number {
  return Math.min(trainLimit ?? trainExamples, trainExamples);
}

/** How many images candidates can train on and be scored on if the configuration sets no limit. */
export function searchImages(
  config: Pick<SearchConfig, 'trainLimit' | 'validation' | 'fitnessOn'>,
  data: DataSize,
): { readonly train: number; readonly validation: number } {
  const all = usedImages(config, data);
  const heldOut = Math.max(1, Math.round(config.validation * all));
  return { train: all - heldOut, validation: config.fitnessOn === 'test' ? data.testExamples : heldOut };
}

type Sized = Pick<SearchConfig, 'trainLimit' | 'searchLimit' | 'validation' | 'fitnessOn' | 'training'>;

/** Work of one candidate, from the start of its training to its fitness. A final partial epoch is scored, too. */
export function candidateWork(config: Sized, data: DataSize, cost: NetworkCost): number {
  const { epochs } = config.training;
  const { training, scoring } = epochWork(config, data, trainingWork(cost, config.training));
  return START_WORK + epochs * training + Math.ceil(epochs) * scoring;
}

/**
 * Work of one epoch of a candidate and of the scoring that follows it.
 *
 * @param imageWork  work of training on one image.
 */
export function epochWork(
  config: Sized,
  data: DataSize,
  imageWork: number,
): { readonly training: number; readonly scoring: number } {
  const images = searchImages(config, data);
  const limit = config.searchLimit ?? Number.POSITIVE_INFINITY;
  return {
    training: Math.min(images.train, limit) * imageWork,
    scoring: (scoredImages(config, data) * imageWork) / 3,
  };
}

/** Number of images on which the fitness of a candidate is measured. */
export function scoredImages(config: Omit<Sized, 'training'>, data: DataSize): number {
  const { validation } = searchImages(config, data);
  return config.fitnessOn === 'test' ? validation : Math.min(validation, config.searchLimit ?? validation);
}
