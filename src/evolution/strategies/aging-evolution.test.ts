import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Genome } from '../../genome/genome.ts';
import { formatGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import { type AgingEvolutionSettings, createAgingEvolutionStrategy } from './aging-evolution.ts';

const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const settings = (changed: Partial<AgingEvolutionSettings> = {}): AgingEvolutionSettings => ({
  populationSize: 5,
  evaluations: 25,
  sampleSize: 3,
  lag: 2,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  space: { channels: [32, 64, 128], maxDepth: 5 },
  problem,
  rng: createRng(42),
  ...changed,
});

describe('createAgingEvolutionStrategy', () => {
  it('gives this search for seed 42, on every machine', () => {
    const asked = runToEnd(settings(), (genome) => 1 / (1 + genome.length));
    expect(asked.map((genomes) => genomes.map(formatGenome).join(' '))).toMatchInlineSnapshot(`
      [
        "64-32 128-32-max-32-128-max max-mean-mean 64-32-mean-64-64-max 32-128",
        "",
        "",
        "",
        "max-mean-max",
        "max-mean",
        "128-32-32-128-max",
        "max-mean-128-128",
        "64-64",
        "max-32-128-mean",
        "64-64-mean",
        "64-64-128-64",
        "128-32-64-64",
        "64-128-64-64",
        "64-64-32-128",
        "max-128-32-64-64",
        "64-64-mean-mean",
        "max-64-64",
        "64-128",
        "64-128-32-64-64-64",
        "64-128-64-64",
        "max-32-32-128-32-64-64",
        "64-128-128-128",
        "64-128-128-128",
        "",
      ]
    `);
  });

  it('asks for the initial population at once, then for a child a result, from the lag-th last on', () => {
    expect(runToEnd(settings({ evaluations: 12, lag: 1 })).map(({ length }) => length)).toEqual([
      5, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1,
    ]);
    expect(runToEnd(settings({ evaluations: 12, lag: 5 })).map(({ length }) => length)).toEqual([
      5, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0,
    ]);
  });

  it('breeds a genome without regard to the results of the lag - 1 genomes before it', () => {
    const indices = { lag: fc.integer({ min: 1, max: 5 }), changed: fc.integer({ min: 0, max: 24 }) };
    fc.assert(
      fc.property(fc.integer(), indices.lag, indices.changed, (seed, lag, changed) => {
        const run = (fitness: number) => {
          const rng = createRng(seed);
          return runToEnd(settings({ lag, rng }), (_, index) => (index === changed ? fitness : index % 7)).flat();
        };
        expect(run(-1).slice(0, changed + lag)).toEqual(run(8).slice(0, changed + lag));
      }),
    );
  });

  it('lets the oldest die, even if it is the fittest', () => {
    const strategy = createAgingEvolutionStrategy(settings());
    const told: number[] = [];
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      const results = genomes.map((genome, i) => ({ genome, fitness: 100 - told.length - i }));
      strategy.tell(results);
      told.push(...results.map(({ fitness }) => fitness));
      const complete = 5 * strategy.generation;
      expect(strategy.population.map(({ fitness }) => fitness)).toEqual(told.slice(complete - 5, complete));
    }
    expect(strategy.generation).toBe(5);
    expect(strategy.best?.fitness).toBe(100);
  });

  it('with as many evaluations as individuals evaluates the initial population alone', () => {
    expect(runToEnd(settings({ evaluations: 5 })).flat()).toHaveLength(5);
  });

  it('ends where there is one genome only, and with two members', () => {
    const single = { channels: [32], maxDepth: 1 };
    const pixel = { input: { channels: 1, height: 1, width: 1 }, classes: 2 };
    for (const changed of [{ space: single, problem: pixel }, { populationSize: 2 }]) {
      expect(runToEnd(settings(changed)).flat()).toHaveLength(25);
    }
  });

  it.each<[Partial<AgingEvolutionSettings>, string]>([
    [
      { populationSize: 1 },
      'populationSize must be an integer of at least 2, received 1; selecting a parent needs at least two individuals',
    ],
    [
      { evaluations: 4 },
      'evaluations must be an integer of at least 5, received 4; the initial population is always evaluated',
    ],
    [
      { sampleSize: 0 },
      'sampleSize must be an integer of at least 1, received 0; it is the number of individuals that a parent is selected from',
    ],
    [
      { lag: 0 },
      'lag must be an integer of at least 1, received 0; it is the number of candidates that can train concurrently',
    ],
    [
      { lag: 6 },
      'lag must be at most populationSize (5), received 6; the first child needs a parent whose fitness is known',
    ],
    [
      { mutationWeights: [0.7, 0.1, 0.1, 0.2] },
      'mutationWeights must add up to 1, not 1.1, received 0.7, 0.1, 0.1, 0.2; give the probabilities of add-skip, add-pooling, remove, redraw, such as 0.7, 0.1, 0.1, 0.1',
    ],
    [
      { space: { channels: [], maxDepth: 5 } },
      'search space, channels: must list at least one filter count, such as 32, 64, 128; received []',
    ],
    [
      { space: { channels: [32], maxDepth: 1, maxParameters: 100 } },
      'no network fits maxParameters 100: the smallest, "max", has 1,970 parameters; raise maxParameters to 1,970 or more, or use smaller images',
    ],
  ])('refuses %j', (changed, message) => {
    expect(() => createAgingEvolutionStrategy(settings(changed))).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message }),
    );
  });
});

/** Tells one result after the other; gives what each `ask` between them gave. */
function runToEnd(
  changed: AgingEvolutionSettings,
  fitnessOf: (genome: Genome, index: number) => number = () => 0,
): readonly (readonly Genome[])[] {
  const strategy = createAgingEvolutionStrategy(changed);
  const answers: (readonly Genome[])[] = [];
  const outstanding: Genome[] = [];
  let index = 0;
  for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
    answers.push(genomes);
    outstanding.push(...genomes);
    const genome = outstanding.shift();
    if (genome !== undefined) strategy.tell([{ genome, fitness: fitnessOf(genome, index++) }]);
  }
  return answers;
}
