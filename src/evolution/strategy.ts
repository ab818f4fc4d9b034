// The interface of search strategies: they are asked for genomes and told their fitness.

import { InvalidInputError } from '../errors.ts';
import type { Genome } from '../genome/genome.ts';
import { formatGenome, genomeId } from '../genome/text.ts';
import type { Individual } from './individual.ts';

/**
 * Decides which genomes are evaluated, but does not evaluate them itself.
 *
 * A strategy depends only on its settings, its own random stream and the results it is told. Equal inputs give equal
 * genomes, so a search resumes by telling it the results from the journal again. No other code may draw from its stream.
 *
 * ```ts
 * for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
 *   strategy.tell(await evaluateAll(genomes));
 * }
 * ```
 */
export interface SearchStrategy {
  /**
   * The genomes to evaluate next, in addition to those asked before and not yet told. Empty if more results must be told
   * first (never if no results are outstanding); undefined when the search is finished. Asking again without telling
   * returns no genome twice.
   */
  ask(): readonly Genome[] | undefined;

  /**
   * Tells results in the order in which the genomes were asked: any number of them, starting with the first outstanding
   * one. The strategy asks for the same genomes in the same order however results are split among calls, and wherever calls
   * of `ask` fall between them, so the timing of workers cannot change a search.
   *
   * @throws {InvalidInputError} if a result is out of order, its fitness is not finite, or a cost is not a number; then
   *   none of the results counts.
   */
  tell(results: readonly Individual[]): void;

  /**
   * Number of completed generations. Since generations count from 0 (the initial population), it is also the number of the
   * current one. It changes only in `tell`. Strategies without generations count a fixed number of results as one.
   */
  readonly generation: number;

  /**
   * The individuals that the next genomes descend from: the survivors of the last completed generation; initially empty.
   */
  readonly population: readonly Individual[];

  /**
   * The parents of a genome when it was first asked for: one for a mutation, two for a crossover, none if it was not bred.
   * A strategy without parents does not have this method.
   */
  parentsOf?(genome: Genome): readonly Genome[];

  /** The fittest individual told so far; the earliest among equals. */
  readonly best: Individual | undefined;
}

/**
 * Checks results against the outstanding genomes, in the order asked.
 *
 * @throws {InvalidInputError} as specified by `SearchStrategy.tell`.
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
