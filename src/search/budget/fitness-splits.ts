// On how many validation splits each candidate is scored, where that is left open.

import type { SearchConfig } from '../config/config.ts';
import { splitsOf, splitsTrouble } from '../config/fidelity-schema.ts';
import type { DataSize } from '../config/network-input.ts';
import { searchImages } from './candidate-work.ts';

/**
 * With fewer validation images, a network 5 points better than the reference design cannot be told from chance: two
 * standard errors of an accuracy of 50 % are 5 points with 400 of them.
 */
export const LEAST_SCORED = 400;
/** More trainings of each candidate leave few candidates. */
const MOST_SPLITS = 5;

/**
 * As many splits as it takes for 400 validation images in all, but no more than five, nor than there are images for. One if
 * the configuration scores candidates in another way.
 */
export function wantedSplits(config: SearchConfig, data: DataSize): number {
  let splits = Math.min(MOST_SPLITS, Math.ceil(LEAST_SCORED / searchImages(config, data).validation));
  while (splits > 1 && splitsTrouble(splits, config) !== undefined) splits--;
  return splits;
}

/** Decides what no budget has decided. Nothing is scored without a search. */
export function withSplits<Config extends SearchConfig>(config: Config, data: DataSize): Config {
  if (config.genome !== undefined) return without(config);
  if (config.fitnessSplits !== 'auto') return config;
  const fitnessSplits = wantedSplits(config, data);
  return fitnessSplits === 1 ? without(config) : { ...config, fitnessSplits };
}

/** Leaves the number out if it is to be decided. A single split has no number, as in configurations from before. */
export function withoutOpenSplits<Config extends SearchConfig>(config: Config): Config {
  return config.fitnessSplits === 'auto' ? without(config) : config;
}

function without<Config extends SearchConfig>(config: Config): Config {
  const { fitnessSplits: _, ...others } = config;
  return others as Config;
}

/**
 * What users should know about it; undefined if candidates are trained once.
 *
 * @param scored  number of images that score a candidate, in all splits together.
 */
export function noticeOfSplits(config: SearchConfig, scored: number): string | undefined {
  const splits = splitsOf(config);
  if (splits === 1 || config.genome !== undefined) return undefined;
  const each = Math.round(scored / splits);
  return `Each candidate is trained ${splits} times, each time with another ${each} images held out, and scored on these ${scored} together, as ${each} say little. --fitness-splits 1 (fitnessSplits) trains it once.`;
}
