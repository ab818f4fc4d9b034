// The initial genomes of a strategy.

import { InvalidInputError } from '../../errors.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { requireValidGenome, type SearchSpace } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';

export interface InitialGenomes {
  /** Asked for first, in this order; the rest are random. Default: none. */
  readonly initialGenomes?: readonly Genome[];
  readonly space: SearchSpace;
  readonly problem: NetworkInput;
}

/**
 * The genome at an index of the initial population: a given one, or a random one. Only the latter draws from the stream.
 */
export function initialGenome(
  rng: Rng,
  index: number,
  { initialGenomes = [], space, problem }: InitialGenomes,
): Genome {
  return initialGenomes[index] ?? randomGenome(rng, space, problem);
}

/**
 * @param most  maximum number of initial genomes.
 * @throws {InvalidInputError} if there are more, or if one is outside the search space.
 */
export function checkInitialGenomes({ initialGenomes = [], space, problem }: InitialGenomes, most: number): void {
  if (initialGenomes.length > most) {
    throw new InvalidInputError(
      `there are ${initialGenomes.length} initial genomes, but the initial population has only ${most}; give fewer, or a larger population`,
      { details: { name: 'initialGenomes', received: initialGenomes.length, most } },
    );
  }
  for (const genome of initialGenomes) requireValidGenome(genome, space, problem);
}
