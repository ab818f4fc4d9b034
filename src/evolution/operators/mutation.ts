// Mutation: one random change to one genome.

import type { NetworkInput } from '../../genome/cost.ts';
import type { Gene, Genome } from '../../genome/genome.ts';
import { randomPoolingGene, randomSkipGene } from '../../genome/random-genome.ts';
import { type SearchSpace, violation } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';

/** The operations in the order of their weights. */
export const MUTATION_OPERATIONS = ['add-skip', 'add-pooling', 'remove', 'redraw'] as const;

type MutationOperation = (typeof MUTATION_OPERATIONS)[number];

/** Probabilities of the four mutations: non-negative, sum 1. */
export type MutationWeights = readonly [addSkip: number, addPooling: number, remove: number, redraw: number];

const MAX_TRIES = 100;

/**
 * Applies one operation at one random position: add a random skip layer, add a random pooling layer, remove the layer,
 * or re-draw the layer's parameters (skip: both filter counts; pooling: max or mean; stage: all three), which may give the
 * same values.
 *
 * Draws the operation (`weightedIndex`), the position (`integer`: 0..length for an insertion, so that it can be at the very
 * end, else 0..length - 1), then the new gene if there is one. An empty genome can only gain a layer, so only the first two
 * weights count. If the search space forbids the result, everything is drawn again; after 100 attempts, or if no operation
 * is possible, the genome is returned unchanged. The argument is never modified.
 *
 * @see CNN-GA, algorithm 5. Differs: the paper has no limits, so it never redraws.
 */
export function mutateGenome(
  rng: Rng,
  genome: Genome,
  weights: MutationWeights,
  space: SearchSpace,
  problem: NetworkInput,
): Genome {
  const possible = genome.length === 0 ? [weights[0], weights[1], 0, 0] : weights;
  if (!possible.some((weight) => weight > 0)) return genome;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const operation = MUTATION_OPERATIONS[rng.weightedIndex(possible)] as MutationOperation;
    const mutated = applyOperation(rng, genome, operation, space);
    if (violation(mutated, space, problem) === undefined) return mutated;
  }
  return genome;
}

function applyOperation(rng: Rng, genome: Genome, operation: MutationOperation, space: SearchSpace): Genome {
  switch (operation) {
    case 'add-skip': {
      const position = rng.integer(0, genome.length);
      return genome.toSpliced(position, 0, randomSkipGene(rng, space));
    }
    case 'add-pooling': {
      const position = rng.integer(0, genome.length);
      return genome.toSpliced(position, 0, randomPoolingGene(rng));
    }
    case 'remove':
      return genome.toSpliced(rng.integer(0, genome.length - 1), 1);
    case 'redraw': {
      const position = rng.integer(0, genome.length - 1);
      return genome.with(position, redrawn(rng, genome[position]?.kind, space));
    }
  }
}

/** A new layer of the same kind. Filters are drawn before the kind of pooling. */
function redrawn(rng: Rng, kind: Gene['kind'] | undefined, space: SearchSpace): Gene {
  if (kind === 'skip') return randomSkipGene(rng, space);
  if (kind !== 'stage') return randomPoolingGene(rng);
  const { filters1, filters2 } = randomSkipGene(rng, space);
  return { kind, filters1, pooling: randomPoolingGene(rng).pooling, filters2 };
}
