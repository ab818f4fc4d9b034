// The contract of every search strategy. A new strategy is one more row of STRATEGIES.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Genome } from '../genome/genome.ts';
import { type SearchSpace, violation } from '../genome/search-space.ts';
import { genomeId } from '../genome/text.ts';
import { createRng } from '../random/rng.ts';
import type { Individual } from './individual.ts';
import { NSGA2_SELECTION } from './operators/nsga2.ts';
import { createAgingEvolutionStrategy } from './strategies/aging-evolution.ts';
import { createGenerationalStrategy } from './strategies/generational.ts';
import { createRandomSearchStrategy } from './strategies/random-search.ts';
import type { SearchStrategy } from './strategy.ts';

const problem = { input: { channels: 1, height: 9, width: 13 }, classes: 3 };
const space: SearchSpace = { channels: [2, 4, 8], maxDepth: 4, maxParameters: 2000 };

const SELECTIONS = [
  { name: '', selection: {} },
  { name: ' by NSGA-II', selection: { selection: NSGA2_SELECTION } },
];

const STRATEGIES: readonly { name: string; evaluations: number; create: (seed: number) => SearchStrategy }[] = [
  ...SELECTIONS.map(({ name, selection }) => ({
    name: `generational${name}`,
    evaluations: 5 * 7,
    create: (seed: number) =>
      createGenerationalStrategy({
        populationSize: 5,
        generations: 6,
        crossoverProbability: 0.9,
        mutationProbability: 0.2,
        mutationWeights: [0.7, 0.1, 0.1, 0.1],
        space,
        problem,
        rng: createRng(seed),
        ...selection,
      }),
  })),
  ...[1, 3, 5]
    .flatMap((lag) => SELECTIONS.map((chosen) => ({ lag, ...chosen })))
    .map(({ lag, name, selection }) => ({
      name: `aging evolution (lag ${lag})${name}`,
      evaluations: 33,
      create: (seed: number) =>
        createAgingEvolutionStrategy({
          populationSize: 5,
          evaluations: 33,
          sampleSize: 2,
          lag,
          mutationWeights: [0.7, 0.1, 0.1, 0.1],
          space,
          problem,
          rng: createRng(seed),
          ...selection,
        }),
    })),
  {
    name: 'random search',
    evaluations: 23,
    create: (seed) =>
      createRandomSearchStrategy({ evaluations: 23, batchSize: 5, space, problem, rng: createRng(seed) }),
  },
];

/** Each a whole run, of which every genome counts. */
const EXAMPLES = { numRuns: 30 };

describe.each(STRATEGIES)('the $name strategy', ({ create, evaluations }) => {
  it('asks for as many genomes as it was set to, all of them allowed, and then ends for good', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const strategy = create(seed);
        const asked = runToEnd(strategy);
        expect(asked).toHaveLength(evaluations);
        for (const genome of asked) expect(violation(genome, space, problem)).toBeUndefined();
        expect(strategy.ask()).toBeUndefined();
        expect(strategy.ask()).toBeUndefined();
      }),
      EXAMPLES,
    );
  });

  it('asks for the same genomes with the same seed, and for others with another', () => {
    const run = (seed: number) => runToEnd(create(seed)).map(genomeId);
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('asks for the same genomes however results are split among calls', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer({ min: 0, max: 6 })), (seed, chunks) => {
        expect(runToEnd(create(seed), [...chunks]).map(genomeId)).toEqual(runToEnd(create(seed)).map(genomeId));
      }),
      EXAMPLES,
    );
  });

  it('gives nothing twice', () => {
    const strategy = create(1);
    const asked = strategy.ask() ?? [];
    expect(asked.length).toBeGreaterThan(0);
    expect(strategy.ask()).toEqual([]);
    strategy.tell([]);
    expect(strategy.ask()).toEqual([]);
  });

  it('knows no one before the first result', () => {
    const strategy = create(1);
    strategy.ask();
    expect([strategy.best, strategy.population, strategy.generation]).toEqual([undefined, [], 0]);
  });

  it('counts generations and keeps a population of individuals it was told', () => {
    const strategy = create(3);
    const told: Individual[] = [];
    let generation = 0;
    for (const result of resultsOf(strategy)) {
      const before = strategy.population;
      strategy.tell([result]);
      told.push(result);
      expect(strategy.generation - generation).toBeOneOf([0, 1]);
      if (strategy.generation === generation) expect(strategy.population).toBe(before);
      else expect(strategy.population.length).toBeGreaterThan(0);
      for (const individual of strategy.population) expect(told).toContain(individual);
      generation = strategy.generation;
    }
    expect(generation).toBeGreaterThan(1);
  });

  it('reports the fittest individual told so far, the earliest of equals', () => {
    const strategy = create(4);
    const told: Individual[] = [];
    for (const { genome } of resultsOf(strategy)) {
      const result = { genome, fitness: (told.length * 3) % 4, costs: [told.length % 3] };
      strategy.tell([result]);
      told.push(result);
      const highest = Math.max(...told.map(({ fitness }) => fitness));
      expect(strategy.best).toBe(told.find(({ fitness }) => fitness === highest));
    }
  });

  it('refuses results out of order, unasked ones and fitness that is not a number, and counts none of them', () => {
    const strategy = create(5);
    expect(() => strategy.tell([{ genome: [], fitness: 1 }])).toThrow(
      'a result for genome "" was told, but only 0 genomes are outstanding; tell each genome that was asked once',
    );
    const asked = strategy.ask() ?? [];
    const results = asked.map(evaluate);
    const last = results.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    expect(() => strategy.tell(results.toReversed())).toThrow(/^results are told in the order asked: ".*" comes next/);
    expect(() => strategy.tell([...results, last])).toThrow(/outstanding/);
    for (const fitness of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => strategy.tell([...results.slice(0, -1), { ...last, fitness }])).toThrow(
        /must be a finite number, received (NaN|Infinity); tell the lowest fitness for a candidate that failed$/,
      );
    }
    expect(() => strategy.tell([...results.slice(0, -1), { ...last, costs: [Number.NaN] }])).toThrow(
      /^the costs of genome ".*" must be numbers, received NaN; tell Infinity for a candidate that failed$/,
    );
    expect(strategy.best).toBeUndefined();
    strategy.tell(results);
    expect(strategy.generation).toBeGreaterThan(0);
  });
});

/** Runs a strategy to its end and gives every genome it asked for. `chunks`: how many results to tell at a time. */
function runToEnd(strategy: SearchStrategy, chunks: number[] = []): readonly Genome[] {
  const asked: Genome[] = [];
  let outstanding: readonly Genome[] = [];
  for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
    asked.push(...genomes);
    outstanding = [...outstanding, ...genomes];
    const count = chunks.shift() ?? outstanding.length;
    strategy.tell(outstanding.slice(0, count).map(evaluate));
    outstanding = outstanding.slice(count);
  }
  return asked;
}

/** The results of a whole run, one by one; each must be told before the next one is taken. */
function* resultsOf(strategy: SearchStrategy): Generator<Individual> {
  for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
    for (const genome of genomes) yield evaluate(genome);
  }
}

/** A made-up fitness in 0..1, and a cost, that depend on the genome alone. */
function evaluate(genome: Genome): Individual {
  const rng = createRng(genomeId(genome));
  return { genome, fitness: rng.uniform(), costs: [rng.uniform()] };
}
