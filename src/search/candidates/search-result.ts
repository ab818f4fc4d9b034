// The networks that a search found, and what the search cost.

import { EvaluationError } from '../../errors.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { Genome } from '../../genome/genome.ts';
import { parseGenome } from '../../genome/text.ts';
import type { WorkAccount } from '../budget/work-account.ts';
import type { SearchConfig } from '../config/config.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { lastEntry } from './candidate-queue.ts';
import type { CandidateTasks } from './candidate-tasks.ts';
import type { IdentifiedTask } from './identified-task.ts';

export interface FoundNetworks {
  readonly fittest: EvaluationEntry;
  /** Candidates that were trained to the end. Their fitness is comparable; fitness after less training is not. */
  readonly comparable: readonly EvaluationEntry[];
  readonly counts: SearchCounts;
  /** The longest successful training of a genome. */
  trainingOf(genome: Genome): IdentifiedTask | undefined;
}

/** Named as in `summary.json`. */
export interface SearchCounts {
  readonly evaluations: number;
  readonly failures: number;
  readonly cacheHits: number;
  readonly reused: number;
  readonly generations: number;
  /** Total work of all candidates. */
  readonly searchWork: number;
}

/** The counts of a run that trains one genome without a search. */
export const NO_SEARCH: SearchCounts = {
  evaluations: 0,
  failures: 0,
  cacheHits: 0,
  reused: 0,
  generations: 0,
  searchWork: 0,
};

export interface EndedSearch {
  readonly strategy: SearchStrategy;
  readonly account: WorkAccount;
  readonly tasks: CandidateTasks;
  /** By task id; may include results that an earlier configuration of the run left. */
  readonly known: ReadonlyMap<string, EvaluationEntry>;
  readonly cacheHits: number;
}

/** @throws {EvaluationError} if every candidate failed. */
export function describeSearch(
  { strategy, account, tasks, known, cacheHits }: EndedSearch,
  config: SearchConfig,
): FoundNetworks {
  const own = [...known.values()].filter(({ id, genome }) => account.has(genome) && tasks.has(id));
  const { best } = strategy;
  const fittest = best && lastEntry(tasks.of(best.genome), known);
  if (fittest === undefined) {
    const failure = [...known.values()].find((entry) => entry.failure !== undefined)?.failure;
    throw new EvaluationError(
      'error',
      `every candidate failed, the first with: ${failure?.message ?? 'no candidate'}; try a smaller learning rate, other channels or a longer timeout`,
    );
  }
  /** Counts genomes, not trainings: with halving, a genome may have several. */
  const count = (matches: (entry: EvaluationEntry) => boolean): number =>
    new Set(own.filter(matches).map(({ genome }) => genome)).size;
  return {
    fittest,
    comparable: own.filter(
      ({ id, genome, failure, stopped, pruned }) =>
        failure === undefined && !stopped && !pruned && id === tasks.of(parseGenome(genome)).at(-1)?.id,
    ),
    counts: {
      evaluations: account.admitted,
      failures: count(({ failure }) => failure !== undefined),
      cacheHits,
      reused: count(({ cached, imported }) => cached === true || imported === true),
      generations: config.strategy === 'random' ? 0 : Math.max(0, strategy.generation - 1),
      searchWork: account.spent,
    },
    trainingOf(genome) {
      const own = tasks.of(genome);
      const entry = lastEntry(own, known);
      return own.find(({ id }) => id === entry?.id);
    },
  };
}
