// One-point crossover of two genomes.

import type { NetworkInput } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { type SearchSpace, violation } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';

const MAX_TRIES = 100;

/**
 * Cuts each parent at its own random point (0..length) and swaps the tails.
 *
 * Draws `integer(0, length)` for the first parent, then for the second. If the search space forbids one of the children,
 * both points are drawn again; after 100 attempts, the parents' genomes are returned.
 *
 * @returns the first parent's head with the second's tail, and the second's head with the first's tail. The parents are not
 *   modified; a child may be empty.
 * @see CNN-GA, algorithm 5. Differs: the paper has no limits, so it never redraws.
 */
export function crossOverGenomes(
  rng: Rng,
  first: Genome,
  second: Genome,
  space: SearchSpace,
  problem: NetworkInput,
): readonly [Genome, Genome] {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const firstCut = rng.integer(0, first.length);
    const secondCut = rng.integer(0, second.length);
    const children = [
      [...first.slice(0, firstCut), ...second.slice(secondCut)],
      [...second.slice(0, secondCut), ...first.slice(firstCut)],
    ] as const;
    if (children.every((child) => violation(child, space, problem) === undefined)) return children;
  }
  return [first, second];
}
