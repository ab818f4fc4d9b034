import { describe, expect, it } from 'vitest';
import { entryOf, failureOf } from '../../../test/support/made-up-run.ts';
import { createGenerationalStrategy } from '../../evolution/strategies/generational.ts';
import { createRng } from '../../random/rng.ts';
import { tellingCosts } from '../candidates/create-strategy.ts';
import { costOf } from '../records/front.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import type { SearchConfigInput } from './config.ts';
import { costNamesOf } from './objectives.ts';

const resolved = (changes: object) =>
  resolveConfig({ dataset: { source: 'mnist' }, ...changes } as SearchConfigInput, 'search.json');

describe('objectives', () => {
  it('are the fitness alone unless given', () => {
    expect(resolved({}).objectives).toEqual(['accuracy']);
    expect(resolved({ training: { metrics: ['macro-f1'] } }).objectives).toEqual(['macro-f1']);
  });

  it('begin with the fitness, which accuracy stands for too', () => {
    const training = { metrics: ['macro-f1', 'accuracy'] };
    for (const first of ['accuracy', 'macro-f1']) {
      const config = resolved({ objectives: [first, 'flops', 'latency'], training });
      expect(config.objectives).toEqual(['macro-f1', 'flops', 'latency']);
      expect(costNamesOf(config)).toEqual(['flops', 'latency']);
    }
  });

  it.each([
    [
      ['parameters'],
      'search.json: objectives: the first objective is the fitness, accuracy, as in accuracy,parameters, received parameters',
    ],
    [
      ['accuracy', 'macro-f1'],
      'search.json: objectives: after the first come costs (parameters, flops, latency); macro-f1 is not a cost, received accuracy,macro-f1',
    ],
    [['accuracy', 'flops', 'flops'], 'search.json: objectives: flops is repeated, received accuracy,flops,flops'],
    [['accuracy', 'parameter'], 'received "parameter"; did you mean parameters?'],
    [[], 'search.json: objectives must be a list of at least 1 entries, received []'],
  ])('are not %j', (objectives, message) => {
    expect(() => resolved({ objectives })).toThrow(message);
  });
});

describe('costOf', () => {
  it('is what was counted or measured, and Infinity for what failed or was not measured', () => {
    const entry = { ...entryOf('8-8', 0.9), latencyMs: 0.25 };
    expect([costOf(entry, 'parameters'), costOf(entry, 'flops'), costOf(entry, 'latency')]).toEqual([1000, 2000, 0.25]);
    expect(costOf(entryOf('8-8', 0.9), 'latency')).toBe(Number.POSITIVE_INFINITY);
    expect(costOf(failureOf('8-8'), 'parameters')).toBe(Number.POSITIVE_INFINITY);
  });
});

it('a strategy that is told costs has them in its population', () => {
  const inner = createGenerationalStrategy({
    populationSize: 4,
    generations: 0,
    crossoverProbability: 0.9,
    mutationProbability: 0.2,
    mutationWeights: [0.7, 0.1, 0.1, 0.1],
    space: { channels: [8, 16], maxDepth: 3 },
    problem: { input: { channels: 1, height: 8, width: 8 }, classes: 2 },
    rng: createRng(1),
  });
  const strategy = tellingCosts(inner, (genome) => [genome.length]);
  const genomes = strategy.ask() ?? [];
  strategy.tell(genomes.map((genome) => ({ genome, fitness: 0.5 })));
  expect(strategy.population).toEqual(genomes.map((genome) => ({ genome, fitness: 0.5, costs: [genome.length] })));
  expect([strategy.generation, strategy.best]).toEqual([1, strategy.population[0]]);
});
