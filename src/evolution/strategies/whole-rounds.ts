// The part that strategies with rounds share: a round is asked at once, and the next one waits for all its results.

import type { Genome } from '../../genome/genome.ts';
import { fittest, type Individual } from '../individual.ts';
import { type Bred, Lineage } from '../lineage.ts';
import { requireResultsOf, type SearchStrategy } from '../strategy.ts';

/** What distinguishes one such strategy from another. */
export interface Rounds {
  /** The genomes of round `generation` (from 0), at least one; undefined when there is no such round. */
  breed(generation: number, population: readonly Individual[]): readonly Bred[] | undefined;
  /** The population after a round, from the one before (empty at first) and the round's results in the order asked. */
  select(population: readonly Individual[], results: readonly Individual[]): readonly Individual[];
}

/** A strategy that calls `breed` in `ask` and `select` in the `tell` that completes the round. */
export function createRoundStrategy(rounds: Rounds): SearchStrategy {
  const lineage = new Lineage();
  let generation = 0;
  let population: readonly Individual[] = [];
  let best: Individual | undefined;
  let round: readonly Genome[] = [];
  let told: readonly Individual[] = [];

  return {
    get generation() {
      return generation;
    },
    get population() {
      return population;
    },
    get best() {
      return best;
    },
    ask() {
      if (round.length > 0) return [];
      const bred = rounds.breed(generation, population);
      const genomes = bred && lineage.record(bred);
      round = genomes ?? [];
      return genomes;
    },
    parentsOf: (genome) => lineage.parentsOf(genome),
    tell(results) {
      requireResultsOf(round.slice(told.length), results);
      if (results.length === 0) return;
      told = [...told, ...results];
      best = fittest(best === undefined ? results : [best, ...results]);
      if (told.length < round.length) return;
      population = rounds.select(population, told);
      generation += 1;
      round = [];
      told = [];
    },
  };
}
