import { describe, expect, it } from 'vitest';
import type { Genome } from '../../genome/genome.ts';
import { formatGenome, genomeId, parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { Individual } from '../individual.ts';
import { mutateGenome } from '../operators/mutation.ts';
import { breedOffspring, selectParents } from '../operators/offspring.ts';
import { createGenerationalStrategy, type GenerationalSettings } from './generational.ts';

const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const settings = (changed: Partial<GenerationalSettings> = {}): GenerationalSettings => ({
  populationSize: 5,
  generations: 4,
  crossoverProbability: 0.9,
  mutationProbability: 0.2,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  space: { channels: [32, 64, 128], maxDepth: 5 },
  problem,
  rng: createRng(42),
  ...changed,
});

const individual = (text: string, fitness: number): Individual => ({ genome: parseGenome(text), fitness });

describe('createGenerationalStrategy', () => {
  it('gives this search for seed 42, on every machine', () => {
    const strategy = createGenerationalStrategy(settings());
    const asked: string[] = [];
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      asked.push(genomes.map(formatGenome).join(' '));
      strategy.tell(genomes.map((genome) => ({ genome, fitness: 1 / (1 + genome.length) })));
    }
    expect(asked).toMatchInlineSnapshot(`
      [
        "64-32 128-32-max-32-128-max max-mean-mean 64-32-mean-64-64-max 32-128",
        "max-mean-mean 128-32-32-128 32-128 max-mean-mean mean-32-128-mean",
        "max-mean-64-32 mean 32-64 64-32-32-128 32-128",
        "32-128-32-64   32-64-32-128 32-128",
        "64-128-32-64  32-64 32-64 32-128",
      ]
    `);
  });

  it('with 0 generations evaluates the initial population alone', () => {
    const strategy = createGenerationalStrategy(settings({ generations: 0 }));
    strategy.tell((strategy.ask() ?? []).map((genome) => ({ genome, fitness: 0 })));
    expect(strategy.ask()).toBeUndefined();
    expect(strategy.population).toHaveLength(5);
  });

  it('ends where there is one genome only, and with two members', () => {
    const single = { channels: [32], maxDepth: 1 };
    const pixel = { input: { channels: 1, height: 1, width: 1 }, classes: 2 };
    for (const changed of [{ space: single, problem: pixel }, { populationSize: 2 }]) {
      const strategy = createGenerationalStrategy(settings(changed));
      let evaluations = 0;
      for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
        evaluations += genomes.length;
        strategy.tell(genomes.map((genome, i) => ({ genome, fitness: i })));
      }
      expect(evaluations).toBe((changed.populationSize ?? 5) * 5);
    }
  });

  it.each<[Partial<GenerationalSettings>, string]>([
    [{ populationSize: 1 }, 'populationSize must be an integer of at least 2, received 1; two parents are needed'],
    [{ populationSize: 2.5 }, 'populationSize must be an integer of at least 2, received 2.5; two parents are needed'],
    [
      { generations: -1 },
      'generations must be an integer of at least 0, received -1; use 0 to evaluate only the initial population',
    ],
    [
      { crossoverProbability: 1.1 },
      'crossoverProbability must be a probability from 0 to 1, received 1.1; use 0 for never and 1 for always',
    ],
    [
      { mutationProbability: Number.NaN },
      'mutationProbability must be a probability from 0 to 1, received NaN; use 0 for never and 1 for always',
    ],
    [
      { mutationWeights: [0.7, 0.1, 0.1, 0.2] },
      'mutationWeights must add up to 1, not 1.1, received 0.7, 0.1, 0.1, 0.2; give the probabilities of add-skip, add-pooling, remove, redraw, such as 0.7, 0.1, 0.1, 0.1',
    ],
    [
      { mutationWeights: [1.2, -0.2, 0, 0] },
      'mutationWeights must not be negative, received 1.2, -0.2, 0, 0; give the probabilities of add-skip, add-pooling, remove, redraw, such as 0.7, 0.1, 0.1, 0.1',
    ],
    [
      { mutationWeights: [0.5, 0.5] as unknown as GenerationalSettings['mutationWeights'] },
      'mutationWeights must be four numbers, received 0.5, 0.5; give the probabilities of add-skip, add-pooling, remove, redraw, such as 0.7, 0.1, 0.1, 0.1',
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
    expect(() => createGenerationalStrategy(settings(changed))).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message }),
    );
  });

  it('accepts weights that add up to 1 but for rounding', () => {
    expect(() => createGenerationalStrategy(settings({ mutationWeights: [0.1, 0.2, 0.3, 0.4] }))).not.toThrow();
  });
});

describe('what the original package got wrong', () => {
  it('copied parents do not change when their offspring are mutated', () => {
    const population = [individual('64-64-max', 1), individual('32-32-mean', 0.5), individual('128-128', 0.2)];
    const before = JSON.stringify(population);
    const rng = createRng(1);
    const always = settings({ crossoverProbability: 0, mutationProbability: 1 });
    for (let i = 0; i < 200; i++) breedOffspring(rng, population, always);
    expect(JSON.stringify(population)).toBe(before);
  });

  it('selecting parents ends when the whole population is one genome', () => {
    const population = [individual('64-64', 1), individual('64-64', 1), individual('64-64', 1)];
    const [first, second] = selectParents(createRng(1), population);
    expect([formatGenome(first.genome), formatGenome(second.genome)]).toEqual(['64-64', '64-64']);
  });

  it('selecting parents ends with two members, and takes both', () => {
    const population = [individual('64-64', 1), individual('32-32', 0.5)];
    expect(selectParents(createRng(1), population)).toEqual(population);
  });

  it('an insertion lands at the very end too', () => {
    const rng = createRng(1);
    const { space } = settings();
    const ends = (weights: GenerationalSettings['mutationWeights'], kind: string) =>
      Array.from({ length: 100 }, () =>
        mutateGenome(rng, parseGenome('32-32-max-32-32'), weights, space, problem),
      ).some((genome: Genome) => genome.at(-1)?.kind === kind && genomeId(genome.slice(0, 3)) === '32-32-max-32-32');
    expect(ends([1, 0, 0, 0], 'skip')).toBe(true);
    expect(ends([0, 1, 0, 0], 'pooling')).toBe(true);
  });

  it('an odd population has exactly as many offspring', () => {
    const strategy = createGenerationalStrategy(settings({ populationSize: 7 }));
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      expect(genomes).toHaveLength(7);
      strategy.tell(genomes.map((genome, fitness) => ({ genome, fitness })));
      expect(strategy.population).toHaveLength(7);
    }
  });
});

describe('selectParents', () => {
  it('never pairs a genome with itself where there is another', () => {
    const rng = createRng(2);
    const twins = Array.from({ length: 20 }, () => individual('64-64', 1));
    const population = [...twins, individual('32-32', 0)];
    for (let i = 0; i < 50; i++) {
      const [first, second] = selectParents(rng, population);
      expect(genomeId(first.genome)).not.toBe(genomeId(second.genome));
    }
  });
});
