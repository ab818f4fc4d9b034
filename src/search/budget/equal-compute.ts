// Equal compute: all candidates get the same work rather than the same number of epochs, which makes the comparison between
// small and large networks fair.

import { estimateCost, type NetworkCost } from '../../genome/cost.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { trainingWork } from '../../genome/work.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfig } from '../config/config.ts';
import { type DataSize, searchSpaceOf, workSettingOf } from '../config/network-input.ts';
import { affordableEpochs, epochWork } from './candidate-work.ts';

/** Minimum number of epochs over a candidate's images; with fewer, the ranking is chance. */
const LEAST_EPOCHS = 0.25;
/** Maximum, as a multiple of the typical network's epochs: by then even a tiny network has stopped improving. */
const MOST_TIMES = 8;
/** Number of random networks from which the typical work is estimated. */
const SAMPLE = 101;

/**
 * Adds the work of a typical network to the configuration, if it is needed and not given: the median over random networks,
 * independent of the run's seed.
 *
 * @throws {InvalidInputError} if no network fits the search space.
 */
export function withTypicalWork<Config extends SearchConfig>(config: Config, { problem }: DataSize): Config {
  if (!config.equalCompute || config.typicalWork !== undefined || config.genome !== undefined) return config;
  const space = searchSpaceOf(config);
  const rng = createRng('typical network');
  const works = Array.from({ length: SAMPLE }, () =>
    trainingWork(estimateCost(randomGenome(rng, space, problem), problem), workSettingOf(config)),
  ).toSorted((a, b) => a - b);
  return { ...config, typicalWork: works[(SAMPLE - 1) / 2] };
}

type Sized = Pick<
  SearchConfig,
  'trainLimit' | 'searchLimit' | 'validation' | 'fitnessOn' | 'training' | 'typicalWork' | 'budget'
>;

/**
 * Number of epochs with which a network takes as much work, scoring included, as the typical network takes with the
 * configured epochs. Rounded to hundredths; at least a quarter of an epoch, at most eight times the configured epochs.
 */
export function equalEpochs(config: Sized, data: DataSize, cost: NetworkCost): number {
  const own = trainingWork(cost, workSettingOf(config));
  const { epochs } = config.training;
  const typical = epochWork(config, data, config.typicalWork ?? own);
  const work = epochs * typical.training + Math.ceil(epochs) * typical.scoring;
  const hundredths = Math.round(100 * affordableEpochs(work, epochWork(config, data, own))) / 100;
  return Math.min(MOST_TIMES * epochs, Math.max(LEAST_EPOCHS, hundredths));
}
