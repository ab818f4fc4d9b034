// Decides how strong the weight decay of a new run is.

import type { Dataset } from '../data/set/dataset.ts';
import { usedImages } from './budget/candidate-work.ts';
import type { SearchConfig } from './config/config.ts';
import { dataSizeOf } from './config/network-input.ts';
import { DECAY_KEY, optimiserSchema } from './config/training-schema.ts';

/**
 * Behind a backbone, weight decay stands for a prior of fixed strength, which weighs more against fewer images: this over
 * their number. Measured for 100 and 1,000 images, see bench/results/2026-12-01-backbone-decay.md.
 */
const DECAY_OF_ONE_IMAGE = 500;

/**
 * Sets the weight decay, as far as the configuration leaves it open: behind a backbone by the number of images, else the
 * default. Networks there see each image the same in every pass, so nothing else keeps a few from being learned by heart.
 *
 * @returns with `balance` only if a key was set.
 */
export function settleDecay({ balance: open = [], ...config }: SearchConfig, dataset: Dataset): SearchConfig {
  const { optimizer } = config.training;
  const isOpen = open.includes(DECAY_KEY) && (optimizer.name === 'muon' || optimizer.name === 'adamw');
  const others = open.filter((key) => key !== DECAY_KEY);
  const adapts = isOpen && config.backbone !== undefined;
  const balance = adapts ? open : others;
  const { weightDecay: _, ...rest } = optimizer;
  const usual = optimiserSchema.parse(rest);
  const byImages = DECAY_OF_ONE_IMAGE / usedImages(config, dataSizeOf(config, dataset));
  const weightDecay = adapts ? Math.max(usual.weightDecay, Number(byImages.toPrecision(3))) : usual.weightDecay;
  return {
    ...config,
    ...(isOpen && { training: { ...config.training, optimizer: { ...optimizer, weightDecay } } }),
    ...(balance.length > 0 && { balance }),
  };
}
