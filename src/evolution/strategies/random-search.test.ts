import { describe, expect, it } from 'vitest';
import type { Genome } from '../../genome/genome.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { createRng } from '../../random/rng.ts';
import { createRandomSearchStrategy } from './random-search.ts';

const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const space = { channels: [8, 16], maxDepth: 5 };
const create = (evaluations: number, batchSize: number) =>
  createRandomSearchStrategy({ evaluations, batchSize, space, problem, rng: createRng(3) });

describe('createRandomSearchStrategy', () => {
  it('asks for the stream’s random genomes, in batches, the last one smaller', () => {
    const strategy = create(10, 4);
    const batches: (readonly Genome[])[] = [];
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      batches.push(genomes);
      const results = genomes.map((genome) => ({ genome, fitness: genome.length }));
      strategy.tell(results);
      expect(strategy.population).toEqual(results);
    }
    const rng = createRng(3);
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(batches.flat()).toEqual(Array.from({ length: 10 }, () => randomGenome(rng, space, problem)));
  });

  it('refuses impossible settings', () => {
    expect(() => create(0, 4)).toThrow(
      'evaluations must be an integer of at least 1, received 0; it is the number of genomes to try',
    );
    expect(() => create(10, Number.NaN)).toThrow(
      'batchSize must be an integer of at least 1, received NaN; it is the number of genomes to evaluate at a time',
    );
  });
});
