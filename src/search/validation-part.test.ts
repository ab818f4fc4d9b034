// A validation part that the data comes with: it scores the candidates, and the final training is on it, too.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readFinished } from '../../test/faults/finished-run.ts';
import { tinyDigitParts } from '../../test/support/tiny-digits.ts';
import { buildDataset } from '../data/build/build-dataset.ts';
import { readPackedDataset, writePackedDataset } from '../data/cache/packed-file.ts';
import { type Dataset, joinExamples } from '../data/set/dataset.ts';
import { channelStatistics } from '../data/set/statistics.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { DeployedModel } from '../engine/scoring/deployed-model.ts';
import { evaluateTask } from '../evaluation/evaluate-task.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import { ProcessPoolEvaluator } from '../evaluation/node/process-pool-evaluator.ts';
import type { EvaluationTask } from '../evaluation/task.ts';
import { fileStorage } from '../files/file-storage.ts';
import { readModelMetadata } from '../network/onnx/onnx-metadata.ts';
import type { SearchConfigInput } from './config/config.ts';
import { createSearch, resumeSearch } from './create-search.ts';
import { buildModel } from './model/build-model.ts';
import { readJournal } from './run/journal.ts';
import { openRunFolder } from './run/run-folder.ts';

/** Children run the built script: this test file itself is TypeScript. */
const BUILT = new URL('../../dist/evaluation/node/worker.js', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-validation-'));
const cacheDir = join(folder, 'cache');
const runtime = await loadNodeRuntime();
const parts = tinyDigitParts();
const dataset = buildDataset(parts);
/** Each validation image has the label of the next class. */
const mislabelled = buildDataset({
  ...parts,
  validation: { ...parts.validation, labels: parts.validation.labels.map((label) => (label + 1) % 10) },
});
const both = joinExamples(dataset.train, dataset.validation ?? dataset.test, 64);
let out: string;
let runs = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('a search on data with a validation part', () => {
  it('scores its candidates on that part, after training on all of the training part', async () => {
    const [right, wrong] = [await run({}), await run({}, { data: mislabelled })];
    const [trained, misled] = [right, wrong].map(({ evaluations }) => evaluations[0]);
    expect(trained?.fitness).toBeGreaterThan(0.8);
    // The best epoch of 12, most of all the first ones, which guess.
    expect(misled?.fitness).toBeLessThan(0.2);
    expect(misled?.history.at(-1)?.validationAccuracy).toBeLessThan(0.1);
    // What they learned is the same, bit for bit: labels of the validation part play no role in it.
    const learned = (entry: typeof trained) => entry?.history.map(({ loss, accuracy }) => [loss, accuracy]);
    expect(learned(misled)).toEqual(learned(trained));
    expect(trained?.history.at(-1)?.accuracy).toBeGreaterThan(0.8);

    const { folder: place } = openRunFolder(right.out);
    const problem = { input: dataset.shape, classes: 10 };
    const checkpoint = place.checkpoint(trained?.id ?? '');
    const bytes = await buildModel(trained?.genome ?? '', { storage: fileStorage, problem, dataset }, checkpoint);
    const model = await DeployedModel.load(runtime, bytes, 'the test');
    const { accuracy } = await model.score(dataset.validation ?? dataset.test, dataset.shape);
    await model.release();
    expect(accuracy).toBe(trained?.fitness);
  });

  it('trains the winner on both parts, and tells all three apart', async () => {
    const { summary, steps, out: path } = await run({ finalEpochs: 3 });
    expect(steps).toBe(3 * Math.ceil(260 / 20));
    const { structure } = readModelMetadata(readFileSync(join(path, 'model.onnx')), 'the model');
    const all = both.labels.map((_, i) => i);
    expect(structure?.normalisation).toEqual(channelStatistics(both, all, dataset.shape));
    expect(summary.dataset).toMatchObject({ trainExamples: 200, validationExamples: 60, testExamples: 40 });
    expect(summary.testExamples).toBe(40);
    expect(openRunFolder(path).config.validation).toBe('part');
    expect(readFileSync(join(path, 'MODEL.md'), 'utf8')).toContain(
      '200 training images, 60 validation images, 40 test',
    );
  });

  it('takes as many of each part as the limits say', async () => {
    const { tasks, steps } = await run({ trainLimit: 40, searchLimit: 20, finalEpochs: 1 });
    expect(tasks.find(({ selection }) => selection.purpose === 'search')?.selection).toEqual({
      seed: '1/data',
      trainLimit: 40,
      searchLimit: 20,
      validation: 'part',
      purpose: 'search',
    });
    expect(steps).toBe(80 / 20);
  });

  it('does not depend on a share to hold out, and is repeated by its config.json', async () => {
    const plain = await run({});
    const asked = await run({ validation: 0.3 });
    const { fingerprint: _, ...stored } = openRunFolder(asked.out).config.dataset;
    const repeated = await run({ ...openRunFolder(asked.out).config, dataset: stored });
    for (const other of [asked, repeated]) {
      expect(readFinished(other.out).model).toBe(readFinished(plain.out).model);
      expect(other.evaluations.map(({ id }) => id)).toEqual(plain.evaluations.map(({ id }) => id));
    }
    const notice = expect.stringContaining('the share of 0.3 is not held out');
    expect(asked.notices).toEqual([notice]);
    expect([...plain.notices, ...repeated.notices]).toEqual([]);
  });

  it('is refused where a configuration names a validation part that the data does not have', async () => {
    const data = buildDataset({ ...parts, validation: undefined });
    await expect(run({ validation: 'part' }, { data })).rejects.toThrow('digits has no validation part');
    await expect(run({ validation: 'part', genome: '4-4' }, { data })).rejects.toThrow('digits has no validation part');
  });

  it('leaves the validation part aside where the test part scores the candidates', async () => {
    const right = await run({ fitnessOn: 'test' });
    const wrong = await run({ fitnessOn: 'test' }, { data: mislabelled });
    const outcomes = ({ evaluations }: typeof right) => evaluations.map(({ fitness, history }) => [fitness, history]);
    expect(outcomes(wrong)).toEqual(outcomes(right));
  });
});

describe('a run on data with a validation part', () => {
  const hard: Partial<SearchConfigInput> = {
    population: 3,
    generations: 1,
    rungs: 2,
    reduction: 2,
    inheritWeights: true,
    replicas: 2,
    roundSteps: 8,
    finalEpochs: 3,
    searchSpace: { channels: [4, 8], maxDepth: 2 },
    training: { epochs: 2, batchSize: 20, classWeights: 'balanced' },
    finalTraining: { augmentation: 'auto' },
  };

  it('is the same in this process, in one child, in two, and interrupted', async () => {
    const reference = readFinished((await run(hard)).out);
    for (const workers of [1, 2]) {
      const evaluator = new ProcessPoolEvaluator({ workers, timeoutMs: 600_000, script: BUILT });
      expect(readFinished((await run(hard, { evaluator })).out)).toEqual(reference);
    }
    for (const last of [2, 7]) {
      const { out: path } = await interrupted(hard, last);
      await (await resumeSearch(path, { cacheDir, evaluator: new InProcessEvaluator(runtime) })).run();
      expect(readFinished(path)).toEqual(reference);
    }
  });

  it('trains a genome on both parts without a search', async () => {
    const { summary, steps, tasks } = await run({ genome: '4-4', finalEpochs: 2 });
    expect(tasks.map(({ selection }) => selection.purpose)).toEqual(['final']);
    expect(steps).toBe(2 * 13);
    expect(summary.dataset.validationExamples).toBe(60);
  });

  it.each(['search', 'final'] as const)('comes to the same from images in a file (%s)', async (purpose) => {
    const path = join(folder, `${purpose}.pack`);
    await writePackedDataset(path, dataset);
    const { tasks } = await run({});
    const task = tasks.find(({ selection }) => selection.purpose === purpose);
    if (task === undefined) throw new Error('it was trained');
    const evaluate = async (data: Dataset) => {
      const checkpointPath = join(folder, 'weights');
      const outcome = await evaluateTask({ runtime, storage: fileStorage }, data, { ...task, checkpointPath });
      return { outcome, weights: readFileSync(checkpointPath) };
    };
    const stored = await readPackedDataset(path, 0);
    expect(stored.validation?.pixels).not.toBeInstanceOf(Uint8Array);
    const expected = await evaluate(await readPackedDataset(path));
    expect(await evaluate(stored)).toEqual(expected);
    // Here the parts are apart in memory.
    expect(await evaluate(dataset)).toEqual(expected);
  });
});

function configOf(config: Partial<SearchConfigInput>): SearchConfigInput {
  const training = { epochs: 12, batchSize: 20, learningRate: 0.01 };
  const small = { population: 2, generations: 0, searchLimit: null, finalEpochs: 2, training };
  return { dataset: { source: 'made up' }, ...small, searchSpace: { channels: [8], maxDepth: 2 }, ...config };
}

interface Place {
  readonly data?: Dataset;
  readonly evaluator?: Evaluator;
}

async function run(config: Partial<SearchConfigInput>, { data = dataset, evaluator }: Place = {}) {
  const path = `${out} ${runs++}`;
  const { tasks, evaluator: recording } = recordingTasks(evaluator ?? new InProcessEvaluator(runtime));
  const search = await createSearch(configOf(config), { out: path, cacheDir, dataset: data, evaluator: recording });
  let steps = 0;
  const notices: string[] = [];
  search.on('start', (start) => notices.push(...start.notices));
  search.on('finalProgress', ({ progress }) => {
    steps = progress.totalSteps;
  });
  const summary = await search.run();
  return { out: path, summary, steps, tasks, notices, evaluations: evaluationsOf(path) };
}

/** Stops when it is asked for a further task. */
async function interrupted(config: Partial<SearchConfigInput>, last: number) {
  const path = `${out} ${runs++}`;
  const abort = new AbortController();
  const { tasks, evaluator } = recordingTasks(new InProcessEvaluator(runtime), () => {
    if (tasks.length > last) abort.abort();
  });
  const search = await createSearch(configOf(config), { out: path, cacheDir, dataset, evaluator });
  await expect(search.run({ signal: abort.signal })).rejects.toThrow('interrupted');
  return { out: path };
}

function recordingTasks(inner: Evaluator, onTask: () => void = () => {}) {
  const tasks: EvaluationTask[] = [];
  const evaluator: Evaluator = {
    concurrency: inner.concurrency,
    evaluate(task, options) {
      tasks.push(task);
      onTask();
      return inner.evaluate(task, options);
    },
    close: () => inner.close(),
  };
  return { tasks, evaluator };
}

function evaluationsOf(path: string) {
  return readJournal(join(path, 'journal.jsonl')).filter((entry) => entry.type === 'evaluation');
}
