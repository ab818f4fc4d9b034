// Aging (regularised) evolution: a steady-state strategy, which does not wait for generations.

import { InvalidInputError } from '../../errors.ts';
import type { Genome } from '../../genome/genome.ts';
import { checkSearchSpace, checkSpaceIsFeasible } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';
import { fittest, type Individual } from '../individual.ts';
import { type Bred, Lineage } from '../lineage.ts';
import { type MutationWeights, mutateGenome } from '../operators/mutation.ts';
import { FITNESS_SELECTION, type Selection } from '../operators/selection.ts';
import { selectFromSample } from '../operators/tournament.ts';
import { checkInteger, checkMutationWeights } from '../settings.ts';
import { requireResultsOf, type SearchStrategy } from '../strategy.ts';
import { checkInitialGenomes, type InitialGenomes, initialGenome } from './initial-genomes.ts';

/** Settings of {@link createAgingEvolutionStrategy}. */
export interface AgingEvolutionSettings extends InitialGenomes {
  /** Number of initial genomes and of individuals alive at any time, at least 2. */
  readonly populationSize: number;
  /** Total number of genomes to ask for, including the initial population; at least populationSize. */
  readonly evaluations: number;
  /**
   * Sample size for selecting a parent, at least 1, which means no selection. The paper uses a quarter of the population.
   */
  readonly sampleSize: number;
  /**
   * From 1 to populationSize. A child is bred once all results have been told except those of the `lag - 1` genomes before
   * it, so `lag` candidates can train concurrently. With 1, each child waits for the previous one.
   */
  readonly lag: number;
  readonly mutationWeights: MutationWeights;
  /** Decides which individual of a sample becomes the parent. Default: the fittest. The oldest individual always dies. */
  readonly selection?: Pick<Selection, 'comparisonIn'>;
  /** The strategy's own stream. */
  readonly rng: Rng;
}

/**
 * Aging evolution. It starts with a random population (the `initialGenomes` first, if given). Then it breeds child after
 * child: each is a mutation ({@link mutateGenome}, always) of the fittest of a random sample (`sampleSize`), and replaces
 * the oldest individual.
 *
 * The k-th genome depends only on the results of genomes 0..k − lag, even if later results are already known. The search is
 * therefore the same for any number of workers and any timing.
 *
 * `generation` counts blocks of populationSize results; since no individual lives longer, `population` is the last block.
 *
 * Random numbers come from one stream in this order: the initial genomes, then for each child its sample and its mutation.
 *
 * @throws {InvalidInputError} if a setting is impossible or no network fits the search space.
 * @see Real et al. 2019, Regularized Evolution for Image Classifier Architecture Search, algorithm 1. Differs: the paper's
 *   workers use all results known at the time (algorithm 1 is lag 1); while fewer than populationSize results are known,
 *   they form the population. Mutation is CNN-GA's, which may leave the genome unchanged.
 */
export function createAgingEvolutionStrategy(settings: AgingEvolutionSettings): SearchStrategy {
  checkSettings(settings);
  const { populationSize, evaluations, sampleSize, lag, mutationWeights, space, problem, rng } = settings;
  const { selection = FITNESS_SELECTION } = settings;
  const lineage = new Lineage();
  const asked: Genome[] = [];
  const told: Individual[] = [];
  let population: readonly Individual[] = [];
  let best: Individual | undefined;

  const generation = (): number => Math.floor(told.length / populationSize);
  const breed = (): Bred => {
    if (asked.length < populationSize) return { genome: initialGenome(rng, asked.length, settings), parents: [] };
    const known = asked.length - lag + 1;
    const alive = told.slice(Math.max(0, known - populationSize), known);
    const parent = selectFromSample(rng, alive, sampleSize, selection.comparisonIn(alive));
    const genome = mutateGenome(rng, parent.genome, mutationWeights, space, problem);
    return { genome, parents: [parent.genome] };
  };

  return {
    get generation() {
      return generation();
    },
    get population() {
      return population;
    },
    get best() {
      return best;
    },
    ask() {
      if (told.length === evaluations) return undefined;
      const before = asked.length;
      const end = Math.min(evaluations, Math.max(populationSize, told.length + lag));
      while (asked.length < end) asked.push(...lineage.record([breed()]));
      return asked.slice(before);
    },
    parentsOf: (genome) => lineage.parentsOf(genome),
    tell(results) {
      requireResultsOf(asked.slice(told.length), results);
      const before = generation();
      told.push(...results);
      best = fittest(best === undefined ? results : [best, ...results]);
      const complete = generation() * populationSize;
      if (generation() > before) population = told.slice(complete - populationSize, complete);
    },
  };
}

function checkSettings(settings: AgingEvolutionSettings): void {
  const { populationSize, evaluations, sampleSize, lag } = settings;
  checkInteger('populationSize', populationSize, 2, 'selecting a parent needs at least two individuals');
  checkInteger('evaluations', evaluations, populationSize, 'the initial population is always evaluated');
  checkInteger('sampleSize', sampleSize, 1, 'it is the number of individuals that a parent is selected from');
  checkInteger('lag', lag, 1, 'it is the number of candidates that can train concurrently');
  if (lag > populationSize) {
    throw new InvalidInputError(
      `lag must be at most populationSize (${populationSize}), received ${lag}; the first child needs a parent whose fitness is known`,
      { details: { name: 'lag', received: lag } },
    );
  }
  checkMutationWeights(settings.mutationWeights);
  checkSearchSpace(settings.space);
  checkSpaceIsFeasible(settings.space, settings.problem);
  checkInitialGenomes(settings, populationSize);
}
