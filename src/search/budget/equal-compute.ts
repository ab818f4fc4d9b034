// Equal compute: candidates have the same work, not the same epochs, so that small networks are not judged by the patience
// that large ones need.

import { estimateCost, type NetworkCost } from '../../genome/cost.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { trainingWork } from '../../genome/work.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/data-size.ts';
import { searchSpaceOf } from '../config/search-space-of.ts';
import { epochWork } from './candidate-work.ts';

/** Of the images of a candidate: below, a ranking is chance. */
const LEAST_EPOCHS = 0.25;
/** Times the epochs of the typical network: a tiny one is done learning by then. */
const MOST_TIMES = 8;
/** Random networks that tell what is typical. */
const SAMPLE = 101;

/**
 * The configuration with the work of a typical network, if it needs that and does not say it: the median of random ones,
 * the same whatever the seed of the run.
 *
 * @throws {InvalidInputError} if no network fits the search space.
 */
export function withTypicalWork<Config extends SearchConfig>(config: Config, { problem }: DataSize): Config {
  if (!config.equalCompute || config.typicalWork !== undefined || config.genome !== undefined) return config;
  const space = searchSpaceOf(config);
  const rng = createRng('typical network');
  const works = Array.from({ length: SAMPLE }, () =>
    trainingWork(estimateCost(randomGenome(rng, space, problem), problem)),
  ).toSorted((a, b) => a - b);
  return { ...config, typicalWork: works[(SAMPLE - 1) / 2] };
}

type Sized = Pick<SearchConfig, 'trainLimit' | 'searchLimit' | 'validation' | 'fitnessOn' | 'training' | 'typicalWork'>;

/**
 * Epochs in which a network takes as much work as the typical network takes in those of the configuration, scoring
 * included, to the hundredth: a quarter of one at least, eight times the configured ones at most.
 */
export function equalEpochs(config: Sized, data: DataSize, cost: NetworkCost): number {
  const own = trainingWork(cost);
  const { epochs } = config.training;
  const typical = epochWork(config, data, config.typicalWork ?? own);
  const work = epochs * typical.training + Math.ceil(epochs) * typical.scoring;
  const { training, scoring } = epochWork(config, data, own);
  const whole = Math.floor(work / (training + scoring));
  const part = Math.max(0, (work - whole * (training + scoring) - scoring) / training);
  const hundredths = Math.round(100 * (whole + part)) / 100;
  return Math.min(MOST_TIMES * epochs, Math.max(LEAST_EPOCHS, hundredths));
}
