import { describe, expect, it } from 'vitest';
import type { Genome } from '../genome/genome.ts';
import { genomeId, parseGenome } from '../genome/text.ts';
import { createRng } from '../random/rng.ts';
import { describeParents, Lineage } from './lineage.ts';
import { createAgingEvolutionStrategy } from './strategies/aging-evolution.ts';
import { createGenerationalStrategy } from './strategies/generational.ts';
import { createRandomSearchStrategy } from './strategies/random-search.ts';
import type { SearchStrategy } from './strategy.ts';

const problem = { input: { channels: 1, height: 16, width: 16 }, classes: 3 };
const space = { channels: [2, 4, 8], maxDepth: 6 };
const mutationWeights = [0.7, 0.1, 0.1, 0.1] as const;
const breeding = { mutationWeights, space, problem, populationSize: 6 };

/** Genomes with the parents they had when asked, and who had been told by then. */
function run(strategy: SearchStrategy): { genome: Genome; parents: readonly string[]; told: readonly string[] }[] {
  const seen = new Set<string>();
  const told: string[] = [];
  const asked: { genome: Genome; parents: readonly string[]; told: readonly string[] }[] = [];
  for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
    for (const genome of genomes) {
      if (seen.has(genomeId(genome))) continue;
      seen.add(genomeId(genome));
      asked.push({ genome, parents: strategy.parentsOf?.(genome).map(genomeId) ?? [], told: [...told] });
    }
    strategy.tell(genomes.map((genome) => ({ genome, fitness: genome.length })));
    told.push(...genomes.map(genomeId));
  }
  return asked;
}

describe('lineage', () => {
  it('of a crossover without mutation: the first layers of one parent, the last of the other', () => {
    const rates = { crossoverProbability: 1, mutationProbability: 0 };
    const asked = run(createGenerationalStrategy({ ...breeding, ...rates, generations: 4, rng: createRng(3) }));
    const bred = asked.filter(({ parents }) => parents.length > 0);
    expect(asked.length - bred.length).toBe(6);
    expect(bred.length).toBeGreaterThan(3);
    for (const { genome, parents, told } of bred) {
      expect(parents).toHaveLength(2);
      expect(told).toEqual(expect.arrayContaining([...parents]));
      const [first = [], second = []] = parents.map(parseGenome);
      const children = Array.from({ length: first.length + 1 }, (_, i) =>
        Array.from({ length: second.length + 1 }, (_, j) => genomeId([...first.slice(0, i), ...second.slice(j)])),
      );
      expect(children.flat()).toContain(genomeId(genome));
    }
  });

  it('of a mutation alone: one parent that differs in one layer', () => {
    const rates = { crossoverProbability: 0, mutationProbability: 1 };
    const strategies = [
      createGenerationalStrategy({ ...breeding, ...rates, generations: 4, rng: createRng(4) }),
      createAgingEvolutionStrategy({ ...breeding, evaluations: 30, sampleSize: 2, lag: 2, rng: createRng(4) }),
    ];
    for (const strategy of strategies) {
      const bred = run(strategy).filter(({ parents }) => parents.length > 0);
      expect(bred.length).toBeGreaterThan(3);
      for (const { genome, parents, told } of bred) {
        expect(parents).toHaveLength(1);
        expect(told).toContain(parents[0]);
        expect(Math.abs(parseGenome(parents[0] ?? '').length - genome.length)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('is absent for random genomes, and for strategies without parents', () => {
    const random = createRandomSearchStrategy({ evaluations: 8, batchSize: 4, space, problem, rng: createRng(1) });
    expect(run(random).flatMap(({ parents }) => parents)).toEqual([]);
    expect(describeParents({}, parseGenome('8-8'))).toEqual({});
  });

  it('is that of the first time a genome comes up', () => {
    const [child, parent, other] = ['8-8-max', '8-8', 'max'].map(parseGenome) as [Genome, Genome, Genome];
    const lineage = new Lineage();
    lineage.record([{ genome: child, parents: [parent] }]);
    lineage.record([{ genome: child, parents: [other] }]);
    expect(describeParents(lineage, child)).toEqual({ parents: ['8-8'] });
  });
});
