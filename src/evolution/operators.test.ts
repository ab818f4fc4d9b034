// What holds for every operator in every search space: the genomes it gives are allowed, and its input stays as it was.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkInput } from '../genome/cost.ts';
import { estimateCost } from '../genome/cost.ts';
import type { Genome } from '../genome/genome.ts';
import { randomGenome } from '../genome/random-genome.ts';
import { checkSpaceIsFeasible, type SearchSpace, violation } from '../genome/search-space.ts';
import { createRng } from '../random/rng.ts';
import type { Individual } from './individual.ts';
import { crossOverGenomes } from './operators/crossover.ts';
import { type MutationWeights, mutateGenome } from './operators/mutation.ts';
import { breedOffspring } from './operators/offspring.ts';
import { selectSurvivors } from './operators/selection.ts';

interface Domain {
  readonly space: SearchSpace;
  readonly problem: NetworkInput;
}

/** Odd and tiny images, tiny depths, and limits from below the cheapest skip layer to far above it. */
const domains: fc.Arbitrary<Domain> = fc
  .record({
    channels: fc.subarray([1, 2, 8, 16, 64, 256, 4096], { minLength: 1 }),
    maxDepth: fc.integer({ min: 1, max: 6 }),
    input: fc.record({
      channels: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 1, max: 33 }),
      width: fc.integer({ min: 1, max: 33 }),
    }),
    classes: fc.integer({ min: 2, max: 20 }),
    limits: fc.record({ parameters: factor(), flops: factor(), activationBytes: factor() }),
  })
  .map(({ channels, maxDepth, input, classes, limits }) => {
    const filters = Math.min(...channels);
    const reference = estimateCost([{ kind: 'skip', filters1: filters, filters2: filters }], { input, classes });
    const space: SearchSpace = {
      channels,
      maxDepth,
      ...(limits.parameters === undefined ? {} : { maxParameters: limits.parameters * reference.parameters }),
      ...(limits.flops === undefined ? {} : { maxFlops: limits.flops * reference.flops }),
      ...(limits.activationBytes === undefined
        ? {}
        : { maxActivationBytes: limits.activationBytes * reference.activationBytes }),
    };
    return { space, problem: { input, classes } };
  })
  .filter(({ space, problem }) => isFeasible(space, problem));

const weightings = fc.constantFrom<MutationWeights>(
  [0.7, 0.1, 0.1, 0.1],
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
);

describe('every operator', () => {
  it('draws random genomes that the space allows', () => {
    fc.assert(
      fc.property(domains, fc.integer(), ({ space, problem }, seed) => {
        const genome = randomGenome(createRng(seed), space, problem);
        expect(violation(genome, space, problem)).toBeUndefined();
        expect(genome.length).toBeGreaterThan(0);
      }),
    );
  });

  it('crosses over into two allowed genomes made of exactly the parents’ layers', () => {
    fc.assert(
      fc.property(domains, fc.integer(), ({ space, problem }, seed) => {
        const rng = createRng(seed);
        const parents = [randomGenome(rng, space, problem), randomGenome(rng, space, problem)] as const;
        deepFreeze(parents);
        const children = crossOverGenomes(rng, parents[0], parents[1], space, problem);
        for (const child of children) expect(violation(child, space, problem)).toBeUndefined();
        expect(layersOf(children)).toEqual(layersOf(parents));
      }),
    );
  });

  it('mutates into allowed genomes, again and again, and never changes its input', () => {
    fc.assert(
      fc.property(domains, weightings, fc.integer(), ({ space, problem }, weights, seed) => {
        const rng = createRng(seed);
        let genome = randomGenome(rng, space, problem);
        for (let i = 0; i < 8; i++) {
          deepFreeze(genome);
          const before = JSON.stringify(genome);
          const mutated = mutateGenome(rng, genome, weights, space, problem);
          expect(violation(mutated, space, problem)).toBeUndefined();
          expect(Math.abs(mutated.length - genome.length)).toBeLessThanOrEqual(1);
          expect(JSON.stringify(genome)).toBe(before);
          genome = mutated;
        }
      }),
    );
  });

  it('breeds exactly as many allowed offspring as there are parents', () => {
    fc.assert(
      fc.property(domains, weightings, fc.integer({ min: 2, max: 7 }), fc.integer(), (domain, weights, size, seed) => {
        const { space, problem } = domain;
        const rng = createRng(seed);
        const population = randomPopulation(size, domain, seed);
        deepFreeze(population);
        const settings = { crossoverProbability: 0.9, mutationProbability: 0.5, mutationWeights: weights };
        const offspring = breedOffspring(rng, population, { ...settings, space, problem });
        expect(offspring).toHaveLength(size);
        for (const genome of offspring) expect(violation(genome, space, problem)).toBeUndefined();
      }),
    );
  });

  it('selects survivors from parents and offspring, the best of all among them', () => {
    fc.assert(
      fc.property(domains, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer(), (...args) => {
        const [domain, parentCount, offspringCount, seed] = args;
        const parents = randomPopulation(parentCount, domain, seed);
        const offspring = randomPopulation(offspringCount, domain, seed + 1);
        deepFreeze([parents, offspring]);
        const survivors = selectSurvivors(createRng(seed), parents, offspring);
        expect(survivors).toHaveLength(parentCount);
        const all = [...parents, ...offspring];
        for (const survivor of survivors) expect(all).toContain(survivor);
        expect(Math.max(...survivors.map(({ fitness }) => fitness))).toBe(Math.max(...all.map((one) => one.fitness)));
      }),
    );
  });
});

function factor(): fc.Arbitrary<number | undefined> {
  return fc.oneof(fc.constant(undefined), fc.double({ min: 0.3, max: 20, noNaN: true }));
}

function isFeasible(space: SearchSpace, problem: NetworkInput): boolean {
  try {
    checkSpaceIsFeasible(space, problem);
    return true;
  } catch {
    return false;
  }
}

function randomPopulation(size: number, { space, problem }: Domain, seed: number): readonly Individual[] {
  const rng = createRng(`population ${seed}`);
  // Few fitness values, so that equals occur.
  return Array.from({ length: size }, () => ({
    genome: randomGenome(rng, space, problem),
    fitness: rng.integer(0, 3) / 4,
  }));
}

function layersOf(genomes: readonly Genome[]): readonly string[] {
  return genomes.flatMap((genome) => genome.map((gene) => JSON.stringify(gene))).toSorted();
}

function deepFreeze(value: object): void {
  Object.freeze(value);
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
}
