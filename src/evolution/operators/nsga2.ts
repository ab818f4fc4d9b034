// NSGA-II: selection of parents and survivors with several objectives.

import { genomeId } from '../../genome/text.ts';
import type { Individual } from '../individual.ts';
import { type CostVector, crowdingDistances, sortIntoFronts } from './pareto.ts';
import type { Selection } from './selection.ts';

/**
 * The selection of NSGA-II, over the fitness and the costs of individuals. All individuals have the same number of costs.
 *
 * - The earlier front wins a tournament; within a front, the larger crowding distance; among equals, the one drawn first.
 * - Survivors are whole fronts. Of the front that does not fit completely, those with the largest crowding distances
 *   survive (among equals the earliest, parents first). No random numbers are drawn.
 * - Each genome takes one place. Further individuals with the same genome are used only if there are no others left, in the
 *   same order.
 *
 * A failed individual, with the lowest fitness and infinite costs, ranks behind all others.
 *
 * @see Deb et al. 2002, sections III-B (crowded-comparison operator) and III-C (main loop). Differs: the paper does not
 *   treat equal genomes, and leaves ties open.
 */
export const NSGA2_SELECTION: Selection = {
  comparisonIn(population) {
    const standings = new Map(rank(population).map((ranked) => [ranked.individual, ranked]));
    return (a, b) => {
      const [first, second] = [standings.get(a), standings.get(b)];
      if (first === undefined || second === undefined)
        throw new RangeError('only members of the population are compared');
      return isAhead(first, second);
    };
  },
  selectSurvivors(_rng, parents, offspring) {
    const all = [...parents, ...offspring];
    const firsts = new Map(all.toReversed().map((individual) => [genomeId(individual.genome), individual]));
    const isFirst = (individual: Individual): boolean => firsts.get(genomeId(individual.genome)) === individual;
    const repeated = all.filter((individual) => !isFirst(individual));
    return [...inOrder(all.filter(isFirst)), ...inOrder(repeated)].slice(0, parents.length);
  },
};

/** The vector of objectives to minimise. */
export function costVectorOf({ fitness, costs = [] }: Individual): CostVector {
  return [-fitness, ...costs];
}

/** An individual's rank: its front, counted from 0, and its crowding distance within the front. */
interface Ranked {
  readonly individual: Individual;
  readonly front: number;
  readonly crowding: number;
}

/** Sorted by front; within a front in the given order. */
function rank(individuals: readonly Individual[]): readonly Ranked[] {
  return sortIntoFronts(individuals.map(costVectorOf)).flatMap((members, front) => {
    const ranked = members.flatMap((i) => individuals[i] ?? []);
    const distances = crowdingDistances(ranked.map(costVectorOf));
    return ranked.map((individual, place) => ({ individual, front, crowding: distances[place] ?? 0 }));
  });
}

/** Sorted by survival priority. */
function inOrder(individuals: readonly Individual[]): readonly Individual[] {
  const ranked = [...rank(individuals)].sort((a, b) => (isAhead(a, b) ? -1 : isAhead(b, a) ? 1 : 0));
  return ranked.map(({ individual }) => individual);
}

/** The crowded-comparison operator, ≺n. */
function isAhead(a: Ranked, b: Ranked): boolean {
  return a.front < b.front || (a.front === b.front && a.crowding > b.crowding);
}
