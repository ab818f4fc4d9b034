// Every operator against the probabilities of the paper: chi-square at the 0.1 % level, fixed seeds, in a search space
// that forbids nothing these operators come up with.

import { describe, expect, it } from 'vitest';
import type { Gene, Genome } from '../genome/genome.ts';
import { randomGenome } from '../genome/random-genome.ts';
import type { SearchSpace } from '../genome/search-space.ts';
import { parseGenome } from '../genome/text.ts';
import { createRng } from '../random/rng.ts';
import type { Individual } from './individual.ts';
import { crossOverGenomes } from './operators/crossover.ts';
import { mutateGenome } from './operators/mutation.ts';
import { breedOffspring } from './operators/offspring.ts';
import { selectByTournament, selectFromSample } from './operators/tournament.ts';

const DRAWS = 20_000;
const PAPER_WEIGHTS = [0.7, 0.1, 0.1, 0.1] as const;
const problem = { input: { channels: 3, height: 65_536, width: 65_536 }, classes: 10 };
const space: SearchSpace = { channels: [64, 128, 256], maxDepth: 12 };

describe('randomGenome', () => {
  const rng = createRng('random genomes');
  const genomes = Array.from({ length: DRAWS }, () => randomGenome(rng, { ...space, maxDepth: 5 }, problem));
  const genes = genomes.flat();

  it('draws lengths uniformly from 1 to maxDepth', () => {
    expectDistribution(
      genomes.map((genome) => genome.length),
      { 1: 0.2, 2: 0.2, 3: 0.2, 4: 0.2, 5: 0.2 },
    );
  });

  it('draws skip and pooling layers, max and mean, with probability 0.5 each', () => {
    expectDistribution(
      genes.map((gene) => (gene.kind === 'skip' ? 'skip' : gene.pooling)),
      { skip: 0.5, max: 0.25, mean: 0.25 },
    );
  });

  it('draws both filter counts uniformly and independently', () => {
    const pairs = genes.flatMap((gene) => (gene.kind === 'skip' ? [`${gene.filters1}-${gene.filters2}`] : []));
    const all = space.channels.flatMap((a) => space.channels.map((b) => [`${a}-${b}`, 1 / 9] as const));
    expectDistribution(pairs, Object.fromEntries(all));
  });
});

describe('selectByTournament', () => {
  it('selects by rank as two draws without replacement do', () => {
    const rng = createRng('tournament');
    const population = [3, 1, 4, 2].map((fitness): Individual => ({ genome: [], fitness }));
    const winners = Array.from({ length: DRAWS }, () => selectByTournament(rng, population).fitness);
    // Of 6 pairs the fittest is in 3, the second wins 2, the third 1, the last none.
    expectDistribution(winners, { 4: 3 / 6, 3: 2 / 6, 2: 1 / 6 });
  });

  it('selects equals uniformly', () => {
    const rng = createRng('tournament of equals');
    const population = [0, 1, 2, 3].map((): Individual => ({ genome: [], fitness: 1 }));
    const winners = Array.from({ length: DRAWS }, () => population.indexOf(selectByTournament(rng, population)));
    expectDistribution(winners, { 0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25 });
  });
});

describe('selectFromSample', () => {
  it('selects by rank as three draws with replacement do', () => {
    const rng = createRng('sample');
    const population = [3, 1, 4, 2].map((fitness): Individual => ({ genome: [], fitness }));
    const parents = Array.from({ length: DRAWS }, () => selectFromSample(rng, population, 3).fitness);
    // All three among the k least fit: (k / 4)^3.
    expectDistribution(parents, { 4: 37 / 64, 3: 19 / 64, 2: 7 / 64, 1: 1 / 64 });
  });
});

describe('crossOverGenomes', () => {
  it('cuts each parent uniformly from its start to its end, independently', () => {
    const rng = createRng('cut points');
    const first = parseGenome('64-64-64-64');
    const second = parseGenome('128-128-128-128-128-128');
    const cuts = Array.from({ length: DRAWS }, () => {
      const [child] = crossOverGenomes(rng, first, second, space, problem);
      const own = child.filter((gene) => gene.kind === 'skip' && gene.filters1 === 64).length;
      return `${own},${second.length - (child.length - own)}`;
    });
    const all = [0, 1, 2].flatMap((a) => [0, 1, 2, 3].map((b) => [`${a},${b}`, 1 / 12] as const));
    expectDistribution(cuts, Object.fromEntries(all));
  });
});

describe('mutateGenome', () => {
  const genome = parseGenome('64-64-max-64-64-max');
  const only = { ...space, channels: [128] };
  const mutate = (seed: string, weights: readonly [number, number, number, number], from: Genome = genome) => {
    const rng = createRng(seed);
    return Array.from({ length: DRAWS }, () => mutateGenome(rng, from, weights, space, problem));
  };

  it('picks the operation with the weights 0.7, 0.1, 0.1, 0.1', () => {
    expectDistribution(
      mutate('operations', PAPER_WEIGHTS).map((mutated) => operationBetween(genome, mutated)),
      { 'add-skip': 0.7, 'add-pooling': 0.1, remove: 0.1, redraw: 0.1 },
    );
  });

  it('inserts at every position, the very end included, with the same probability', () => {
    const rng = createRng('insertions');
    const wide = { ...only, channels: [64, 128] };
    const from = parseGenome('64-64-64-64-64-64-64-64');
    const added = (weights: readonly [number, number, number, number], isNew: (gene: Gene) => boolean) =>
      Array.from({ length: DRAWS }, () => mutateGenome(rng, from, weights, wide, problem).findIndex(isNew)).filter(
        (position) => position >= 0,
      );
    const even = { 0: 0.2, 1: 0.2, 2: 0.2, 3: 0.2, 4: 0.2 };
    expectDistribution(
      added([1, 0, 0, 0], (gene) => gene.kind === 'skip' && gene.filters1 === 128),
      even,
    );
    expectDistribution(
      added([0, 1, 0, 0], (gene) => gene.kind === 'pooling'),
      even,
    );
  });

  it('adds max and mean pooling with probability 0.5', () => {
    expectDistribution(
      mutate('poolings', [0, 1, 0, 0], []).map(([gene]) => (gene?.kind === 'pooling' ? gene.pooling : 'none')),
      { max: 0.5, mean: 0.5 },
    );
  });

  it('removes every layer with the same probability', () => {
    const from = parseGenome('64-64-128-128-256-256-max');
    const removed = mutate('removals', [0, 0, 1, 0], from).map((mutated) =>
      from.findIndex((gene) => !mutated.includes(gene)),
    );
    expectDistribution(removed, { 0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25 });
  });

  it('re-draws the parameters of every layer with the same probability, both of a skip layer', () => {
    const from = parseGenome('max-64-64');
    const texts = mutate('redraws', [0, 0, 0, 1], from).map(([pool, skip]) =>
      pool?.kind === 'pooling' && skip?.kind === 'skip' ? `${pool.pooling} ${skip.filters1}-${skip.filters2}` : 'other',
    );
    const others = space.channels.flatMap((a) => space.channels.map((b) => [`max ${a}-${b}`, 1 / 18] as const));
    // Half the draws change the pooling layer, half of these into itself; one in nine skip layers stays the same.
    expectDistribution(texts, { ...Object.fromEntries(others), 'mean 64-64': 1 / 4, 'max 64-64': 1 / 4 + 1 / 18 });
  });

  it('gives an empty genome a layer, skip to pooling as 0.7 to 0.1', () => {
    expectDistribution(
      mutate('empty', PAPER_WEIGHTS, []).map(([gene]) => gene?.kind ?? 'none'),
      { skip: 7 / 8, pooling: 1 / 8 },
    );
  });
});

describe('breedOffspring', () => {
  const population = ['64-64-64-64', '128-128-128-128'].map((text, fitness) => ({
    genome: parseGenome(text),
    fitness,
  }));
  const breed = (crossoverProbability: number, mutationProbability: number) => {
    const settings = { crossoverProbability, mutationProbability, mutationWeights: PAPER_WEIGHTS, space, problem };
    const rng = createRng('breeding');
    return Array.from({ length: DRAWS / 10 }, () => breedOffspring(rng, population, settings));
  };

  it('crosses over with probability 0.9', () => {
    const unchanged = breed(0.9, 0).map(([first, second]) =>
      population.some(({ genome }) => genome === first) && population.some(({ genome }) => genome === second)
        ? 'copied'
        : 'crossed',
    );
    expectDistribution(unchanged, { crossed: 0.9, copied: 0.1 });
  });

  it('mutates each of the offspring with probability 0.2', () => {
    const fates = breed(0, 0.2).map((pair) =>
      pair.map((child) => (population.some(({ genome }) => genome === child) ? 'same' : 'mutated')).join(' '),
    );
    expectDistribution(fates, {
      'same same': 0.64,
      'same mutated': 0.16,
      'mutated same': 0.16,
      'mutated mutated': 0.04,
    });
  });
});

function operationBetween(before: Genome, after: Genome): string {
  const skips = (genome: Genome) => genome.filter((gene) => gene.kind === 'skip').length;
  if (after.length > before.length) return skips(after) > skips(before) ? 'add-skip' : 'add-pooling';
  return after.length < before.length ? 'remove' : 'redraw';
}

/** Pearson's chi-square test: every observation is one of the expected cells, in the expected proportions. */
function expectDistribution(observed: readonly (string | number)[], expected: Readonly<Record<string, number>>): void {
  const counts = new Map(Object.keys(expected).map((cell) => [cell, 0]));
  for (const value of observed) {
    const count = counts.get(String(value));
    expect(count, `unexpected outcome ${value}`).toBeDefined();
    counts.set(String(value), (count ?? 0) + 1);
  }
  const chiSquare = Object.entries(expected).reduce((sum, [cell, probability]) => {
    const mean = probability * observed.length;
    return sum + ((counts.get(cell) ?? 0) - mean) ** 2 / mean;
  }, 0);
  const critical = CRITICAL_0_001[Object.keys(expected).length - 2];
  expect(critical).toBeDefined();
  expect(chiSquare, JSON.stringify(Object.fromEntries(counts))).toBeLessThan(critical ?? 0);
}

/** Critical values of the chi-square distribution at 0.1 %, for 1, 2, … degrees of freedom. */
const CRITICAL_0_001 = [10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.124, 27.877, 29.588, 31.264];
