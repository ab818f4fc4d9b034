// A genome whose fitness is known.

import type { Genome } from '../genome/genome.ts';
import { genomeId } from '../genome/text.ts';

/** A genome whose fitness is known. */
export interface Individual {
  readonly genome: Genome;
  /** Finite; higher is fitter. A candidate that failed has the lowest there is. */
  readonly fitness: number;
  /** To be minimised, where there is more than one objective; Infinity for a candidate that failed. */
  readonly costs?: readonly number[];
}

/** The one with the highest fitness, the earliest of equals; undefined for an empty list. */
export function fittest(individuals: readonly Individual[]): Individual | undefined {
  return individuals.reduce<Individual | undefined>(
    (best, individual) => (best === undefined || individual.fitness > best.fitness ? individual : best),
    undefined,
  );
}

export function isSameGenome(a: Individual, b: Individual): boolean {
  return genomeId(a.genome) === genomeId(b.genome);
}
