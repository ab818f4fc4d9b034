// Selection of parents and of survivors.

import type { Rng } from '../../random/rng.ts';
import { fittest, type Individual, isSameGenome } from '../individual.ts';
import { isFitter, selectByTournament } from './tournament.ts';

/** The selection of a strategy. */
export interface Selection {
  /** Returns whether the first wins a tournament for parents against the second; both are members of the population. */
  readonly comparisonIn: (population: readonly Individual[]) => (first: Individual, second: Individual) => boolean;
  /** Environmental selection: the next population, as large as `parents`. */
  readonly selectSurvivors: (
    rng: Rng,
    parents: readonly Individual[],
    offspring: readonly Individual[],
  ) => readonly Individual[];
}

/**
 * Holds as many binary tournaments as there are parents, over parents and offspring together; an individual can win
 * several. If the best individual (among equals the earliest, parents first) is not among the winners, it replaces the
 * worst winner (among equals the earliest).
 *
 * @returns the next population, as large as `parents`.
 * @throws {RangeError} if there are fewer than two parents and offspring.
 * @see CNN-GA, algorithm 6. A winner with the genome and fitness of the best individual counts as the best.
 */
export function selectSurvivors(
  rng: Rng,
  parents: readonly Individual[],
  offspring: readonly Individual[],
): readonly Individual[] {
  const all = [...parents, ...offspring];
  const winners = parents.map(() => selectByTournament(rng, all));
  const best = fittest(all);
  if (best === undefined || winners.some((winner) => winner.fitness === best.fitness && isSameGenome(winner, best))) {
    return winners;
  }
  const lowest = Math.min(...winners.map((winner) => winner.fitness));
  return winners.with(
    winners.findIndex((winner) => winner.fitness === lowest),
    best,
  );
}

/** Selection by fitness alone, as in CNN-GA. */
export const FITNESS_SELECTION: Selection = { comparisonIn: () => isFitter, selectSurvivors };
