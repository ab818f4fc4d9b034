// Records the parents of genomes.

import type { Genome } from '../genome/genome.ts';
import { genomeId } from '../genome/text.ts';
import type { SearchStrategy } from './strategy.ts';

export interface Bred {
  readonly genome: Genome;
  /**
   * One for a mutation, two for a crossover (first the one that gave the first layers), none for a genome that was not
   * bred.
   */
  readonly parents: readonly Genome[];
}

/** The parents of each genome when it first appeared; later copies may have other parents. */
export class Lineage {
  readonly #parents = new Map<string, readonly Genome[]>();

  /** @returns the genomes. */
  record(bred: readonly Bred[]): readonly Genome[] {
    for (const { genome, parents } of bred) {
      const id = genomeId(genome);
      if (!this.#parents.has(id)) this.#parents.set(id, parents);
    }
    return bred.map(({ genome }) => genome);
  }

  parentsOf(genome: Genome): readonly Genome[] {
    return this.#parents.get(genomeId(genome)) ?? [];
  }
}

/** The part of a genome's record that names its parents, as canonical texts; empty if there are none. */
export function describeParents(
  strategy: Pick<SearchStrategy, 'parentsOf'>,
  genome: Genome,
): { readonly parents?: readonly string[] } {
  const parents = strategy.parentsOf?.(genome) ?? [];
  return parents.length === 0 ? {} : { parents: parents.map(genomeId) };
}
