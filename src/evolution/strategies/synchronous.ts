// The common part of synchronous strategies: a generation is asked for at once, and the next one waits for all its results.

import type { Genome } from '../../genome/genome.ts';
import { fittest, type Individual } from '../individual.ts';
import { type Bred, Lineage } from '../lineage.ts';
import { requireResultsOf, type SearchStrategy } from '../strategy.ts';

/** The parts in which synchronous strategies differ. */
export interface Generations {
  /** The genomes of generation `generation` (from 0), at least one; undefined when there are no more. */
  breed(generation: number, population: readonly Individual[]): readonly Bred[] | undefined;
  /** The population after a generation, from the previous one (initially empty) and the results in the order asked. */
  select(population: readonly Individual[], results: readonly Individual[]): readonly Individual[];
}

/** A strategy that calls `breed` in `ask` and `select` in the `tell` that completes the generation. */
export function createSynchronousStrategy(generations: Generations): SearchStrategy {
  const lineage = new Lineage();
  let generation = 0;
  let population: readonly Individual[] = [];
  let best: Individual | undefined;
  let asked: readonly Genome[] = [];
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
      if (asked.length > 0) return [];
      const bred = generations.breed(generation, population);
      const genomes = bred && lineage.record(bred);
      asked = genomes ?? [];
      return genomes;
    },
    parentsOf: (genome) => lineage.parentsOf(genome),
    tell(results) {
      requireResultsOf(asked.slice(told.length), results);
      if (results.length === 0) return;
      told = [...told, ...results];
      best = fittest(best === undefined ? results : [best, ...results]);
      if (told.length < asked.length) return;
      population = generations.select(population, told);
      generation += 1;
      asked = [];
      told = [];
    },
  };
}
