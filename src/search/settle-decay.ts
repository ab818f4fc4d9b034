// Decides how strong the weight decay of a new run is.

import type { Dataset } from '../data/set/dataset.ts';
import { usedImages } from './budget/candidate-work.ts';
import type { SearchConfig } from './config/config.ts';
import { dataSizeOf } from './config/network-input.ts';
import { DECAY_KEY, optimiserSchema } from './config/training-schema.ts';

/**
 * Behind a backbone, weight decay stands for a prior, which weighs more against fewer images, and more weights add up: times the
 * root of the number of channels, over the number of images. See bench/results/2026-12-01-backbone-decay.md.
 */
const DECAY = 60;

/**
 * Sets the weight decay, as far as the configuration leaves it open: behind a backbone by its channels and the images, else the
 * default. Networks there see each image the same in every pass, so nothing else keeps a few from being learned by heart.
 *
 * @returns with `balance` only if a key was set.
 */
export function settleDecay({ balance: open = [], ...config }: SearchConfig, dataset: Dataset): SearchConfig {
  const { training, backbone } = config;
  const { weightDecay: _, ...optimizer } = training.optimizer;
  const isOpen = open.includes(DECAY_KEY) && (optimizer.name === 'muon' || optimizer.name === 'adamw');
  const balance = isOpen && backbone !== undefined ? open : open.filter((key) => key !== DECAY_KEY);
  const others: SearchConfig = { ...config, ...(balance.length > 0 && { balance }) };
  if (!isOpen) return others;
  let { weightDecay } = optimiserSchema.parse(optimizer);
  if (backbone !== undefined) {
    const prior =
      (DECAY * Math.sqrt(backbone.features?.channels ?? 1)) / usedImages(config, dataSizeOf(config, dataset));
    weightDecay = Math.max(weightDecay, Number(prior.toPrecision(3)));
  }
  return { ...others, training: { ...training, optimizer: { ...training.optimizer, weightDecay } } };
}
