// The genomes that a strategy begins with.

import { InvalidInputError } from '../../errors.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { requireValidGenome, type SearchSpace } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';

export interface InitialGenomes {
  /** Asked for first, in this order; those after them are random. None unless given. */
  readonly initialGenomes?: readonly Genome[];
  readonly space: SearchSpace;
  readonly problem: NetworkInput;
}

/** The genome at a place of the initial population: a given one, or a random one, which alone draws from the stream. */
export function initialGenome(
  rng: Rng,
  index: number,
  { initialGenomes = [], space, problem }: InitialGenomes,
): Genome {
  return initialGenomes[index] ?? randomGenome(rng, space, problem);
}

/**
 * @param most  how many there can be.
 * @throws {InvalidInputError} if there are more, or one is outside the search space.
 */
export function checkInitialGenomes({ initialGenomes = [], space, problem }: InitialGenomes, most: number): void {
  if (initialGenomes.length > most) {
    throw new InvalidInputError(
      `there are ${initialGenomes.length} genomes to begin with, but the initial population has ${most}; give fewer, or a larger population`,
      { details: { name: 'initialGenomes', received: initialGenomes.length, most } },
    );
  }
  for (const genome of initialGenomes) requireValidGenome(genome, space, problem);
}
