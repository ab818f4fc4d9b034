import { describe, expect, it, vi } from 'vitest';
import { createAgingEvolutionStrategy } from '../../evolution/strategies/aging-evolution.ts';
import { createGenerationalStrategy } from '../../evolution/strategies/generational.ts';
import { createRandomSearchStrategy } from '../../evolution/strategies/random-search.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { Genome } from '../../genome/genome.ts';
import { genomeId } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import { evaluateInOrder, type NextStep, type OrderedSearch } from './evaluate-in-order.ts';

const POPULATION = 8;
const GENERATIONS = 3;
const LAG = 5;
const mutationWeights = [0.7, 0.1, 0.1, 0.1] as const;
const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
// Small enough for genomes to come up again.
const space = { channels: [8, 16], maxDepth: 2 };

const STRATEGIES: readonly { name: string; create: (seed: number) => SearchStrategy }[] = [
  { name: 'generational', create: generational },
  { name: 'steady-state', create: agingEvolution },
  { name: 'random', create: randomSearch },
];

describe.each(STRATEGIES)('a $name search', ({ create }) => {
  it('is the same whatever the number of workers, whichever of them is done first', async () => {
    const reference = await runWithDelays(create(1), 1, 'reference');
    expect(reference.outcome.told).toHaveLength(POPULATION * (GENERATIONS + 1));
    for (const concurrency of [1, 2, 5, 40]) {
      for (const delays of ['some', 'others', 'more']) {
        const { trained, outcome } = await runWithDelays(create(1), concurrency, delays);
        expect(trained.toSorted()).toEqual(reference.trained.toSorted());
        expect(outcome).toEqual(reference.outcome);
      }
    }
  });

  it('trains no genome twice, not even one that is asked for while it is in training', async () => {
    const { trained, outcome } = await runWithDelays(create(2), 5, 'delays');
    expect(trained.length).toBeLessThan(outcome.asked.length);
    expect(new Set(trained).size).toBe(trained.length);
    expect(new Set(trained)).toEqual(new Set(outcome.asked));
  });

  it('goes on from what is known as if it had never stopped, and trains the rest', async () => {
    const reference = await runWithDelays(create(3), 4, 'reference');
    for (const count of [1, 5, 13, reference.trained.length]) {
      const known = reference.trained.slice(0, count);
      const { trained, outcome } = await runWithDelays(create(3), 3, 'resumed', known);
      expect([...known, ...trained].toSorted()).toEqual(reference.trained.toSorted());
      expect(outcome).toEqual(reference.outcome);
    }
  });

  it('ends with the first error, after everything in training has ended', async () => {
    const { search, running, finish, fail, signals } = latched(create(1), 3);
    const ended = vi.fn();
    const run = evaluateInOrder(search, undefined).catch(ended);
    await settle();
    fail(1, new Error('the disk is gone'));
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    finish(0);
    await settle();
    expect(ended).not.toHaveBeenCalled();
    fail(2, new Error('cancelled'));
    await run;
    expect(ended).toHaveBeenCalledExactlyOnceWith(new Error('the disk is gone'));
    expect(running()).toEqual([]);
  });
});

it('cancels what is in training when the strategy or a listener throws', async () => {
  const { search, finish, fail, signals } = latched(agingEvolution(1), 4);
  const onGeneration = () => {
    throw new Error('a bug');
  };
  const run = evaluateInOrder({ ...search, onGeneration }, undefined);
  const rejected = expect(run).rejects.toThrow('a bug');
  for (let index = 0; index < POPULATION; index++) {
    await settle();
    finish(index);
  }
  await settle();
  const begun = signals.length;
  expect(begun).toBe(POPULATION + 3);
  expect(signals.at(-1)?.aborted).toBe(true);
  for (let index = POPULATION; index < begun; index++) fail(index, new Error('cancelled'));
  await rejected;
});

describe('a search whose plan ends', () => {
  it('trains what was planned, tells it, and asks for nothing more', async () => {
    const strategy = agingEvolution(1);
    const { search, running, finish, signals } = latched(strategy, 4);
    let left = 13;
    const plan = (genomes: readonly Genome[]) => {
      const planned = search.plan(genomes.slice(0, left));
      left -= planned.length;
      return planned;
    };
    const ask = vi.spyOn(strategy, 'ask');
    const tell = vi.spyOn(strategy, 'tell');
    const run = evaluateInOrder({ ...search, plan }, undefined);
    await settle();
    for (let next = running(); next.length > 0; next = running()) {
      finish(next.at(-1));
      await settle();
    }
    expect(await run).toEqual([]);
    expect(signals).toHaveLength(13);
    expect(tell).toHaveBeenCalledTimes(13);
    expect(ask.mock.results.flatMap(({ value }) => value).length).toBeGreaterThan(13);
  });
});

describe('a deadline', () => {
  it('cancels what is in training, and says what was not told, in the order asked', async () => {
    const deadline = new AbortController();
    const { search, finish, fail, signals } = latched(generational(1), 3);
    const run = evaluateInOrder(search, undefined, deadline.signal);
    await settle();
    finish(0);
    finish(2);
    await settle();
    deadline.abort();
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true, true]);
    for (const index of [1, 3, 4]) fail(index, new Error('cancelled'));
    expect((await run).map(({ task }) => task.id)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  it('that has passed without a result has the first asked trained next, not the longest', async () => {
    const deadline = new AbortController();
    const { search, running, finish, fail } = latched(generational(1), 2);
    const workOf = ({ id }: Task) => Number(id);
    const run = evaluateInOrder({ ...search, workOf }, undefined, deadline.signal);
    await settle();
    expect(running()).toEqual([7, 6]);
    deadline.abort();
    finish(7);
    await settle();
    expect(running()).toEqual([6, 0]);
    finish(0);
    await settle();
    fail(6, new Error('cancelled'));
    expect((await run)[0]?.task.id).toBe('1');
  });

  it('waits for the first result there is', async () => {
    const deadline = new AbortController();
    deadline.abort();
    const { search, finish, fail, signals } = latched(generational(1), 2);
    const run = evaluateInOrder(search, undefined, deadline.signal);
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    finish(0);
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    fail(1, new Error('cancelled'));
    expect((await run)[0]?.task.id).toBe('1');
  });
});

describe('workers', () => {
  it('are all busy in a generation until none of its genomes is left', async () => {
    const { search, running, finish } = latched(generational(1), 3);
    const run = evaluateInOrder(search, undefined);
    await settle();
    for (let generation = 0; generation <= GENERATIONS; generation++) {
      for (let left = POPULATION; left > 0; left--) {
        expect(running()).toHaveLength(Math.min(3, left));
        finish(running().at(-1));
        await settle();
      }
    }
    await run;
  });

  it('take the longest of a generation first, and results do not depend on it', async () => {
    const { search, running, finish, generations } = latched(generational(1), 2);
    // 5 to 12 for the places of each generation, the longest in the midst.
    const workOf = ({ id }: Task) => 5 + ((3 * Number(id)) % POPULATION);
    const run = evaluateInOrder({ ...search, workOf }, undefined);
    const tell = vi.spyOn(search.strategy, 'tell');
    await settle();
    const begun: number[] = [...running()];
    for (let left = POPULATION * (GENERATIONS + 1); left > 0; left--) {
      finish(running()[0]);
      await settle();
      begun.push(...running().filter((index) => !begun.includes(index)));
    }
    await run;
    const works = begun.map((index) => workOf({ id: String(index) }));
    for (let first = 0; first < works.length; first += POPULATION) {
      const generation = works.slice(first, first + POPULATION);
      expect(generation).toEqual(generation.toSorted((a, b) => b - a));
    }
    const reference = latched(generational(1), 1);
    const toldThere = vi.spyOn(reference.search.strategy, 'tell');
    const other = evaluateInOrder(reference.search, undefined);
    await settle();
    for (let next = reference.running(); next.length > 0; next = reference.running()) {
      reference.finish(next[0]);
      await settle();
    }
    await other;
    expect(tell.mock.calls).toEqual(toldThere.mock.calls);
    expect(generations).toEqual([0, 1, 2, 3]);
  });

  it('are all busy across the borders of generations in steady state', async () => {
    const { search, running, finish, generations } = latched(agingEvolution(1), 4);
    const run = evaluateInOrder(search, undefined);
    await settle();
    for (let left = POPULATION * (GENERATIONS + 1); left > 0; left--) {
      expect(running()).toHaveLength(Math.min(4, left));
      finish(running()[0]);
      await settle();
    }
    await run;
    expect(generations).toEqual([0, 1, 2, 3]);
  });

  it('go on beside a slow candidate in steady state, as far as the lag', async () => {
    const slow = 10;
    const { search, running, finish, signals } = latched(agingEvolution(1), 2);
    const run = evaluateInOrder(search, undefined);
    await settle();
    for (let next = running(); next.some((index) => index !== slow); next = running()) {
      finish(next.find((index) => index !== slow));
      await settle();
    }
    expect(running()).toEqual([slow]);
    expect(signals).toHaveLength(slow + LAG);
    for (let next = running(); next.length > 0; next = running()) {
      finish(next[0]);
      await settle();
    }
    await run;
    expect(signals).toHaveLength(POPULATION * (GENERATIONS + 1));
  });
});

interface Task {
  readonly id: string;
}

interface PlannedTask {
  readonly genome: Genome;
  readonly task: Task;
}

function nextStep(task: Task, results: ReadonlyMap<string, number>): NextStep<Task> {
  const fitness = results.get(task.id);
  return fitness === undefined ? { kind: 'trains', task } : { kind: 'done', fitness };
}

/** Training takes a random time. `known`: genomes that need none. */
async function runWithDelays(
  strategy: SearchStrategy,
  concurrency: number,
  delays: string,
  known: readonly string[] = [],
) {
  const rng = createRng(delays);
  const fitness = new Map(known.map((id) => [id, fitnessOf(id)]));
  const asked: string[] = [];
  const trained: string[] = [];
  const generations: unknown[] = [];
  const tell = vi.spyOn(strategy, 'tell');
  await evaluateInOrder(
    {
      strategy,
      concurrency,
      plan: (genomes) =>
        genomes.map((genome) => {
          const id = genomeId(genome);
          asked.push(id);
          return { genome, task: { id } };
        }),
      onLast: () => {},
      next: ({ task }) => nextStep(task, fitness),
      train: async ({ id }) => {
        trained.push(id);
        for (let left = rng.integer(0, 20); left > 0; left--) await Promise.resolve();
        fitness.set(id, fitnessOf(id));
      },
      onGeneration: (generation) =>
        generations.push([generation, strategy.generation, strategy.population, strategy.best]),
    },
    undefined,
  );
  const told = tell.mock.calls.flatMap(([results]) => results);
  return { trained, outcome: { asked, told, generations, best: strategy.best } };
}

/** Training takes until the test ends it. A task is named by its place among all, so that there are no repeated ones. */
function latched(strategy: SearchStrategy, concurrency: number) {
  const latches = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const fitness = new Map<string, number>();
  const signals: AbortSignal[] = [];
  const generations: number[] = [];
  let planned = 0;
  const search: OrderedSearch<Task, PlannedTask> = {
    strategy,
    concurrency,
    plan: (genomes) => genomes.map((genome) => ({ genome, task: { id: String(planned++) } })),
    onLast: () => {},
    next: ({ task }) => nextStep(task, fitness),
    train: async ({ id }, signal) => {
      signals.push(signal);
      const ended = new Promise<void>((resolve, reject) => latches.set(Number(id), { resolve, reject }));
      await ended.finally(() => latches.delete(Number(id)));
      fitness.set(id, fitnessOf(id));
    },
    onGeneration: (generation) => generations.push(generation),
  };
  const latch = (index: number | undefined) => {
    const found = latches.get(index ?? -1);
    if (found === undefined) throw new Error(`${index} is not in training`);
    return found;
  };
  return {
    search,
    /** Places of what is in training, in the order begun. */
    running: () => [...latches.keys()],
    finish: (index: number | undefined) => latch(index).resolve(),
    fail: (index: number | undefined, error: Error) => latch(index).reject(error),
    /** Of each training begun. */
    signals,
    generations,
  };
}

/** Lets everything happen that can. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function fitnessOf(id: string): number {
  return createRng(id).uniform();
}

function generational(seed: number): SearchStrategy {
  return createGenerationalStrategy({
    populationSize: POPULATION,
    generations: GENERATIONS,
    crossoverProbability: 0.9,
    mutationProbability: 0.5,
    mutationWeights,
    space,
    problem,
    rng: createRng(seed),
  });
}

function agingEvolution(seed: number): SearchStrategy {
  return createAgingEvolutionStrategy({
    populationSize: POPULATION,
    evaluations: POPULATION * (GENERATIONS + 1),
    sampleSize: 3,
    lag: LAG,
    mutationWeights,
    space,
    problem,
    rng: createRng(seed),
  });
}

function randomSearch(seed: number): SearchStrategy {
  const evaluations = POPULATION * (GENERATIONS + 1);
  return createRandomSearchStrategy({ evaluations, batchSize: POPULATION, space, problem, rng: createRng(seed) });
}
