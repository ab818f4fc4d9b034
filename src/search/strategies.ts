// Configuration → strategy.

import { createGenerationalStrategy } from '../evolution/generational.ts';
import { createRandomSearchStrategy } from '../evolution/random-search.ts';
import type { SearchStrategy } from '../evolution/strategy.ts';
import type { NetworkInput } from '../genome/cost.ts';
import type { SearchSpace } from '../genome/search-space.ts';
import { createRng } from '../random/rng.ts';
import type { SearchConfig } from './config.ts';

/** @throws {InvalidInputError} if a setting is impossible, or no network fits the search space. */
export function createStrategy(config: SearchConfig, problem: NetworkInput): SearchStrategy {
  const { channels, maxDepth, maxParameters, maxFlops, maxActivationBytes } = config.searchSpace;
  const space: SearchSpace = {
    channels,
    maxDepth,
    ...(maxParameters !== undefined && { maxParameters }),
    ...(maxFlops !== undefined && { maxFlops }),
    ...(maxActivationBytes !== undefined && { maxActivationBytes }),
  };
  const rng = createRng(config.seed).fork('strategy');
  const { population, generations } = config;
  if (config.strategy === 'random') {
    const evaluations = population * (generations + 1);
    return createRandomSearchStrategy({ evaluations, batchSize: population, space, problem, rng });
  }
  const { crossoverProbability, mutationProbability, mutationWeights } = config;
  return createGenerationalStrategy({
    populationSize: population,
    generations,
    crossoverProbability,
    mutationProbability,
    mutationWeights,
    space,
    problem,
    rng,
  });
}
