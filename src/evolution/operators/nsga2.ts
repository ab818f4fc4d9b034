// NSGA-II: who mates and who lives on when there is more than one objective.

import { genomeId } from '../../genome/text.ts';
import type { Individual } from '../individual.ts';
import { type CostVector, crowdingDistances, sortIntoFronts } from './pareto.ts';
import type { Selection } from './selection.ts';

/**
 * The selection of NSGA-II over the fitness and the costs that individuals carry, all equally many of them.
 *
 * - A tournament is won by the earlier front, in the same front by the larger crowding distance, and between equals by the
 *   one drawn first.
 * - Survivors are whole fronts, and of the front that does not fit as a whole those with the largest crowding distances (of
 *   equals the earliest, parents first). No random number is drawn.
 * - A genome fills one place: further individuals with it are left out as long as there are others; then they fill what
 *   is left, in the same order.
 *
 * One that failed, with the lowest fitness and costs of Infinity, is behind everyone that did not.
 *
 * @see Deb et al. 2002, sections III-B (crowded-comparison operator) and III-C (main loop). Differs: equal genomes, of which
 *   the paper says nothing; and which of equals wins, there any.
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

/** What is minimised. */
export function costVectorOf({ fitness, costs = [] }: Individual): CostVector {
  return [-fitness, ...costs];
}

/** An individual's place among others: its front, counted from 0, and its crowding distance in it. */
interface Ranked {
  readonly individual: Individual;
  readonly front: number;
  readonly crowding: number;
}

/** In the order of fronts, in a front in the order given. */
function rank(individuals: readonly Individual[]): readonly Ranked[] {
  return sortIntoFronts(individuals.map(costVectorOf)).flatMap((members, front) => {
    const ranked = members.flatMap((i) => individuals[i] ?? []);
    const distances = crowdingDistances(ranked.map(costVectorOf));
    return ranked.map((individual, place) => ({ individual, front, crowding: distances[place] ?? 0 }));
  });
}

/** Those who live on first come first. */
function inOrder(individuals: readonly Individual[]): readonly Individual[] {
  const ranked = [...rank(individuals)].sort((a, b) => (isAhead(a, b) ? -1 : isAhead(b, a) ? 1 : 0));
  return ranked.map(({ individual }) => individual);
}

/** The crowded-comparison operator, ≺n. */
function isAhead(a: Ranked, b: Ranked): boolean {
  return a.front < b.front || (a.front === b.front && a.crowding > b.crowding);
}
