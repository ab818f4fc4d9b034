// Estimates how much computing a candidate of a search takes.

import { heldOutBy } from '../../data/set/split.ts';
import type { NetworkCost } from '../../genome/cost.ts';
import { trainingWork } from '../../genome/work.ts';
import type { SearchConfig } from '../config/config.ts';
import { splitsOf } from '../config/fidelity-schema.ts';
import { type DataSize, workSettingOf } from '../config/network-input.ts';

/** Overhead before and after any training: selecting images, writing weights. Less than a tenth of a second on a current core. */
export const START_WORK = 4e9;
/** What the runtime needs to compile a skip layer or stage, about. See bench/results/2026-12-01-planned-time.md. */
const LAYER_START_WORK = 6e9;

/** Overhead before and after the training of a network with so many skip layers and stages. */
export function startWork(layers: number): number {
  return START_WORK + LAYER_START_WORK * layers;
}

/** Number of skip layers and stages, which have convolutions. */
export function layersOf({ layers }: Pick<NetworkCost, 'layers'>): number {
  return layers.filter(({ kind }) => kind === 'skip' || kind === 'stage').length;
}

/** Sizes of the parts. */
export type PartSizes = Omit<DataSize, 'problem'>;

/** Number of images that the final training is on. */
export function usedImages(
  config: Pick<SearchConfig, 'trainLimit' | 'validation'>,
  data: Omit<PartSizes, 'testExamples'>,
): number {
  return limited(data.trainExamples, config) + (config.validation === 'part' ? validationPart(config, data) : 0);
}

/** How many images a candidate can train on and be scored on, in one split, if the configuration sets no limit. */
export function searchImages(
  config: Pick<SearchConfig, 'trainLimit' | 'validation' | 'fitnessOn'>,
  data: PartSizes,
): { readonly train: number; readonly validation: number } {
  const all = usedImages(config, data);
  const { validation: share } = config;
  const heldOut = share === 'part' ? validationPart(config, data) : heldOutBy(all, share, 1);
  return { train: all - heldOut, validation: config.fitnessOn === 'test' ? data.testExamples : heldOut };
}

function validationPart(
  config: Pick<SearchConfig, 'trainLimit'>,
  { validationExamples = 0 }: Pick<PartSizes, 'validationExamples'>,
): number {
  return limited(validationExamples, config);
}

const limited = (images: number, { trainLimit = images }: Pick<SearchConfig, 'trainLimit'>): number =>
  Math.min(trainLimit, images);

type Sized = Pick<
  SearchConfig,
  'trainLimit' | 'searchLimit' | 'validation' | 'fitnessOn' | 'fitnessSplits' | 'training' | 'budget'
>;

/**
 * Work of one candidate, from the start of its training to its fitness; with several validation splits, of all its trainings.
 * A final partial epoch is scored, too.
 */
export function candidateWork(config: Sized, data: DataSize, cost: NetworkCost): number {
  const { epochs } = config.training;
  const { training, scoring } = epochWork(config, data, trainingWork(cost, workSettingOf(config)));
  return splitsOf(config) * (startWork(layersOf(cost)) + epochs * training + Math.ceil(epochs) * scoring);
}

/**
 * Work of one epoch of a candidate, in one split, and of the scoring that follows it.
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
    scoring: (limitedTo(config, images.validation) * imageWork) / 3,
  };
}

/** Epochs that so much work allows, with what {@link epochWork} says of each; a partial one at the end is scored, too. */
export function affordableEpochs(
  work: number,
  { training, scoring }: { readonly training: number; readonly scoring: number },
): number {
  const whole = Math.floor(work / (training + scoring));
  const part = Math.max(0, (work - whole * (training + scoring) - scoring) / training);
  return whole + part;
}

/** Number of images on which the fitness of a candidate is measured, in all splits together. */
export function scoredImages(config: Omit<Sized, 'training' | 'budget'>, data: DataSize): number {
  const { validation: share } = config;
  const splits = splitsOf(config);
  if (splits === 1 || share === 'part') return limitedTo(config, searchImages(config, data).validation);
  const heldOut = (first: number): number => (first === 0 ? 0 : heldOutBy(usedImages(config, data), share, first));
  return Array.from({ length: splits }, (_, split) => limitedTo(config, heldOut(split + 1) - heldOut(split))).reduce(
    (sum, images) => sum + images,
    0,
  );
}

function limitedTo({ searchLimit, fitnessOn }: Pick<Sized, 'searchLimit' | 'fitnessOn'>, validation: number): number {
  return fitnessOn === 'test' ? validation : Math.min(validation, searchLimit ?? validation);
}
