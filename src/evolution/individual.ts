// A genome with its fitness.

import type { Genome } from '../genome/genome.ts';
import { genomeId } from '../genome/text.ts';

/** A genome whose fitness is known. */
export interface Individual {
  readonly genome: Genome;
  /** Finite; higher is fitter. A failed candidate has the lowest possible fitness. */
  readonly fitness: number;
  /** Further objectives to minimise, if there are any; Infinity for a failed candidate. */
  readonly costs?: readonly number[];
}

/** The individual with the highest fitness, the earliest among equals; undefined for an empty list. */
export function fittest(individuals: readonly Individual[]): Individual | undefined {
  return individuals.reduce<Individual | undefined>(
    (best, individual) => (best === undefined || individual.fitness > best.fitness ? individual : best),
    undefined,
  );
}

export function isSameGenome(a: Individual, b: Individual): boolean {
  return genomeId(a.genome) === genomeId(b.genome);
}
