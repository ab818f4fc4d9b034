// Configuration → strategy.

import { createAgingEvolutionStrategy } from '../evolution/aging-evolution.ts';
import { createGenerationalStrategy } from '../evolution/generational.ts';
import { NSGA2_SELECTION } from '../evolution/nsga2.ts';
import { createRandomSearchStrategy } from '../evolution/random-search.ts';
import { FITNESS_SELECTION } from '../evolution/selection.ts';
import type { SearchStrategy } from '../evolution/strategy.ts';
import type { NetworkInput } from '../genome/cost.ts';
import type { SearchSpace } from '../genome/search-space.ts';
import { parseGenome } from '../genome/text.ts';
import { createRng } from '../random/rng.ts';
import type { SearchConfig } from './config.ts';

/** Where something else ends the search. */
const NO_END = Number.MAX_SAFE_INTEGER;

/** @throws {InvalidInputError} if a setting is impossible, or no network fits the search space. */
export function createStrategy(config: SearchConfig, problem: NetworkInput): SearchStrategy {
  const space = searchSpaceOf(config);
  const initialGenomes = config.initialGenomes.map(parseGenome);
  const rng = createRng(config.seed).fork('strategy');
  const { population } = config;
  const generations = config.generations ?? NO_END;
  const evaluations = Math.min(NO_END, population * (generations + 1));
  if (config.strategy === 'random') {
    return createRandomSearchStrategy({ evaluations, batchSize: population, initialGenomes, space, problem, rng });
  }
  const selection = config.objectives.length > 1 ? NSGA2_SELECTION : FITNESS_SELECTION;
  const { crossoverProbability, mutationProbability, mutationWeights } = config;
  if (config.strategy === 'steady-state') {
    return createAgingEvolutionStrategy({
      populationSize: population,
      evaluations,
      // The paper's share; but of two draws from a small population both are often the same.
      sampleSize: Math.max(3, Math.ceil(population / 4)),
      // Part of what decides a search, so it must not follow the number of workers. A longer lag keeps more of them
      // busy, a shorter one lets children descend from newer results.
      lag: Math.ceil(population / 2),
      mutationWeights,
      initialGenomes,
      space,
      problem,
      selection,
      rng,
    });
  }
  return createGenerationalStrategy({
    populationSize: population,
    generations,
    crossoverProbability,
    mutationProbability,
    mutationWeights,
    initialGenomes,
    space,
    problem,
    selection,
    rng,
  });
}

/** Which genomes the configuration allows. */
export function searchSpaceOf({ searchSpace }: Pick<SearchConfig, 'searchSpace'>): SearchSpace {
  const { channels, maxDepth, maxParameters, maxFlops, maxActivationBytes, maxWork } = searchSpace;
  return {
    channels,
    maxDepth,
    ...(maxParameters !== undefined && { maxParameters }),
    ...(maxFlops !== null && { maxFlops }),
    ...(maxActivationBytes !== undefined && { maxActivationBytes }),
    ...(maxWork !== undefined && { maxWork }),
  };
}
