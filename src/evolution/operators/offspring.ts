// Breeds the genomes of the offspring of a population.

import type { NetworkInput } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import type { SearchSpace } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';
import { type Individual, isSameGenome } from '../individual.ts';
import type { Bred } from '../lineage.ts';
import { crossOverGenomes } from './crossover.ts';
import { type MutationWeights, mutateGenome } from './mutation.ts';
import { FITNESS_SELECTION, type Selection } from './selection.ts';
import { type Comparison, isFitter, selectByTournament } from './tournament.ts';

export interface BreedingSettings {
  readonly crossoverProbability: number;
  readonly mutationProbability: number;
  readonly mutationWeights: MutationWeights;
  readonly space: SearchSpace;
  readonly problem: NetworkInput;
  /** Default: by fitness alone. */
  readonly selection?: Selection;
}

const MAX_TRIES = 100;

/**
 * Breeds as many genomes as the population has members; the number may be odd.
 *
 * First all children are bred, pair by pair: both parents are selected ({@link selectParents}), then `uniform` <
 * crossoverProbability decides between crossover and copies of the two. If the number is odd, only the first child of the
 * last pair is kept. Then each child is mutated, in order, if `uniform` < mutationProbability.
 *
 * @param population  at least two individuals; it is not modified.
 * @see CNN-GA, algorithm 5.
 */
export function breedOffspring(
  rng: Rng,
  population: readonly Individual[],
  settings: BreedingSettings,
): readonly Genome[] {
  return breedChildren(rng, population, settings).map(({ genome }) => genome);
}

/** Like {@link breedOffspring}, but returns each child with its parents. */
export function breedChildren(
  rng: Rng,
  population: readonly Individual[],
  settings: BreedingSettings,
): readonly Bred[] {
  const { crossoverProbability, mutationProbability, mutationWeights, space, problem } = settings;
  const { selection = FITNESS_SELECTION } = settings;
  const beats = selection.comparisonIn(population);
  const bred: Bred[] = [];
  while (bred.length < population.length) {
    const [first, second] = selectParents(rng, population, beats);
    const parents = [first.genome, second.genome] as const;
    const children =
      rng.uniform() < crossoverProbability
        ? crossOverGenomes(rng, ...parents, space, problem).map((genome, index) => ({
            genome,
            parents: index === 0 ? parents : parents.toReversed(),
          }))
        : parents.map((genome) => ({ genome, parents: [genome] }));
    bred.push(...children.slice(0, population.length - bred.length));
  }
  return bred.map(({ genome, parents }) => ({
    genome: rng.uniform() < mutationProbability ? mutateGenome(rng, genome, mutationWeights, space, problem) : genome,
    parents,
  }));
}

/**
 * Selects two parents by binary tournament, with different genomes if the population has any.
 *
 * The second parent is drawn again while its genome equals the first's, at most 100 times (with two members the better one
 * always wins, so all attempts may fail). After that, any individual with another genome is drawn (`pick` in order of the
 * population), or, if all genomes are equal, any individual.
 */
export function selectParents(
  rng: Rng,
  population: readonly Individual[],
  beats: Comparison = isFitter,
): readonly [Individual, Individual] {
  const first = selectByTournament(rng, population, beats);
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const second = selectByTournament(rng, population, beats);
    if (!isSameGenome(first, second)) return [first, second];
  }
  const others = population.filter((individual) => !isSameGenome(first, individual));
  return [first, rng.pick(others.length > 0 ? others : population)];
}
