import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMnistThumbnails } from '../../../test/support/mnist-thumbnails.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { cancelledError, type Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { readJournal } from '../run/journal.ts';
import { medianStopBars } from './median-stopping.ts';

const constant = (value: number, length: number, epochs = length) => ({ epochs, values: Array(length).fill(value) });

/** Golovin et al. 2017, 3.2.2, for trainings of equal length, word by word. */
function straightLine(curves: readonly (readonly number[])[], epochs: number): number[] {
  const bars: number[] = [];
  for (let step = 1; step < epochs; step++) {
    const averages: number[] = [];
    for (const curve of curves) {
      if (curve.length < step) continue;
      let sum = 0;
      for (let i = 0; i < step; i++) sum += curve[i] ?? 0;
      averages.push(sum / step);
    }
    averages.sort((a, b) => a - b);
    const n = averages.length;
    const median = ((averages[Math.ceil(n / 2) - 1] ?? 0) + (averages[Math.floor(n / 2)] ?? 0)) / 2;
    bars.push(n < 5 ? 0 : Math.floor(median * 1e4) / 1e4);
  }
  return bars.some((bar) => bar !== 0) ? bars : [];
}

describe('medianStopBars', () => {
  it('is the median of the means up to each epoch but the last', () => {
    const curves = [
      [0.1, 0.3, 0.9],
      [0.2, 0.4, 0.9],
      [0.3, 0.3, 0.9],
      [0.4, 0.8, 0.9],
      [0.5, 0.9, 0.9],
      [0.6, 0.6, 0.9],
    ].map((values) => ({ epochs: 3, values }));
    // Means up to the second: 0.2, 0.3, 0.3, 0.6, 0.7, 0.6.
    expect(medianStopBars(curves, 3)).toEqual([0.35, 0.45]);
  });

  it('agrees with the rule written down straight on, stopped trainings among the others', () => {
    const values = (length: number) => fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: length });
    const cases = fc
      .integer({ min: 1, max: 12 })
      .chain((epochs) => fc.tuple(fc.array(values(epochs)), fc.constant(epochs)));
    fc.assert(
      fc.property(cases, ([all, epochs]) => {
        const curves = all.map((each) => ({ epochs, values: each }));
        expect(medianStopBars(curves, epochs)).toEqual(straightLine(all, epochs));
      }),
    );
  });

  it('says nothing by fewer than five curves', () => {
    expect(medianStopBars(Array(4).fill(constant(0.9, 2)), 2)).toEqual([]);
    expect(medianStopBars(Array(5).fill(constant(0.9, 2)), 2)).toEqual([0.9]);
  });

  it('compares the same share of trainings that differ in length', () => {
    // Half of 5 epochs is two whole ones; half of 1.5 is none; one of 0.5 epochs ends before it can be compared.
    const curves = [
      ...Array(5).fill({ epochs: 5, values: [0.2, 0.4, 0.9, 0.9, 0.9] }),
      { epochs: 1.5, values: [0.99, 0.99] },
      { epochs: 0.5, values: [0.99] },
    ];
    expect(medianStopBars(curves, 2)).toEqual([0.3]);
    expect(medianStopBars(curves, 0.5)).toEqual([]);
  });

  it('never stops one of equals', () => {
    const bars = medianStopBars(Array(7).fill(constant(0.98765, 4)), 4);
    expect(bars.every((bar) => bar <= 0.98765 && bar > 0.987)).toBe(true);
  });
});

describe('a search that stops candidates below the median', () => {
  const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-median-'));
  const source = join(folder, 'data');
  beforeAll(() => writeMnistThumbnails(source, 120, 30));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const EPOCHS = 60;
  const POPULATION = 6;
  const common: SearchConfigInput = {
    dataset: { source },
    tensorboard: false,
    lowering: 'plain',
    population: POPULATION,
    finalEpochs: 1,
    training: { epochs: EPOCHS, batchSize: 120 },
    searchSpace: { channels: [8, 16], maxDepth: 3 },
  };
  const median = { ...common, earlyStopCandidates: 'median' as const };

  describe.each([
    ['generational', 1],
    ['steady-state', 1],
    ['random', 1],
    ['generational', 2],
    ['steady-state', 2],
  ] as const)('(%s, %i rungs)', (strategy, rungs) => {
    const given = { strategy, rungs, generations: 5 };

    it('is the same whatever the number of workers, and after an interruption', async () => {
      const one = await run({ ...median, ...given }, 1);
      expect(one.entries.filter(({ pruned }) => pruned).length).toBeGreaterThan(2);
      const other = await run({ ...median, ...given }, 4);
      expect(other.results).toEqual(one.results);
      expect(other.summary.evaluations).toBe(one.summary.evaluations);
      expect((await run({ ...median, ...given }, 2, 9)).results).toEqual(one.results);
    });

    it('has time for more candidates, as many whatever the number of workers', async () => {
      const limited = { ...given, generations: 1000, searchWork: 2.4e12 };
      const without = await run({ ...common, ...limited }, 1);
      const one = await run({ ...median, ...limited }, 1);
      expect(one.summary.evaluations).toBeGreaterThan(without.summary.evaluations);
      const spent = one.entries.reduce((sum, { work = 0 }) => sum + work, 0);
      if (rungs === 1) expect(spent).toBeLessThanOrEqual(2.4e12);
      const four = await run({ ...median, ...limited }, 4, 12);
      expect(four.results).toEqual(one.results);
    });
  });

  it.each(['generational', 'steady-state', 'random'] as const)(
    'measures a candidate against those that are told before it is asked for, whatever the timing (%s)',
    async (strategy) => {
      const { asked, tasks, entries } = await run({ ...median, strategy, generations: 4 }, 3);
      const historyOf = (genome: string) => entries.find((entry) => entry.genome === genome)?.history ?? [];
      let stricter = 0;
      for (const { genome, training } of tasks) {
        const place = asked.indexOf(genome);
        const isSteady = strategy === 'steady-state';
        const settled = isSteady ? place - POPULATION + 1 : place - (place % POPULATION);
        const before = [...new Set(asked.slice(0, Math.max(0, settled)))];
        const curves = before.map((each) => historyOf(each).map(({ validationAccuracy = 0 }) => validationAccuracy));
        const bars = straightLine(curves, EPOCHS);
        expect(training.stopBelow ?? []).toEqual(bars);
        if (bars.length > 0) stricter++;
      }
      expect(stricter).toBeGreaterThan(8);
    },
  );

  it('is the same where a cache that runs share has the answers', async () => {
    const shared = { ...median, generations: 1000, searchWork: 2.4e12, fitnessCache: join(folder, 'cache.jsonl') };
    const first = await run(shared, 1);
    const second = await run(shared, 2);
    expect(second.tasks).toEqual([]);
    expect(second.results.map(({ cached: _, ...result }) => result)).toEqual(first.results);
    expect(first.results.some(({ pruned }) => pruned)).toBe(true);
  });

  it('ends a training that does not learn after its first epoch, by the real engine, and no good one', async () => {
    const trainer = new InProcessEvaluator(await loadNodeRuntime());
    const tasks: EvaluationTask[] = [];
    const evaluator: Evaluator = {
      concurrency: 1,
      evaluate: (task, options) => {
        if (task.selection.purpose === 'search') tasks.push(task);
        return trainer.evaluate(task, options);
      },
      close: async () => {},
    };
    const out = join(folder, 'real');
    const search = await createSearch({ ...common, generations: 0, training: { epochs: 1 } }, { out, evaluator });
    await search.run();
    const [task] = tasks;
    if (task === undefined) throw new Error('a candidate is trained');
    const { id: _, checkpointPath: __, ...others } = task;
    const train = (learningRate: number, stopBelow: number[]) =>
      trainer.evaluate({ ...others, training: { ...task.training, epochs: 3, learningRate, stopBelow } });
    const hopeless = await train(1e-12, [0.9, 0.9]);
    expect(hopeless).toMatchObject({ pruned: true, bestEpoch: 1 });
    expect(hopeless.history).toHaveLength(1);
    expect(hopeless.fitness).toBe(hopeless.history[0]?.validationAccuracy);
    const good = await train(1e-12, [hopeless.fitness, 0]);
    expect(good.history).toHaveLength(3);
    expect(good).not.toHaveProperty('pruned');
    await trainer.close();
  });

  let runs = 0;
  /** @param interruptAfter  number of evaluations after which the run is interrupted, and resumed with other delays. */
  async function run(config: SearchConfigInput, workers: number, interruptAfter?: number) {
    const out = join(folder, `run ${runs++}`);
    const asked: string[] = [];
    const tasks: EvaluationTask[] = [];
    const evaluator = async (name: string) => madeUp(workers, name, tasks);
    let search = await createSearch(config, { out, evaluator: await evaluator(`${out} first`) });
    search.on('generationStart', ({ genomes }) => asked.push(...genomes));
    if (interruptAfter !== undefined) {
      const abort = new AbortController();
      let done = 0;
      search.on('evaluation', () => ++done === interruptAfter && abort.abort());
      await expect(search.run({ signal: abort.signal })).rejects.toThrow(/interrupted/);
      search = await resumeSearch(out, { evaluator: await evaluator(`${out} second`) });
    }
    const summary = await search.run();
    const all = readJournal(join(out, 'journal.jsonl'));
    const entries = all.filter((entry): entry is EvaluationEntry => entry.type === 'evaluation');
    const results = entries
      .map(({ seconds: _, elapsedSeconds: __, ...result }) => result)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return { entries, results, summary, asked, tasks };
  }

  /** Rising curves whose end is made from the genome, heeding `stopBelow`; done at times that are made from a name. */
  async function madeUp(concurrency: number, name: string, tasks: EvaluationTask[]): Promise<Evaluator> {
    const trainer = new InProcessEvaluator(await loadNodeRuntime());
    const delays = createRng(name);
    return {
      concurrency,
      async evaluate(task, options) {
        if (task.selection.purpose === 'final') return trainer.evaluate(task, options);
        tasks.push(task);
        for (let turns = delays.integer(0, 30); turns > 0; turns--) await new Promise(setImmediate);
        if (options?.signal?.aborted) throw cancelledError();
        const { epochs, stopBelow = [] } = task.training;
        const end = createRng(task.genome).uniform();
        const history = [];
        let pruned = false;
        for (let epoch = 1; epoch <= epochs && !pruned; epoch++) {
          const validationAccuracy = end * Math.sqrt(epoch / epochs);
          history.push({ epoch, loss: 1, accuracy: 0.5, validationAccuracy });
          pruned = epoch < epochs && validationAccuracy < (stopBelow[epoch - 1] ?? 0);
        }
        const fitness = history.at(-1)?.validationAccuracy ?? 0;
        return { fitness, history, bestEpoch: history.length, ...(pruned && { pruned }) };
      },
      close: () => trainer.close(),
    };
  }
});
