// A search whose candidates are scored on several validation splits, from the configuration to the summary.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFinished } from '../../test/faults/finished-run.ts';
import { tinyDigitParts } from '../../test/support/tiny-digits.ts';
import { toyDataset } from '../../test/support/toy-data.ts';
import { buildDataset } from '../data/build/build-dataset.ts';
import type { Dataset } from '../data/set/dataset.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import { ProcessPoolEvaluator } from '../evaluation/node/process-pool-evaluator.ts';
import type { EvaluationTask } from '../evaluation/task.ts';
import type { SearchConfigInput } from './config/config.ts';
import { createSearch, resumeSearch } from './create-search.ts';
import { readJournal } from './run/journal.ts';
import { openRunFolder } from './run/run-folder.ts';

/** Children run the built script: this test file itself is TypeScript. */
const BUILT = new URL('../../dist/evaluation/node/worker.js', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-splits-'));
const cacheDir = join(folder, 'cache');
const runtime = await loadNodeRuntime();
const parts = tinyDigitParts();
const dataset = buildDataset({ ...parts, validation: undefined });
let runs = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG: SearchConfigInput = {
  dataset: { source: 'made up' },
  fitnessSplits: 3,
  population: 3,
  generations: 1,
  rungs: 2,
  reduction: 2,
  searchLimit: null,
  finalEpochs: 1,
  searchSpace: { channels: [4, 8], maxDepth: 2 },
  training: { epochs: 4, batchSize: 20, learningRate: 0.01 },
};

interface Place {
  readonly data?: Dataset;
  readonly evaluator?: Evaluator;
}

async function begin(config: SearchConfigInput, { data = dataset, evaluator }: Place = {}, onTask = (_: number) => {}) {
  const out = join(folder, `run ${runs++}`);
  const inner = evaluator ?? new InProcessEvaluator(runtime);
  const tasks: EvaluationTask[] = [];
  const recording: Evaluator = {
    concurrency: inner.concurrency,
    evaluate(task, options) {
      onTask(tasks.push(task));
      return inner.evaluate(task, options);
    },
    close: () => inner.close(),
  };
  const search = await createSearch(config, { out, cacheDir, dataset: data, evaluator: recording });
  const notices: string[] = [];
  search.on('start', (start) => notices.push(...start.notices));
  return { out, search, tasks, notices };
}

async function run(config: SearchConfigInput, place?: Place) {
  const { search, ...others } = await begin(config, place);
  return { ...others, summary: await search.run() };
}

const configIn = (out: string): SearchConfigInput => {
  const { dataset: stored, ...others } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  const { fingerprint: _, ...data } = stored;
  return { ...others, dataset: data };
};

describe('a search with several validation splits', () => {
  it('scores each candidate on the images of all splits, and says so', async () => {
    const { out, summary, tasks, notices } = await run(CONFIG);
    const searched = tasks.filter(({ selection }) => selection.purpose === 'search');
    expect(searched.length).toBeGreaterThan(4);
    for (const { selection } of searched) expect(selection.splits).toBe(3);
    for (const { selection } of tasks.slice(searched.length)) expect(selection).not.toHaveProperty('splits');
    expect(notices).toContainEqual(
      expect.stringMatching(
        /^Each candidate is trained 3 times, each time with another 20 images held out, and scored on/,
      ),
    );
    expect(summary.fitness?.images).toBe(60);
    const evaluations = readJournal(join(out, 'journal.jsonl')).filter(({ type }) => type === 'evaluation');
    // Sixtieths that are no twentieths.
    const sixtieths = evaluations.map((entry) => ('fitness' in entry ? 60 * entry.fitness : 0));
    for (const each of sixtieths) expect(each).toBeCloseTo(Math.round(each), 9);
    expect(sixtieths.some((each) => Math.round(each) % 3 !== 0)).toBe(true);
  });

  it('is the same in this process, in one child, in two, interrupted, and repeated by its config.json', async () => {
    const first = await run(CONFIG);
    const reference = readFinished(first.out);
    for (const workers of [1, 2]) {
      const evaluator = new ProcessPoolEvaluator({ workers, timeoutMs: 600_000, script: BUILT });
      expect(readFinished((await run(CONFIG, { evaluator })).out)).toEqual(reference);
    }
    for (const last of [2, 6]) {
      const abort = new AbortController();
      const { search, out } = await begin(CONFIG, {}, (asked) => asked > last && abort.abort());
      await expect(search.run({ signal: abort.signal })).rejects.toThrow('interrupted');
      await (await resumeSearch(out, { cacheDir, evaluator: new InProcessEvaluator(runtime) })).run();
      expect(readFinished(out)).toEqual(reference);
    }
    const repeated = await run(configIn(first.out));
    expect(readFinished(repeated.out)).toEqual(reference);
  }, 120_000);

  it('follows the plan of a budget, whose number its config.json keeps', async () => {
    const budgeted = { dataset: CONFIG.dataset, budget: '5e11flops', searchShare: 0.6, finalEpochs: 1, seed: 2 };
    const { out, tasks, notices } = await run(budgeted);
    const { fitnessSplits } = openRunFolder(out).config;
    expect(fitnessSplits).toBeGreaterThan(1);
    expect(tasks[0]?.selection.splits).toBe(fitnessSplits);
    expect(notices.join()).toContain(`Each candidate is trained ${fitnessSplits} times`);
    expect(readFinished((await run(configIn(out))).out)).toEqual(readFinished(out));
  }, 120_000);

  it('is refused where the data has a validation part, before there is a folder', async () => {
    const data = buildDataset(parts);
    await expect(begin(CONFIG, { data })).rejects.toThrow(
      '--fitness-splits (fitnessSplits) is 3, but the validation part of the data scores candidates, and there is one of it; use 1, or data without that part',
    );
    expect(existsSync(join(folder, `run ${runs - 1}`))).toBe(false);
    const { out, search } = await begin({ ...CONFIG, fitnessSplits: 'auto' }, { data });
    expect(openRunFolder(out).config).not.toHaveProperty('fitnessSplits');
    await search.close();
  });

  it('has no more splits than there are images for', async () => {
    const [tiny, small] = [{ data: toyDataset(4, 4) }, { data: toyDataset(20, 4) }];
    await expect(begin({ ...CONFIG, fitnessSplits: 5 }, tiny)).rejects.toThrow(
      '4 images in 2 classes are too few for 5 validation splits of 0.1 of them each',
    );
    for (const [place, expected] of [
      [tiny, 1],
      [small, 5],
    ] as const) {
      const { out, search } = await begin({ ...CONFIG, fitnessSplits: 'auto' }, place);
      expect(openRunFolder(out).config.fitnessSplits ?? 1).toBe(expected);
      await search.close();
    }
  });
});
