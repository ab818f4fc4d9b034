// CNN-GA's algorithms 2, 5 and 6, and aging evolution's algorithm 1, once more: written straight down from the papers with
// genomes as lists of words, sharing nothing with the strategies but the stream of random numbers.

import { describe, expect, it } from 'vitest';
import { formatGenome } from '../genome/text.ts';
import { createRng, type Rng } from '../random/rng.ts';
import { createAgingEvolutionStrategy } from './strategies/aging-evolution.ts';
import { createGenerationalStrategy } from './strategies/generational.ts';

const GENERATIONS = 10;
const CHANNELS = [64, 128, 256];
const MAX_DEPTH = 8;
// Large enough for as many pooling layers as there can be layers.
const problem = { input: { channels: 3, height: 512, width: 512 }, classes: 10 };
const space = { channels: CHANNELS, maxDepth: MAX_DEPTH };

describe.each([
  { size: 20, seeds: [1, 3, 4, 5, 6] },
  { size: 7, seeds: [2, 3, 4, 5] },
])('ten generations of $size individuals', ({ size, seeds }) => {
  it.each(seeds)('equal the straight-line rendering, seed %i', (seed) => {
    const strategy = createGenerationalStrategy({
      populationSize: size,
      generations: GENERATIONS,
      crossoverProbability: 0.9,
      mutationProbability: 0.2,
      mutationWeights: [0.7, 0.1, 0.1, 0.1],
      space,
      problem,
      rng: createRng(seed),
    });
    const populations: string[][] = [];
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      strategy.tell(genomes.map((genome) => ({ genome, fitness: fitnessOf(formatGenome(genome)) })));
      populations.push(strategy.population.map(({ genome }) => formatGenome(genome)));
    }
    expect(populations).toHaveLength(GENERATIONS + 1);
    expect(populations).toEqual(renderSearch(createRng(seed), size));
  });
});

describe.each([
  { size: 20, sampleSize: 5, lag: 1 },
  { size: 20, sampleSize: 5, lag: 10 },
  { size: 7, sampleSize: 2, lag: 7 },
])('aging evolution of $size individuals, sample of $sampleSize, lag $lag', ({ size, sampleSize, lag }) => {
  it.each([1, 2, 3, 4, 5])('equals the straight-line rendering, seed %i', (seed) => {
    const evaluations = size * GENERATIONS + 3;
    const strategy = createAgingEvolutionStrategy({
      populationSize: size,
      evaluations,
      sampleSize,
      lag,
      mutationWeights: [0.7, 0.1, 0.1, 0.1],
      space,
      problem,
      rng: createRng(seed),
    });
    const history: string[] = [];
    for (let genomes = strategy.ask(); genomes !== undefined; genomes = strategy.ask()) {
      history.push(...genomes.map(formatGenome));
      strategy.tell(genomes.map((genome) => ({ genome, fitness: fitnessOf(formatGenome(genome)) })));
    }
    expect(history).toHaveLength(evaluations);
    expect(history).toEqual(renderAgingEvolution(createRng(seed), { size, evaluations, sampleSize, lag }));
  });
});

/** Algorithm 1 of Real et al.; the results of the last `lag - 1` models have not come in when the next one is bred. */
function renderAgingEvolution(
  rng: Rng,
  { size, evaluations, sampleSize, lag }: { size: number; evaluations: number; sampleSize: number; lag: number },
): string[] {
  const history: string[][] = [];
  while (history.length < size) history.push(randomLayers(rng));
  const population: string[][] = [];
  let arrived = 0;
  while (history.length < evaluations) {
    for (; arrived <= history.length - lag; arrived++) {
      population.push(history[arrived] ?? []);
      if (population.length > size) population.shift();
    }
    const sample: string[][] = [];
    while (sample.length < sampleSize) sample.push(population[rng.integer(0, population.length - 1)] ?? []);
    let parent = sample[0] ?? [];
    for (const layers of sample) if (fitnessOf(layers.join('-')) > fitnessOf(parent.join('-'))) parent = layers;
    history.push(mutate(rng, parent));
  }
  return history.map((layers) => layers.join('-'));
}

function renderSearch(rng: Rng, size: number): string[][] {
  const coin = (probability: number) => rng.uniform() < probability;
  const fitness = (layers: string[]) => fitnessOf(layers.join('-'));
  const tournament = (all: string[][]) => {
    const i = rng.integer(0, all.length - 1);
    let j = rng.integer(0, all.length - 2);
    if (j >= i) j += 1;
    const [p, q] = [all[i] ?? [], all[j] ?? []];
    return fitness(p) >= fitness(q) ? p : q;
  };

  // Algorithm 2.
  let population: string[][] = [];
  while (population.length < size) population.push(randomLayers(rng));
  const populations = [population.map((layers) => layers.join('-'))];

  for (let t = 0; t < GENERATIONS; t++) {
    // Algorithm 5. Ours alone: what is deeper than allowed is drawn again.
    const offspring: string[][] = [];
    while (offspring.length < size) {
      const p1 = tournament(population);
      let p2 = tournament(population);
      for (let redraws = 0; p1.join('-') === p2.join('-'); redraws++) {
        // The paper would go on for ever where one genome has taken over; these seeds do not come to that.
        if (redraws === 99) throw new Error('the population has become one genome');
        p2 = tournament(population);
      }
      let [o1, o2] = [[...p1], [...p2]];
      if (coin(0.9)) {
        do {
          const cut1 = rng.integer(0, p1.length);
          const cut2 = rng.integer(0, p2.length);
          o1 = p1.slice(0, cut1).concat(p2.slice(cut2));
          o2 = p2.slice(0, cut2).concat(p1.slice(cut1));
        } while (Math.max(o1.length, o2.length) > MAX_DEPTH);
      }
      offspring.push(o1);
      if (offspring.length < size) offspring.push(o2);
    }
    for (let k = 0; k < size; k++) {
      if (coin(0.2)) offspring[k] = mutate(rng, offspring[k] ?? []);
    }

    // Algorithm 6.
    const all = population.concat(offspring);
    const next: string[][] = [];
    while (next.length < size) next.push(tournament(all));
    let best = all[0] ?? [];
    for (const layers of all) if (fitness(layers) > fitness(best)) best = layers;
    if (!next.some((layers) => layers.join('-') === best.join('-'))) {
      let worst = 0;
      for (let k = 1; k < size; k++) if (fitness(next[k] ?? []) < fitness(next[worst] ?? [])) worst = k;
      next[worst] = best;
    }
    population = next;
    populations.push(population.map((layers) => layers.join('-')));
  }
  return populations;
}

function randomLayers(rng: Rng): string[] {
  const layers: string[] = [];
  const length = rng.integer(1, MAX_DEPTH);
  while (layers.length < length) layers.push(rng.uniform() < 0.5 ? skip(rng) : pooling(rng));
  return layers;
}

/** The second half of CNN-GA's algorithm 5, for one individual. */
function mutate(rng: Rng, before: string[]): string[] {
  let after: string[];
  do {
    after = [...before];
    const choices = before.length === 0 ? [0.7, 0.1, 0, 0] : [0.7, 0.1, 0.1, 0.1];
    const operation = rng.weightedIndex(choices);
    const position = rng.integer(0, operation < 2 ? before.length : before.length - 1);
    if (operation === 0) after.splice(position, 0, skip(rng));
    if (operation === 1) after.splice(position, 0, pooling(rng));
    if (operation === 2) after.splice(position, 1);
    if (operation === 3) after[position] = /\d/.test(after[position] ?? '') ? skip(rng) : pooling(rng);
  } while (after.length > MAX_DEPTH);
  return after;
}

function skip(rng: Rng): string {
  const filters = () => CHANNELS[rng.integer(0, 2)];
  return `${filters()}-${filters()}`;
}

function pooling(rng: Rng): string {
  return rng.uniform() < 0.5 ? 'max' : 'mean';
}

/** A made-up table of 199 values in 0..1, looked up by a genome's text; equal values occur. */
const TABLE = Array.from({ length: 199 }, (_, i) => ((i * i * 37 + i * 11) % 199) / 199);

function fitnessOf(text: string): number {
  let row = 0;
  for (const character of text) row = (row * 31 + character.charCodeAt(0)) % TABLE.length;
  return TABLE[row] ?? 0;
}
