// What comes after the search, or instead of it: one genome trained on all training images, once or several times.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingEvaluator } from '../../../test/support/recording-evaluator.ts';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { InterruptedError, InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import { buildModel } from '../model/build-model.ts';
import type { FinalEntry } from '../records/journal-entry.ts';
import { readJournal } from '../run/journal.ts';
import { openRunFolder } from '../run/run-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-final-'));
const source = join(folder, 'digits');
const cacheDir = join(folder, 'cache');
const runtime = await loadNodeRuntime();
let out: string;
let runs = 0;

beforeAll(() => writeTinyDigits(source));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('several final trainings', () => {
  it('have a seed each, the first that of a single one; the lowest training loss becomes the model', async () => {
    const single = await run({ genome: '4-4' });
    const [first] = finalsOf(out);
    out += ' repeated';
    const evaluator = recordingEvaluator();
    const summary = await run({ genome: '4-4', repeats: 3 }, evaluator);
    const finals = finalsOf(out);
    expect(new Set(evaluator.tasks.map(({ seed }) => seed)).size).toBe(3);
    expect(evaluator.tasks[0]?.seed).toBe('1/final/4-4');
    expect(finals).toHaveLength(3);
    expect(finals.find(({ id }) => id === first?.id)?.history).toEqual(first?.history);

    const losses = finals.map(({ history }) => history.at(-1)?.loss ?? 0);
    const chosen = finals[losses.indexOf(Math.min(...losses))];
    const accuracies = await Promise.all(evaluator.tasks.map((task) => testAccuracyOf(task)));
    expect(summary.repeats).toMatchObject({ accuracies, best: Math.max(...accuracies) });
    const at = evaluator.tasks.findIndex(({ checkpointPath }) => chosen && checkpointPath?.includes(chosen.id));
    expect(summary.testAccuracy).toBe(accuracies[at]);
    expect(accuracies).toContain(single.testAccuracy);
    expect(single).not.toHaveProperty('repeats');
    expect(readdirSync(join(out, 'tensorboard', 'final')).sort()).toEqual(['1', '2', '3']);
  });

  it('run at the same time, and those that are done are kept on resuming', async () => {
    const abort = new AbortController();
    const stopping = recordingEvaluator(2, async (task) => {
      if (task.seed.endsWith('/3')) abort.abort();
      return undefined;
    });
    const interrupted = createSearch(configOf({ genome: '4-4', repeats: 4 }), { out, cacheDir, evaluator: stopping });
    await expect((await interrupted).run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const kept = finalsOf(out);
    expect(kept.length).toBeGreaterThan(0);
    const evaluator = recordingEvaluator();
    const resumed = await (await resumeSearch(out, { cacheDir, evaluator })).run();
    expect(evaluator.tasks).toHaveLength(4 - kept.length);
    expect(evaluator.most).toBe(2);

    out += ' whole';
    const whole = await run({ genome: '4-4', repeats: 4 });
    expect(resumed.repeats).toEqual(whole.repeats);
    expect(resumed.testLoss).toBe(whole.testLoss);
  });

  it('leave the best of those that are done as the model so far when they are interrupted', async () => {
    const abort = new AbortController();
    const stopping = recordingEvaluator(2, async (task) => {
      if (task.seed.endsWith('/4')) abort.abort();
      return undefined;
    });
    const search = await createSearch(configOf({ genome: '4-4', repeats: 4 }), { out, cacheDir, evaluator: stopping });
    const interrupted = search.run({ signal: abort.signal });
    await expect(interrupted).rejects.toMatchObject({ details: { path: out, best: { genome: '4-4' } } });
    const done = finalsOf(out).sort((a, b) => (a.history.at(-1)?.loss ?? 0) - (b.history.at(-1)?.loss ?? 0));
    expect(done.length).toBeGreaterThan(1);
    const dataset = await loadDataset(source, { cacheDir });
    const { folder: run } = openRunFolder(out);
    const problem = { input: dataset.shape, classes: dataset.classes.length };
    const best = run.checkpoint(done[0]?.id ?? '');
    const expected = await buildModel('4-4', { storage: fileStorage, problem, dataset }, best);
    expect(readFileSync(run.model).equals(expected)).toBe(true);
  });

  it('go on without one that fails, and name it', async () => {
    const failure = { reason: 'timeout', message: 'too slow' } as const;
    const evaluator = recordingEvaluator(2, async (task) =>
      task.seed.endsWith('/2') ? { fitness: 0, history: [], bestEpoch: 0, failure } : undefined,
    );
    const search = await createSearch(configOf({ genome: '4-4', repeats: 3 }), { out, cacheDir, evaluator });
    const notices: string[] = [];
    search.on('notice', (notice) => notices.push(notice));
    expect((await search.run()).repeats?.accuracies).toHaveLength(2);
    expect(notices).toEqual(['final training 2 of 3 failed (too slow)']);
  });

  it('come after a search', async () => {
    const config = { population: 2, generations: 0, searchSpace: { channels: [4], maxDepth: 2 }, repeats: 2 };
    const summary = await run(config);
    expect(summary.repeats?.accuracies).toHaveLength(2);
    expect(summary.validationAccuracy).toBeGreaterThanOrEqual(0);
    expect(finalsOf(out).every(({ genome }) => genome === summary.genome)).toBe(true);
  });
});

describe('a configuration that names a genome', () => {
  it('trains that one and no other, and says nothing of a search', async () => {
    const evaluator = recordingEvaluator();
    const summary = await run({ genome: '4-4-0.2' }, evaluator);
    expect(evaluator.tasks.map(({ genome, selection }) => [genome, selection.purpose])).toEqual([['4-4-max', 'final']]);
    expect(summary).toMatchObject({ genome: '4-4-max', evaluations: 0, generations: 0, searchSeconds: 0 });
    expect(summary).not.toHaveProperty('validationAccuracy');
    expect(summary).not.toHaveProperty('fitness');
    expect(openRunFolder(out).config.genome).toBe('4-4-max');
  });

  it('may name the network without layers', async () => {
    expect((await run({ genome: '' })).genome).toBe('');
  });

  it.each([
    ['no genome', { genome: '4-x' }, /4-x/],
    ['too much pooling', { genome: 'max-max-max-max' }, /genome "max-max-max-max": .*1x1/],
    ['too few images', { genome: '4-4', trainLimit: 5 }, /--train-limit/],
  ])('is refused for %s before anything is written', async (_, config, message) => {
    const started = createSearch(configOf(config), { out, cacheDir, evaluator: recordingEvaluator() });
    await expect(started).rejects.toThrow(InvalidInputError);
    await expect(started).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });

  it('ends with the reason if the training fails', async () => {
    const failure = { reason: 'diverged', message: 'the loss became NaN' } as const;
    const failing = recordingEvaluator(2, async () => ({ fitness: 0, history: [], bestEpoch: 0, failure }));
    await expect(run({ genome: '4-4' }, failing)).rejects.toThrow(
      /the training of 4-4 failed: the loss became NaN; train it again with other settings/,
    );
    expect(existsSync(join(out, 'summary.json'))).toBe(false);
  });
});

function configOf(config: Partial<SearchConfigInput>): SearchConfigInput {
  return { dataset: { source }, finalEpochs: 2, training: { epochs: 1, batchSize: 32 }, ...config };
}

async function run(config: Partial<SearchConfigInput>, evaluator: Evaluator = recordingEvaluator()) {
  return (await createSearch(configOf(config), { out, cacheDir, evaluator })).run();
}

function finalsOf(path: string): FinalEntry[] {
  return readJournal(join(path, 'journal.jsonl')).filter((entry): entry is FinalEntry => entry.type === 'final');
}

async function testAccuracyOf({ genome, checkpointPath = '' }: EvaluationTask): Promise<number> {
  const dataset = await loadDataset(source, { cacheDir });
  const problem = { input: dataset.shape, classes: dataset.classes.length };
  const bytes = await buildModel(genome, { storage: fileStorage, problem, dataset }, checkpointPath);
  const model = await DeployedModel.load(runtime, bytes, 'the test');
  const { accuracy } = await model.score(dataset.test, dataset.shape);
  await model.release();
  return accuracy;
}
