// Creates the search strategy that a configuration asks for.

import { NSGA2_SELECTION } from '../../evolution/operators/nsga2.ts';
import { FITNESS_SELECTION } from '../../evolution/operators/selection.ts';
import { createAgingEvolutionStrategy } from '../../evolution/strategies/aging-evolution.ts';
import { createGenerationalStrategy } from '../../evolution/strategies/generational.ts';
import { createRandomSearchStrategy } from '../../evolution/strategies/random-search.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfig } from '../config/config.ts';
import { searchSpaceOf } from '../config/network-input.ts';
import type { CreateStrategy } from '../records/strategy-context.ts';
import { ownStrategy } from './own-strategy.ts';

/** Used where something else ends the search. */
const NO_END = Number.MAX_SAFE_INTEGER;

/**
 * @param create  makes the strategy `custom`.
 * @throws {InvalidInputError} if a setting is impossible, or no network fits the search space.
 */
export function createStrategy(config: SearchConfig, problem: NetworkInput, create?: CreateStrategy): SearchStrategy {
  const space = searchSpaceOf(config);
  const initialGenomes = config.initialGenomes.map(parseGenome);
  const rng = createRng(config.seed).fork('strategy');
  if (config.strategy === 'custom') return ownStrategy(create, { space, problem, rng, config });
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
      // The paper's share; with only two draws from a small population, both are often the same individual.
      sampleSize: Math.max(3, Math.ceil(population / 4)),
      // The lag influences the search, so it must not depend on the number of workers. A longer lag keeps more of them
      // busy; with a shorter one, offspring descend from newer results.
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

/** Wraps a strategy so that it is told costs along with each fitness. */
export function tellingCosts(strategy: SearchStrategy, costsOf: (genome: Genome) => readonly number[]): SearchStrategy {
  return {
    get generation() {
      return strategy.generation;
    },
    get population() {
      return strategy.population;
    },
    get best() {
      return strategy.best;
    },
    ask: () => strategy.ask(),
    parentsOf: (genome) => strategy.parentsOf?.(genome) ?? [],
    tell: (results) => strategy.tell(results.map((result) => ({ ...result, costs: costsOf(result.genome) }))),
  };
}
