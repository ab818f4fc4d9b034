// The decisions of a search: genomes, and the plans of budgets, rungs and fronts. Fitness is made up.

import { integerPower } from '../../dist/arithmetic/power.js';
import { estimateCost } from '../../dist/genome/cost.js';
import { formatGenome, genomeId } from '../../dist/genome/text.js';
import { createRng } from '../../dist/random/rng.js';
import { leastWork, planBudget, planFinalEpochs } from '../../dist/search/budget/budget-plan.js';
import { withTypicalWork } from '../../dist/search/budget/equal-compute.js';
import { candidateSizes } from '../../dist/search/budget/rung-sizes.js';
import { createStrategy } from '../../dist/search/candidates/create-strategy.js';
import { resolveConfigFor } from '../../dist/search/config/config.js';
import { planRefinement } from '../../dist/search/winner/refine-front.js';
import { sortedJson } from './hashes.mjs';

const COSTS = ['accuracy', 'parameters', 'flops'];
const SEARCHES = [
  { strategy: 'random', objectives: ['accuracy'] },
  ...['generational', 'steady-state'].flatMap((strategy) => [
    { strategy, objectives: ['accuracy'] },
    { strategy, objectives: COSTS },
  ]),
];
const MNIST = dataOf(60_000, 1, 28, 10);
const DATA = [MNIST, dataOf(900, 3, 17, 3), dataOf(50_000, 3, 32, 100), dataOf(5000, 3, 96, 12)];
/** Fixed, independent of this machine. */
const CORES = 2;
const BUDGETS = Array.from({ length: 26 }, (_, i) => 1e12 * integerPower(1.83, i));

/** @returns the decisions by name, as JSON. */
export function decisions() {
  const genomes = SEARCHES.map((settings) => [
    `genomes, ${settings.strategy}, ${settings.objectives.length === 1 ? 'one objective' : 'several'}`,
    genomesOf(settings),
  ]);
  const decided = { ...Object.fromEntries(genomes), plans: plans(), rungs: rungs(), fronts: fronts() };
  return Object.fromEntries(Object.entries(decided).map(([name, value]) => [name, sortedJson(value)]));
}

function dataOf(trainExamples, channels, side, classes) {
  const problem = { input: { channels, height: side, width: side }, classes };
  return { trainExamples, testExamples: Math.ceil(trainExamples / 6), problem };
}

function configOf(settings) {
  return resolveConfigFor(CORES, { dataset: { source: 'made-up' }, ...settings }, 'the golden run');
}

/** A fitness between 0 and 1, equal for equal genomes. */
function fitnessOf(genome) {
  return createRng(`fitness ${genomeId(genome)}`).uniform();
}

function genomesOf(settings) {
  return [1, 2, 3].map((seed) => {
    const config = configOf({ ...settings, seed, population: 8, generations: 6 });
    const strategy = createStrategy(config, MNIST.problem);
    const asked = [];
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      asked.push(genomes.map(formatGenome));
      strategy.tell(
        genomes.map((genome) => {
          const { parameters, flops } = estimateCost(genome, MNIST.problem);
          const costs = settings.objectives.length > 1 ? { costs: [parameters, flops] } : {};
          return { genome, fitness: fitnessOf(genome), ...costs };
        }),
      );
    }
    return asked;
  });
}

const PLANNED = [{}, { rungs: 3, reduction: 3 }, { objectives: ['accuracy', 'parameters'] }, { equalCompute: true }];

function plans() {
  return DATA.map((data) =>
    PLANNED.map((settings) => {
      const config = configOf({ ...settings, budget: { flops: 1e15 } });
      const found = BUDGETS.map((work) => planBudget(work, config, data) ?? null);
      const network = estimateCost([{ kind: 'skip', filters1: 32, filters2: 64 }], data.problem);
      const finals = BUDGETS.map((work) => planFinalEpochs(work, config, data, network));
      return { least: leastWork(config, data), found, finals };
    }),
  );
}

function rungs() {
  return [2, 2.7, 3, 4].flatMap((reduction) =>
    DATA.map((data) => {
      const config = withTypicalWork(
        configOf({ rungs: 4, reduction, equalCompute: true, training: { epochs: 3 } }),
        data,
      );
      return createStrategy(config, data.problem)
        .ask()
        .map((genome) => candidateSizes(config, data, estimateCost(genome, data.problem)));
    }),
  );
}

/** The logarithms of their costs decide which members stay. */
function fronts() {
  return [1, 2, 3, 4].map((seed) => {
    const config = configOf({ objectives: COSTS, seed, population: 40, frontSize: 6, finalEpochs: 4 });
    const members = createStrategy(config, MNIST.problem)
      .ask()
      .map((genome) => {
        const { parameters, flops } = estimateCost(genome, MNIST.problem);
        return { genome: formatGenome(genome), fitness: 0.95 + fitnessOf(genome) / 20, parameters, flops };
      });
    return planRefinement(members, config, MNIST).map(({ entry }) => entry.genome);
  });
}
