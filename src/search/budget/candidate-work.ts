// How much computing a candidate of a search takes.

import type { NetworkCost } from '../../genome/cost.ts';
import { trainingWork } from '../../genome/work.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/data-size.ts';

/**
 * Work that passes before and after a training: the network is compiled, images are chosen, weights are written. A fifth of
 * a second, about, of a core of today.
 */
export const START_WORK = 4e10;

/** Training images that a run uses at all. */
export function usedImages({ trainLimit }: Pick<SearchConfig, 'trainLimit'>, { trainExamples }: DataSize): number {
  return Math.min(trainLimit ?? trainExamples, trainExamples);
}

/** How many images candidates can be trained on and scored on, if the configuration sets no limit for them. */
export function searchImages(
  config: Pick<SearchConfig, 'trainLimit' | 'validation' | 'fitnessOn'>,
  data: DataSize,
): { readonly train: number; readonly validation: number } {
  const all = usedImages(config, data);
  const heldOut = Math.max(1, Math.round(config.validation * all));
  return { train: all - heldOut, validation: config.fitnessOn === 'test' ? data.testExamples : heldOut };
}

type Sized = Pick<SearchConfig, 'trainLimit' | 'searchLimit' | 'validation' | 'fitnessOn' | 'training'>;

/** Work of one candidate, from the start of its training to its fitness. Where epochs end in a part of one, that is scored too. */
export function candidateWork(config: Sized, data: DataSize, cost: NetworkCost): number {
  const { epochs } = config.training;
  const { training, scoring } = epochWork(config, data, trainingWork(cost));
  return START_WORK + epochs * training + Math.ceil(epochs) * scoring;
}

/**
 * Work of an epoch of a candidate and of the scoring after it.
 *
 * @param imageWork  of training on one image.
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

/** Images that the fitness of a candidate is measured on. */
export function scoredImages(config: Omit<Sized, 'training'>, data: DataSize): number {
  const { validation } = searchImages(config, data);
  return config.fitnessOn === 'test' ? validation : Math.min(validation, config.searchLimit ?? validation);
}
