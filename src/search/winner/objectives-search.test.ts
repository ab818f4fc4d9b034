// Whole searches for more than one objective.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeMnistThumbnails } from '../../../test/support/mnist-thumbnails.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { EvaluationError, InterruptedError } from '../../errors.ts';
import { type Evaluator, failedOutcome } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { dominates } from '../../evolution/operators/pareto.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { SearchSummary } from '../records/summary.ts';
import { readJournal } from '../run/journal.ts';
import type { Search } from '../search.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-objectives-'));
const source = join(folder, 'data');
const runtime = await loadNodeRuntime();
let out: string;
let runs = 0;

beforeAll(() => writeMnistThumbnails(source, 120, 30));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('a search for accuracy and parameters', () => {
  it.each(['generational', 'steady-state', 'random'] as const)(
    'ends in %s with the front of all that was evaluated, its members trained once more',
    async (strategy) => {
      const evaluator = recording();
      const summary = await (await begin({ strategy, frontEpochs: 2 }, evaluator)).run();
      const { pareto = [], picked } = summary;
      const evaluations = readEvaluations();
      const vectors = evaluations
        .filter(({ failure }) => failure === undefined)
        .map(({ fitness, parameters }) => [-fitness, parameters]);
      expect(pareto.length).toBeGreaterThan(0);
      for (const { accuracy, parameters } of pareto) {
        expect(vectors.some((other) => dominates(other, [-accuracy, parameters]))).toBe(false);
      }
      expect(pareto.map(({ accuracy }) => accuracy)).toEqual(
        pareto.map(({ accuracy }) => accuracy).toSorted((a, b) => b - a),
      );
      const refined = evaluations.filter((entry) => entry.refined);
      expect(refined.length).toBeGreaterThan(0);
      const tasks = evaluator.tasks.filter(({ id }) => refined.some((entry) => entry.id === id));
      expect(tasks).toHaveLength(refined.length);
      for (const { training, selection } of tasks) {
        expect(training.epochs).toBe(2);
        expect(selection).toMatchObject({ purpose: 'search' });
        expect(selection).not.toHaveProperty('searchLimit');
      }
      expect(summary.evaluations).toBe(evaluations.length - refined.length);
      expect(picked).toEqual({ genome: pareto[0]?.genome, rule: 'best', why: 'the highest fitness' });
      expect(summary.genome).toBe(picked?.genome);
    },
  );

  it('trains no front where it is told so, and lists it all the same', async () => {
    const summary = await (await begin({ frontEpochs: 0 }, recording())).run();
    expect(readEvaluations().some(({ refined }) => refined)).toBe(false);
    expect(summary.pareto?.length).toBeGreaterThan(0);
  });

  it('gives the model that the rule picks', async () => {
    const summary = await (await begin({ pick: 'smallest-within=100%' }, recording())).run();
    const { pareto = [] } = summary;
    expect(summary.parameters).toBe(Math.min(...pareto.map(({ parameters }) => parameters)));
    expect(summary.genome).not.toBe(pareto[0]?.genome);
    expect(summary.picked).toMatchObject({ rule: 'smallest-within=100%', genome: summary.genome });
  });

  it('is the same with any number of workers, interrupted while its front is trained or not', async () => {
    const reference = await finished(await begin({}, recording(1)));
    out += ' three workers';
    expect(await finished(await begin({}, recording(3)))).toEqual(reference);
    out += ' interrupted';
    const abort = new AbortController();
    const interrupted = await begin({}, recording(2));
    interrupted.on('evaluation', ({ refined }) => refined && abort.abort());
    await expect(interrupted.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const before = readEvaluations().length;
    const evaluator = recording(1);
    const resumed = await finished(await resumeSearch(out, { evaluator }));
    expect(resumed).toEqual(reference);
    expect(evaluator.tasks).toHaveLength(readEvaluations().length - before + 1);
  });

  it('puts no candidate that failed on the front, however small', async () => {
    const summary = await (
      await begin(
        {},
        recording(1, ({ genome }) => genome.length < 6),
      )
    ).run();
    for (const { genome } of summary.pareto ?? []) expect(genome.length).toBeGreaterThanOrEqual(6);
  });
});

it('a rule picks among the smaller networks of a search for accuracy alone, none trained once more', async () => {
  const summary = await (await begin({ objectives: ['accuracy'], pick: 'smallest-within=100%' }, recording())).run();
  expect(readEvaluations().some(({ refined }) => refined)).toBe(false);
  expect(summary.parameters).toBe(Math.min(...(summary.pareto ?? []).map(({ parameters }) => parameters)));
  out += ' best';
  const best = await (await begin({ objectives: ['accuracy'] }, recording())).run();
  expect(best).not.toHaveProperty('pareto');
});

it('with a budget, the first initial genome or the deepest that may be the best is trained at the end by default', async () => {
  const budget = '9e11flops';
  const summary = await (await begin({ objectives: ['accuracy'], budget }, recording())).run();
  const evaluations = readEvaluations();
  const most = Math.max(...evaluations.map(({ fitness }) => fitness));
  const { picked, fitness } = summary;
  expect(picked).toMatchObject({ rule: 'promising', genome: summary.genome });
  expect(readFileSync(join(out, 'config.json'), 'utf8')).toContain('"pick": "promising"');
  // Chance alone: √(p (1 − p) / n), of a hundred images at most.
  expect(fitness?.value).toBeGreaterThanOrEqual(most - 0.5);
  out += ' best';
  const best = await (await begin({ objectives: ['accuracy'], budget, pick: 'best' }, recording())).run();
  expect(best).not.toHaveProperty('picked');
  expect(best.fitness?.value).toBe(most);
});

it('latency is measured where it is an objective, and journalled', async () => {
  const objectives = ['accuracy', 'latency'] as const;
  const config = { objectives: [...objectives], fitnessCache: join(folder, 'fitness.jsonl'), frontEpochs: 1 };
  const summary = await (await begin(config, new InProcessEvaluator(runtime))).run();
  const evaluations = readEvaluations().filter(({ failure }) => failure === undefined);
  for (const { latencyMs } of evaluations) expect(latencyMs).toBeGreaterThan(0);
  for (const { refined, genome, latencyMs } of evaluations) {
    if (!refined) continue;
    expect(evaluations.find((entry) => entry.genome === genome)?.latencyMs).toBe(latencyMs);
  }
  for (const { latencyMs } of summary.pareto ?? []) expect(latencyMs).toBeGreaterThan(0);
  // That of another machine would be wrong here.
  expect(readFileSync(config.fitnessCache, 'utf8')).toBe('');
});

const SMALL = { population: 5, generations: 2, searchLimit: 50, tensorboard: false };

function begin(config: Partial<SearchConfigInput>, evaluator: Evaluator): Promise<Search> {
  const settings = { ...SMALL, objectives: ['accuracy' as const, 'parameters' as const], frontEpochs: 1, ...config };
  const searchSpace = { channels: [8, 16], maxDepth: 3 };
  return createSearch(
    { dataset: { source }, searchSpace, training: { epochs: 1 }, finalEpochs: 1, ...settings },
    { out, evaluator },
  );
}

interface Recording extends Evaluator {
  readonly tasks: EvaluationTask[];
}

/** Made-up fitness, better with more training; several at a time end in another order than they began. */
function recording(concurrency = 1, fails: (task: EvaluationTask) => boolean = () => false): Recording {
  const inner = new InProcessEvaluator(runtime);
  const tasks: EvaluationTask[] = [];
  return {
    tasks,
    concurrency,
    async evaluate(task, options) {
      tasks.push(task);
      await new Promise((resolve) => setTimeout(resolve, (tasks.length * 7) % 5));
      if (options?.signal?.aborted) throw new EvaluationError('cancelled', 'cancelled');
      if (task.selection.purpose === 'final') return inner.evaluate(task, options);
      if (fails(task)) return failedOutcome(new EvaluationError('diverged', 'made up'));
      const fitness = (createRng(task.genome).uniform() + (task.selection.searchLimit === undefined ? 1 : 0)) / 2;
      return {
        fitness,
        history: [{ epoch: 1, loss: 1, accuracy: fitness, validationAccuracy: fitness }],
        bestEpoch: 1,
      };
    },
    close: () => inner.close(),
  };
}

function readEvaluations(): readonly EvaluationEntry[] {
  return readJournal(join(out, 'journal.jsonl')).flatMap((entry) => (entry.type === 'evaluation' ? entry : []));
}

async function finished(search: Search): Promise<object> {
  const summary: SearchSummary = await search.run();
  const { seconds: _, searchSeconds: __, finalTrainingSeconds: ___, ...rest } = summary;
  const outcomes = readEvaluations().map(({ seconds: _s, elapsedSeconds: _e, ...entry }) => entry);
  return { rest, outcomes: outcomes.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}
