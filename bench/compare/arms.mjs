// The arms of the comparison: our search, the methods it has to beat, and our search with one ingredient removed. One line
// each.

import { planBudget } from '../../dist/search/budget/budget-plan.js';
import { searchImages } from '../../dist/search/budget/candidate-work.js';
import { resolveConfig } from '../../dist/search/run/resolve-config.js';

/** The work of a reference search allows this many networks of typical size. */
const CANDIDATES = 20;
/** Mean work of a random network, as a share of the allowed maximum; the value of the budget planner. */
const TYPICAL_SHARE = 0.35;
/** A candidate of a reference search sees about this many images, in whole epochs. */
const SHOWN_IMAGES = 150_000;
/** From the example of the Python package. */
const POPULATION = 5;

/**
 * `config` receives the result of `settingsFor`. `final: false`: the result is the best candidate, without a final
 * training. `isDrawn`: shown in the figure, not only in the table.
 */
export const ARMS = [
  { name: 'ours', isDrawn: true, config: ({ budget }) => ({ budget }) },
  // All of the work for the reference design of its size; the plan chooses it, as `auto-cnn train auto` does.
  { name: 'no-search', isDrawn: true, config: ({ budget }) => ({ budget, genome: 'auto' }) },
  { name: 'random', isDrawn: true, final: false, config: ({ full }) => ({ ...full, strategy: 'random' }) },
  { name: 'autocnn', isDrawn: true, final: false, config: ({ package: settings }) => settings },
  { name: 'aging', isDrawn: true, final: false, config: ({ full }) => ({ ...full, strategy: 'steady-state' }) },

  // Our search with one ingredient removed or replaced.
  { name: 'ours-random', isDrawn: true, config: ({ budget }) => ({ budget, strategy: 'random' }) },
  { name: 'ours-aging', config: ({ budget }) => ({ budget, strategy: 'steady-state' }) },
  { name: 'ours-full', final: false, config: ({ full }) => full },
  { name: 'ours-no-final', final: false, config: ({ planned }) => planned },
  { name: 'ours-all-images', config: ({ budget }) => ({ budget, searchLimit: null }) },
  { name: 'ours-fixed-space', config: ({ budget, defaultSpace }) => ({ budget, searchSpace: defaultSpace }) },
  { name: 'ours-plain-final', config: ({ budget }) => ({ budget, finalTraining: {} }) },
  { name: 'ours-no-augmentation', config: ({ budget }) => ({ budget, finalTraining: { labelSmoothing: 0.05 } }) },
  { name: 'ours-no-smoothing', config: ({ budget }) => ({ budget, finalTraining: { augmentation: 'auto' } }) },
  { name: 'ours-constant-rate', config: ({ budget }) => ({ budget, training: CONSTANT_RATE }) },
  { name: 'ours-no-decay', config: ({ budget }) => ({ budget, training: { optimizer: { name: 'adam' } } }) },
  { name: 'ours-no-crossover', config: ({ budget }) => ({ budget, crossoverProbability: 0 }) },
  { name: 'ours-pick-best', config: ({ budget }) => ({ budget, pick: 'best' }) },
  { name: 'ours-no-references', config: ({ budget }) => ({ budget, initialGenomes: [] }) },
  { name: 'ours-equal-compute', config: ({ budget }) => ({ budget, equalCompute: true }) },
  { name: 'ours-median-stop', config: ({ budget }) => ({ budget, earlyStopCandidates: 'median' }) },
  { name: 'ours-inherit', config: ({ budget }) => ({ budget, inheritWeights: true }) },
  { name: 'ours-halving', config: ({ budget }) => ({ budget, rungs: 3 }) },
];

/** The arms that answer the main question; the others explain the result. */
export const CORE = ['ours', 'no-search', 'random', 'autocnn', 'aging', 'ours-random'];

/** Adam’s usual rate, because our default is the peak of a cycle. */
const CONSTANT_RATE = { schedule: { name: 'constant' }, learningRate: 0.001 };

/** No effect on results: nothing is ended by the clock. */
const COMMON = { workers: 1, tensorboard: false, timeoutSeconds: 24 * 3600 };

/**
 * The settings that arms use.
 *
 * @param work    work that each arm spends.
 * @param data    size of the data, as returned by `dataSizeOf`.
 * @param epochs  epochs of the candidates of reference searches. Default: derived from the number of images.
 */
export function settingsFor(work, data, epochs) {
  const budget = { flops: work };
  // However short it is: the reference searches need its sizes.
  const searching = resolveConfig({ dataset: { source: 'comparison' }, budget, searchShare: 0.25 }, 'the plan');
  const planned = planBudget(work, searching, data);
  if (planned === undefined) throw new Error(`--work ${work} is too little for this data; give more`);
  const { channels, maxDepth, maxWork } = planned.searchSpace;
  const images = searchImages(planned, data);
  const passes = epochs ?? Math.max(1, Math.round(SHOWN_IMAGES / images.train));
  const affordable = work / CANDIDATES / (passes * (images.train + images.validation / 3)) / TYPICAL_SHARE;
  const searchSpace = { channels, maxDepth, maxFlops: null, maxWork: Math.round(Math.min(maxWork, affordable)) };
  const spendsAll = { searchWork: work, generations: null };
  const reference = { ...spendsAll, population: POPULATION, searchLimit: null };
  return {
    budget,
    defaultSpace: { channels: [8, 16, 32], maxDepth: 6, maxFlops: 20e6, maxWork: Number.MAX_SAFE_INTEGER },
    full: { ...reference, searchSpace, training: { epochs: passes } },
    package: {
      ...reference,
      preset: 'autocnn',
      // All arms use the same split.
      validation: planned.validation,
      searchSpace: { ...searchSpace, maxDepth: 5 },
      training: { epochs: passes },
    },
    planned: {
      ...spendsAll,
      population: planned.population,
      initialGenomes: planned.initialGenomes,
      searchLimit: planned.searchLimit,
      searchSpace: { ...planned.searchSpace, maxFlops: null },
      training: { epochs: planned.training.epochs },
    },
  };
}

/** The configuration of one run. */
export function configOf(arm, seed, settings) {
  return { ...COMMON, ...arm.config(settings), seed, dataset: { source: 'comparison' } };
}
