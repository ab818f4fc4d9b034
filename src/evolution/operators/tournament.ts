// Tournament selection: draws some individuals at random and returns the fittest, or the first by another comparison.

import type { Rng } from '../../random/rng.ts';
import type { Individual } from '../individual.ts';

/** Whether the first wins against the second. */
export type Comparison = (first: Individual, second: Individual) => boolean;

export function isFitter(first: Individual, second: Individual): boolean {
  return first.fitness > second.fitness;
}

/**
 * Draws two individuals without replacement and returns the fitter one; among equals, the one drawn first.
 *
 * Draws `integer(0, n - 1)` for the first and `integer(0, n - 2)` for the second, counted among the remaining ones.
 *
 * @param individuals  at least two.
 * @throws {RangeError} if there are fewer.
 * @see CNN-GA, algorithms 5 and 6.
 */
export function selectByTournament(
  rng: Rng,
  individuals: readonly Individual[],
  beats: Comparison = isFitter,
): Individual {
  if (individuals.length < 2) {
    throw new RangeError(`a binary tournament takes at least two individuals, received ${individuals.length}`);
  }
  const firstIndex = rng.integer(0, individuals.length - 1);
  const drawn = rng.integer(0, individuals.length - 2);
  const secondIndex = drawn < firstIndex ? drawn : drawn + 1;
  const first = individuals[firstIndex] as Individual;
  const second = individuals[secondIndex] as Individual;
  return beats(second, first) ? second : first;
}

/**
 * Draws `sampleSize` individuals with replacement (`pick`) and returns the fittest; among equals, the one drawn first.
 *
 * @param individuals  at least one.
 * @throws {RangeError} if there is none.
 * @see Real et al. 2019, algorithm 1: "the element stays in the population".
 */
export function selectFromSample(
  rng: Rng,
  individuals: readonly Individual[],
  sampleSize: number,
  beats: Comparison = isFitter,
): Individual {
  let selected = rng.pick(individuals);
  for (let drawn = 1; drawn < sampleSize; drawn++) {
    const candidate = rng.pick(individuals);
    if (beats(candidate, selected)) selected = candidate;
  }
  return selected;
}
