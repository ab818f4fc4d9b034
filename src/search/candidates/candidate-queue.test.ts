import { describe, expect, it } from 'vitest';
import { createAgingEvolutionStrategy } from '../../evolution/strategies/aging-evolution.ts';
import { createGenerationalStrategy } from '../../evolution/strategies/generational.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { CandidateQueue, type QueuedCandidate } from './candidate-queue.ts';
import { evaluateInOrder } from './evaluate-in-order.ts';
import type { IdentifiedTask } from './identified-task.ts';

const POPULATION = 6;
const RUNGS = 3;
const mutationWeights = [0.7, 0.1, 0.1, 0.1] as const;
const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const space = { channels: [8, 16], maxDepth: 3 };

function strategyOf(name: string): SearchStrategy {
  const settings = { populationSize: POPULATION, mutationWeights, space, problem, rng: createRng(1) };
  return name === 'generational'
    ? createGenerationalStrategy({ ...settings, generations: 3, crossoverProbability: 0.9, mutationProbability: 0.5 })
    : createAgingEvolutionStrategy({ ...settings, evaluations: 4 * POPULATION, sampleSize: 3, lag: 3 });
}

/** More training, more fitness; who is good with little training is not always so with more. */
const fitnessOf = (id: string): number => Number(id.at(-1)) / 10 + createRng(id).uniform() / 5;

async function run(name: string, concurrency: number, delays: string, known: readonly string[] = [], limit = 1000) {
  const strategy = strategyOf(name);
  const config = { strategy: name, population: POPULATION, rungs: RUNGS, reduction: 2 };
  const entries = new Map<string, EvaluationEntry>();
  const queue = new CandidateQueue(resolveConfig({ ...config, dataset: { source: 'any' } }, 'the test'), entries);
  const learn = (id: string) => entries.set(id, { id, fitness: fitnessOf(id) } as EvaluationEntry);
  for (const id of known) learn(id);
  const rng = createRng(delays);
  const trained: string[] = [];
  const told: string[] = [];
  const { tell } = strategy;
  strategy.tell = (results) => {
    told.push(...results.map(({ genome, fitness }) => `${genomeId(genome)} ${fitness}`));
    tell(results);
  };
  let left = limit;
  await evaluateInOrder<IdentifiedTask, QueuedCandidate>(
    {
      strategy,
      concurrency,
      plan: (genomes) => {
        const taken = genomes.slice(0, left);
        left -= taken.length;
        return taken.map((genome) => {
          const tasks = Array.from({ length: RUNGS }, (_, rung) => ({ id: `${genomeId(genome)}/${rung}` }));
          return queue.add(genome, tasks as unknown as IdentifiedTask[]);
        });
      },
      onLast: () => queue.close(),
      next: (candidate) => queue.next(candidate),
      train: async ({ id }) => {
        trained.push(id);
        for (let turns = rng.integer(0, 20); turns > 0; turns--) await Promise.resolve();
        learn(id);
        queue.update(id.split('/')[0] ?? '');
      },
      onGeneration: () => {},
    },
    undefined,
  );
  return { trained, told };
}

describe.each(['generational', 'steady-state'])('the queue of a %s search', (name) => {
  it('trains the same networks on the same rungs whatever the number of workers', async () => {
    const reference = await run(name, 1, 'reference');
    expect(reference.told).toHaveLength(4 * POPULATION);
    for (const concurrency of [2, 3, 9]) {
      const { trained, told } = await run(name, concurrency, `delays ${concurrency}`);
      expect(trained.toSorted()).toEqual(reference.trained.toSorted());
      expect(told).toEqual(reference.told);
    }
  });

  it('trains fewer networks on each rung than on the one below', async () => {
    const { trained } = await run(name, 2, 'delays');
    const [low = 0, middle = 0, high = 0] = [0, 1, 2].map(
      (rung) => trained.filter((id) => id.endsWith(`/${rung}`)).length,
    );
    expect(high).toBeGreaterThan(0);
    expect(middle).toBeGreaterThan(high);
    expect(low).toBeGreaterThan(middle);
  });

  it('goes on from what is known as if it had never stopped', async () => {
    const reference = await run(name, 2, 'reference');
    const known = reference.trained.slice(0, 17);
    const { trained, told } = await run(name, 3, 'resumed', known);
    expect([...known, ...trained].toSorted()).toEqual(reference.trained.toSorted());
    expect(told).toEqual(reference.told);
  });

  it('comes to an end where work is left for a part of a generation only', async () => {
    const { told } = await run(name, 2, 'delays', [], POPULATION + 4);
    expect(told).toHaveLength(POPULATION + 4);
  });
});

describe('CandidateQueue.trained', () => {
  it('is what a genome was trained on when it was first told, whatever comes of it when it enters again', () => {
    const entries = new Map<string, EvaluationEntry>();
    const config = { population: 2, rungs: 2, reduction: 2, dataset: { source: 'any' } };
    const queue = new CandidateQueue(resolveConfig(config, 'the test'), entries);
    const tasksOf = (name: string) => [{ id: `${name} low` }, { id: `${name} high` }] as unknown as IdentifiedTask[];
    const enter = (name: string) => queue.add(parseGenome(name), tasksOf(name));
    const learn = (name: string, rung: string, fitness: number) => {
      entries.set(`${name} ${rung}`, { fitness } as EvaluationEntry);
      queue.update(name);
    };
    const trained = (name: string) => queue.trained(parseGenome(name)).map(({ id }) => id);
    enter('8-8');
    enter('16-16');
    learn('8-8', 'low', 0.5);
    expect(trained('8-8')).toEqual([]);
    learn('16-16', 'low', 0.6);
    learn('16-16', 'high', 0.7);
    expect([trained('8-8'), trained('16-16')]).toEqual([['8-8 low'], ['16-16 low', '16-16 high']]);
    const again = enter('8-8');
    enter('8-16');
    learn('8-16', 'low', 0.1);
    expect(queue.next(again)).toMatchObject({ kind: 'trains', task: { id: '8-8 high' } });
    learn('8-8', 'high', 0.9);
    expect(queue.next(again)).toEqual({ kind: 'done', fitness: 0.9 });
    expect(trained('8-8')).toEqual(['8-8 low']);
    expect(trained('16-8')).toEqual([]);
  });
});
