// The generational genetic algorithm of CNN-GA.

import { checkSearchSpace, checkSpaceIsFeasible } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';
import { type BreedingSettings, breedChildren } from '../operators/offspring.ts';
import { FITNESS_SELECTION } from '../operators/selection.ts';
import { checkInteger, checkMutationWeights, checkProbability } from '../settings.ts';
import type { SearchStrategy } from '../strategy.ts';
import { checkInitialGenomes, type InitialGenomes, initialGenome } from './initial-genomes.ts';
import { createSynchronousStrategy } from './synchronous.ts';

/** Settings of {@link createGenerationalStrategy}. */
export interface GenerationalSettings extends BreedingSettings, InitialGenomes {
  /** Individuals per generation, at least 2; may be odd. */
  readonly populationSize: number;
  /** Generations after the initial population; 0 evaluates only the initial population. */
  readonly generations: number;
  /** The strategy's own stream. */
  readonly rng: Rng;
}

/**
 * CNN-GA. It starts with a random population (the `initialGenomes` first, if given). Then it repeats `generations` times:
 * breed offspring by crossover and mutation, evaluate them, and select survivors (by fitness, or another selection). It
 * asks for populationSize × (generations + 1) genomes, which may include duplicates.
 *
 * Random numbers come from one stream in this order: the initial genomes when first asked, then each generation's
 * offspring when asked, and its selection when its last result is told.
 *
 * @throws {InvalidInputError} if a setting is impossible or no network fits the search space.
 * @see Sun et al. 2020, algorithms 1, 2, 5 and 6. Where the space forbids a genome, see the operators.
 */
export function createGenerationalStrategy(settings: GenerationalSettings): SearchStrategy {
  checkSettings(settings);
  const { populationSize, generations, rng, selection = FITNESS_SELECTION } = settings;
  return createSynchronousStrategy({
    breed(generation, population) {
      if (generation > generations) return undefined;
      if (generation > 0) return breedChildren(rng, population, settings);
      return Array.from({ length: populationSize }, (_, index) => ({
        genome: initialGenome(rng, index, settings),
        parents: [],
      }));
    },
    select: (parents, results) => (parents.length === 0 ? results : selection.selectSurvivors(rng, parents, results)),
  });
}

function checkSettings(settings: GenerationalSettings): void {
  const { populationSize, generations, crossoverProbability, mutationProbability, mutationWeights } = settings;
  checkInteger('populationSize', populationSize, 2, 'two parents are needed');
  checkInteger('generations', generations, 0, 'use 0 to evaluate only the initial population');
  checkProbability('crossoverProbability', crossoverProbability);
  checkProbability('mutationProbability', mutationProbability);
  checkMutationWeights(mutationWeights);
  checkSearchSpace(settings.space);
  checkSpaceIsFeasible(settings.space, settings.problem);
  checkInitialGenomes(settings, populationSize);
}
