// What a search strategy is: it is asked for genomes and told their fitness.

import { InvalidInputError } from '../errors.ts';
import type { Genome } from '../genome/genome.ts';
import { formatGenome, genomeId } from '../genome/text.ts';
import type { Individual } from './individual.ts';

/**
 * Decides which genomes are evaluated, and never evaluates one itself.
 *
 * A strategy depends on nothing but its settings, its own random stream and what it is told: the same ones give the same
 * genomes, so a search resumes by telling it again what the journal holds. Nobody else may draw from its stream.
 *
 * ```ts
 * for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
 *   strategy.tell(await evaluateAll(genomes));
 * }
 * ```
 */
export interface SearchStrategy {
  /**
   * The genomes to evaluate next, in addition to those asked before and not yet told. Empty while there are none before
   * more results are told (never so when nothing is outstanding); undefined when the search is finished. Asking again
   * without telling gives nothing twice.
   */
  ask(): readonly Genome[] | undefined;

  /**
   * Results in the order in which the genomes were asked: any number of them, from the first that is still outstanding.
   * However results are split among calls, and wherever calls of `ask` fall between them, the strategy asks for the
   * same genomes in the same order, so that the timing of workers cannot change a search.
   *
   * @throws {InvalidInputError} if a result is not that of the genome whose turn it is, its fitness is not finite or a
   *   cost is not a number; then none of them counts.
   */
  tell(results: readonly Individual[]): void;

  /**
   * Generations completed. As they count from 0 (the initial population), it is also the number of the one under way;
   * it changes in `tell` only. Strategies without generations count every so many results as one.
   */
  readonly generation: number;

  /** Who the next genomes descend from: the survivors of the last completed generation; empty before the first. */
  readonly population: readonly Individual[];

  /**
   * Whom a genome that was asked descends from, as it first came up: one parent of a mutation, two of a crossover, none of a
   * genome that was not bred. A strategy without parents has no such method.
   */
  parentsOf?(genome: Genome): readonly Genome[];

  /** The fittest individual told so far, the earliest of equals. */
  readonly best: Individual | undefined;
}

/**
 * Checks results against the genomes that are outstanding, in the order asked.
 *
 * @throws {InvalidInputError} as `SearchStrategy.tell` demands.
 */
export function requireResultsOf(outstanding: readonly Genome[], results: readonly Individual[]): void {
  for (const [index, { genome, fitness, costs = [] }] of results.entries()) {
    const expected = outstanding[index];
    const text = formatGenome(genome);
    if (expected === undefined) {
      throw new InvalidInputError(
        `a result for genome "${text}" was told, but only ${outstanding.length} genomes are outstanding; ` +
          'tell each genome that was asked once',
        { details: { genome: text, outstanding: outstanding.length } },
      );
    }
    if (genomeId(expected) !== genomeId(genome)) {
      throw new InvalidInputError(
        `results are told in the order asked: "${formatGenome(expected)}" comes next, received "${text}"`,
        { details: { genome: text, expected: formatGenome(expected) } },
      );
    }
    if (!Number.isFinite(fitness)) {
      throw new InvalidInputError(
        `the fitness of genome "${text}" must be a finite number, received ${String(fitness)}; ` +
          'tell the lowest fitness for a candidate that failed',
        { details: { genome: text, fitness: String(fitness) } },
      );
    }
    if (costs.some(Number.isNaN)) {
      throw new InvalidInputError(
        `the costs of genome "${text}" must be numbers, received ${costs.join(', ')}; tell Infinity for a candidate that failed`,
        { details: { genome: text, costs } },
      );
    }
  }
}
