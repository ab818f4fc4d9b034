import { describe, expect, it } from 'vitest';
import { randomGenome } from '../../genome/random-genome.ts';
import { formatGenome, parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchStrategy } from '../strategy.ts';
import { createAgingEvolutionStrategy } from './aging-evolution.ts';
import { createGenerationalStrategy } from './generational.ts';
import type { InitialGenomes } from './initial-genomes.ts';
import { createRandomSearchStrategy } from './random-search.ts';

const problem = { input: { channels: 1, height: 9, width: 13 }, classes: 3 };
const space = { channels: [2, 4, 8], maxDepth: 4 };
const mutationWeights = [0.7, 0.1, 0.1, 0.1] as const;

type Create = (given: Pick<InitialGenomes, 'initialGenomes'>) => SearchStrategy;
const STRATEGIES: readonly { name: string; most: number; create: Create }[] = [
  {
    name: 'generational',
    most: 5,
    create: (given) =>
      createGenerationalStrategy({
        populationSize: 5,
        generations: 2,
        crossoverProbability: 0.9,
        mutationProbability: 0.2,
        mutationWeights,
        space,
        problem,
        rng: createRng(1),
        ...given,
      }),
  },
  {
    name: 'aging evolution',
    most: 5,
    create: (given) =>
      createAgingEvolutionStrategy({
        populationSize: 5,
        evaluations: 20,
        sampleSize: 2,
        lag: 2,
        mutationWeights,
        space,
        problem,
        rng: createRng(1),
        ...given,
      }),
  },
  {
    name: 'random search',
    most: 12,
    create: (given) =>
      createRandomSearchStrategy({ evaluations: 12, batchSize: 5, space, problem, rng: createRng(1), ...given }),
  },
];

describe.each(STRATEGIES)('genomes to begin with ($name)', ({ create, most }) => {
  const texts = ['8-8-max-2-4', '4-4'];
  const initialGenomes = texts.map(parseGenome);

  it('are asked for first, and random ones fill the population', () => {
    const rng = createRng(1);
    const random = Array.from({ length: 3 }, () => formatGenome(randomGenome(rng, space, problem)));
    expect(create({ initialGenomes }).ask()?.map(formatGenome)).toEqual([...texts, ...random]);
  });

  it('are refused if there are too many, or one is outside the space', () => {
    const tooMany = new Array(most + 1).fill(initialGenomes[0]);
    expect(() => create({ initialGenomes: tooMany })).toThrow(`${most + 1} initial genomes`);
    expect(() => create({ initialGenomes: [parseGenome('16-8')] })).toThrow(
      'genome "16-8" is outside the search space',
    );
  });
});
