import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Genome } from '../../genome/genome.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { Individual } from '../individual.ts';
import { createGenerationalStrategy } from '../strategies/generational.ts';
import { costVectorOf, NSGA2_SELECTION } from './nsga2.ts';
import { crowdingDistances, dominates, sortIntoFronts } from './pareto.ts';
import { selectByTournament } from './tournament.ts';

const rng = createRng('nsga2');
const member = (genome: string, fitness: number, ...costs: number[]): Individual => ({
  genome: parseGenome(genome),
  fitness,
  costs,
});
const names = (individuals: readonly Individual[]): readonly string[] =>
  individuals.map(({ genome }) => genomeId(genome));
const survivors = (parents: readonly Individual[], offspring: readonly Individual[]) =>
  NSGA2_SELECTION.selectSurvivors(rng, parents, offspring);

/** One layer with this many filters. */
const genomes = fc.constantFrom('8-8', '8-16', '16-8', '16-16', '32-8', '8-32', '32-32', '64-8', '64-16', '64-64');
const individuals = fc.array(
  fc
    .tuple(genomes, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))
    .map(([genome, fitness, cost]) => member(genome, fitness, cost)),
  { minLength: 2, maxLength: 12 },
);

describe('survivors by NSGA-II', () => {
  it('are whole fronts, and of the one that does not fit the least crowded', () => {
    const parents = [
      member('8-8', 0.9, 10),
      member('8-16', 0.5, 11),
      member('16-8', 0.8, 5),
      member('16-16', 0.78, 4.9),
    ];
    const offspring = [member('32-8', 0.2, 1), member('32-16', 0.5, 3), member('32-32', 0.1, 20)];
    // First front: 8-8, 16-8, 16-16, 32-8, 32-16, of which 16-8 and 16-16 are close to each other.
    expect(new Set(names(survivors(parents, offspring)))).toEqual(new Set(['8-8', '32-8', '32-16', '16-8']));
  });

  it('draw nothing, and hold each genome once as long as there are enough', () => {
    fc.assert(
      fc.property(individuals, individuals, (parents, offspring) => {
        const all = [...parents, ...offspring];
        const kept = names(survivors(parents, offspring));
        expect(kept).toHaveLength(parents.length);
        expect(new Set(kept).size).toBe(Math.min(parents.length, new Set(names(all)).size));
        expect(names(survivors(parents, offspring))).toEqual(kept);
      }),
    );
  });

  it('leave out no individual that dominates one of them', () => {
    fc.assert(
      fc.property(individuals, individuals, (parents, offspring) => {
        // As evaluation is deterministic, equal genomes have equal results.
        const firsts = new Map([...parents, ...offspring].toReversed().map((one) => [genomeId(one.genome), one]));
        const asFirst = (one: Individual): Individual => firsts.get(genomeId(one.genome)) ?? one;
        const kept = survivors(parents.map(asFirst), offspring.map(asFirst));
        for (const [id, out] of firsts) {
          if (names(kept).includes(id)) continue;
          for (const one of kept) expect(dominates(costVectorOf(out), costVectorOf(one))).toBe(false);
        }
      }),
    );
  });

  it('are the earliest of equals, parents first', () => {
    const [parents, offspring] = [
      [member('8-8', 1, 1), member('8-16', 1, 1)],
      [member('16-8', 1, 1), member('16-16', 1, 1)],
    ];
    expect(names(survivors(parents, offspring))).toEqual(['8-8', '16-16']);
  });

  it('come before one that failed, however small it is', () => {
    const failed = member('8-8', 0, Number.POSITIVE_INFINITY);
    const worst = member('64-64', 0, 1e9);
    expect(names(survivors([failed], [worst]))).toEqual(['64-64']);
  });
});

describe('a tournament by NSGA-II', () => {
  const population = [
    member('8-8', 0.9, 9),
    member('8-16', 0.5, 3),
    member('16-8', 0.52, 3.1),
    member('16-16', 0.2, 1),
    member('32-8', 0.1, 8),
  ];
  const beats = NSGA2_SELECTION.comparisonIn(population);
  const [ample, , crowded, , behind] = population as [Individual, Individual, Individual, Individual, Individual];

  it('is won by the earlier front, then by the larger crowding distance; equals tie', () => {
    expect([beats(crowded, behind), beats(behind, crowded)]).toEqual([true, false]);
    expect([beats(ample, crowded), beats(crowded, ample)]).toEqual([true, false]);
    expect(beats(ample, ample)).toBe(false);
  });

  it('agrees with front and crowding distance, whoever is drawn', () => {
    fc.assert(
      fc.property(individuals, fc.integer(), (all, seed) => {
        const fronts = sortIntoFronts(all.map(costVectorOf));
        const place = (individual: Individual): [number, number] => {
          const front = fronts.findIndex((indices) => indices.includes(all.indexOf(individual)));
          const members = fronts[front] ?? [];
          const distances = crowdingDistances(members.map((i) => costVectorOf(all[i] ?? individual)));
          return [front, distances[members.indexOf(all.indexOf(individual))] ?? 0];
        };
        const winner = selectByTournament(createRng(seed), all, NSGA2_SELECTION.comparisonIn(all));
        const draws = createRng(seed);
        const first = draws.integer(0, all.length - 1);
        const drawn = draws.integer(0, all.length - 2);
        const pair = [all[first], all[drawn < first ? drawn : drawn + 1]] as [Individual, Individual];
        const [[f1, c1], [f2, c2]] = [place(pair[0]), place(pair[1])];
        expect(winner).toBe(f2 < f1 || (f2 === f1 && c2 > c1) ? pair[1] : pair[0]);
      }),
    );
  });

  it('is refused to someone else', () => {
    expect(() => beats(ample, member('8-8', 0.9, 9))).toThrow('only members of the population are compared');
  });
});

it('finds more of a known front than selection by fitness alone', () => {
  // Fitness grows with the parameters and cannot tell where they are: the front holds every depth of the narrowest layers.
  const space = { channels: [8, 16, 32], maxDepth: 5 };
  const problem = { input: { channels: 1, height: 32, width: 32 }, classes: 10 };
  const run = (seed: number, selection: object): readonly Individual[] => {
    const strategy = createGenerationalStrategy({
      populationSize: 12,
      generations: 12,
      crossoverProbability: 0.9,
      mutationProbability: 0.5,
      mutationWeights: [0.7, 0.1, 0.1, 0.1],
      space,
      problem,
      rng: createRng(seed),
      ...selection,
    });
    for (let asked = strategy.ask(); asked !== undefined; asked = strategy.ask()) {
      strategy.tell(asked.map((genome) => ({ genome, fitness: depth(genome), costs: [width(genome)] })));
    }
    return strategy.population;
  };
  const found = (population: readonly Individual[]): number =>
    new Set(population.filter(({ genome }) => width(genome) === 16 * depth(genome)).map(({ genome }) => depth(genome)))
      .size;
  const seeds = [1, 2, 3, 4, 5];
  const several = seeds.map((seed) => found(run(seed, { selection: NSGA2_SELECTION })));
  const single = seeds.map((seed) => found(run(seed, {})));
  expect(several.every((count, i) => count > (single[i] ?? 0))).toBe(true);
});

function depth(genome: Genome): number {
  return genome.filter(({ kind }) => kind === 'skip').length;
}

function width(genome: Genome): number {
  return genome.reduce((sum, gene) => sum + (gene.kind === 'skip' ? gene.filters1 + gene.filters2 : 0), 0);
}
