// Random genomes: the initial population, and the genes that mutation adds.

import { InvalidInputError } from '../errors.ts';
import type { Rng } from '../random/rng.ts';
import type { NetworkInput } from './cost.ts';
import type { Genome, PoolingGene, SkipGene } from './genome.ts';
import { cheapestGenomes, type SearchSpace, violation } from './search-space.ts';

const MAX_TRIES = 1000;

/**
 * A random genome that the search space allows.
 *
 * Its length is uniform in 1..maxDepth; each layer is a skip layer with probability 0.5, else a pooling layer. Drawn in
 * this order: the length (`integer`), then for each layer whether it is a skip layer (`uniform` < 0.5) and its genes.
 * A genome that is not allowed is drawn again as a whole; after 1,000 attempts, the first allowed one of
 * `cheapestGenomes` is returned.
 *
 * @throws {InvalidInputError} if the space allows none of them (`checkSpaceIsFeasible` explains why).
 * @see CNN-GA, algorithm 2. Differs: the paper draws any positive length; here it is bounded, as in the Python package.
 */
export function randomGenome(rng: Rng, space: SearchSpace, problem: NetworkInput): Genome {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const genome = drawGenome(rng, space);
    if (violation(genome, space, problem) === undefined) return genome;
  }
  const fallback = cheapestGenomes(space, problem).find((genome) => violation(genome, space, problem) === undefined);
  if (fallback === undefined) {
    throw new InvalidInputError('the search space allows no genome; raise its limits or use smaller images');
  }
  return fallback;
}

/** Draws both filter counts uniformly from the allowed ones: F1, then F2 (`pick` each). */
export function randomSkipGene(rng: Rng, space: SearchSpace): SkipGene {
  const filters1 = rng.pick(space.channels);
  const filters2 = rng.pick(space.channels);
  return { kind: 'skip', filters1, filters2 };
}

/** Max or mean with probability 0.5 (`uniform` < 0.5 is max). */
export function randomPoolingGene(rng: Rng): PoolingGene {
  return { kind: 'pooling', pooling: rng.uniform() < 0.5 ? 'max' : 'mean' };
}

function drawGenome(rng: Rng, space: SearchSpace): Genome {
  const length = rng.integer(1, space.maxDepth);
  return Array.from({ length }, () => (rng.uniform() < 0.5 ? randomSkipGene(rng, space) : randomPoolingGene(rng)));
}
