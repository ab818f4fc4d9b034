// Random search: the baseline that a genetic algorithm must beat.

import { checkSearchSpace, checkSpaceIsFeasible } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';
import { checkInteger } from '../settings.ts';
import type { SearchStrategy } from '../strategy.ts';
import { checkInitialGenomes, type InitialGenomes, initialGenome } from './initial-genomes.ts';
import { createSynchronousStrategy } from './synchronous.ts';

/** Settings of {@link createRandomSearchStrategy}. */
export interface RandomSearchSettings extends InitialGenomes {
  /** Total number of genomes to ask for, at least 1. */
  readonly evaluations: number;
  /** Number of genomes per `ask`, at least 1; a batch counts as a generation. */
  readonly batchSize: number;
  /** The strategy's own stream. */
  readonly rng: Rng;
}

/**
 * Asks for random genomes (the `initialGenomes` first, if given), batch by batch, regardless of results. Its population is
 * the last completed batch. The genomes are drawn from the stream in order, so the batch size does not change them.
 *
 * @throws {InvalidInputError} if a setting is impossible or no network fits the search space.
 */
export function createRandomSearchStrategy(settings: RandomSearchSettings): SearchStrategy {
  const { evaluations, batchSize, space, problem, rng } = settings;
  checkInteger('evaluations', evaluations, 1, 'it is the number of genomes to try');
  checkInteger('batchSize', batchSize, 1, 'it is the number of genomes to evaluate at a time');
  checkSearchSpace(space);
  checkSpaceIsFeasible(space, problem);
  checkInitialGenomes(settings, evaluations);
  return createSynchronousStrategy({
    breed(batch) {
      const left = evaluations - batch * batchSize;
      if (left <= 0) return undefined;
      return Array.from({ length: Math.min(left, batchSize) }, (_, index) => ({
        genome: initialGenome(rng, batch * batchSize + index, settings),
        parents: [],
      }));
    },
    select: (_, results) => results,
  });
}
