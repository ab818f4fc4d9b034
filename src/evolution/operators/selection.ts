// Who mates, and who lives on into the next generation.

import type { Rng } from '../../random/rng.ts';
import { fittest, type Individual, isSameGenome } from '../individual.ts';
import { isFitter, selectByTournament } from './tournament.ts';

/** How a strategy selects. */
export interface Selection {
  /** Whether the first wins a tournament for parents against the second; for members of the population alone. */
  readonly comparisonIn: (population: readonly Individual[]) => (first: Individual, second: Individual) => boolean;
  /** Environmental selection: the next population, as large as `parents`. */
  readonly selectSurvivors: (
    rng: Rng,
    parents: readonly Individual[],
    offspring: readonly Individual[],
  ) => readonly Individual[];
}

/**
 * As many binary tournaments as there are parents, over parents and offspring together; an individual can win several.
 * If the best of all (of equals the earliest, parents first) is not among the winners, it replaces the worst winner
 * (of equals the earliest).
 *
 * @returns the next population, as large as `parents`.
 * @throws {RangeError} if parents and offspring are fewer than two.
 * @see CNN-GA, algorithm 6. A winner with the best one's genome and fitness counts as the best one.
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

/** By fitness alone, as in CNN-GA. */
export const FITNESS_SELECTION: Selection = { comparisonIn: () => isFitter, selectSurvivors };
