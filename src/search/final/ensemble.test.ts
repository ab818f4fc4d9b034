// A model that is the mean of several trainings of one network.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RecordingEvaluator, recordingEvaluator } from '../../../test/support/recording-evaluator.ts';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { readImages } from '../../data/set/dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { InterruptedError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import { buildModel } from '../model/build-model.ts';
import { readConfigFile } from '../run/run-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-ensemble-'));
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

describe('an ensemble', () => {
  it('answers with the mean of its members, and counts all of them', async () => {
    const evaluator = recordingEvaluator();
    const single = await run({ genome: '4-4' });
    out += ' of three';
    const summary = await run({ genome: '4-4', ensemble: 3, views: 2 }, evaluator);
    const members = await Promise.all(evaluator.tasks.map((task) => predictionsOf(checkpointModel(task))));
    const mean = members[0]?.map((_, i) => members.reduce((sum, each) => sum + (each[i] ?? 0), 0) / 3) ?? [];
    const own = await predictionsOf(modelOf(out));
    expect(Math.max(...own.map((value, i) => Math.abs(value - (mean[i] ?? 2))))).toBeLessThan(1e-6);
    expect(new Set(members.map(String)).size).toBe(3);
    expect(summary.parameters).toBe(3 * single.parameters);
    expect(summary.flops).toBe(6 * single.flops);
    expect(summary.members?.accuracies).toHaveLength(3);
    expect(summary).not.toHaveProperty('repeats');
    expect(readFileSync(join(out, 'MODEL.md'), 'utf8')).toContain('An ensemble: the mean of 3 trainings');
  });

  it('has the work of one training under a budget, whatever the number of workers, and is repeated', async () => {
    const budget = '8e10flops';
    const alone = recordingEvaluator();
    await run({ genome: '4-4', budget, ensemble: 1 }, alone);
    out += ' of two';
    const [one, two] = [recordingEvaluator(1), recordingEvaluator(2)];
    const summary = await run({ genome: '4-4', budget, ensemble: 2 }, one);
    const model = readFileSync(join(out, 'model.onnx'));
    const epochsOf = ({ tasks }: RecordingEvaluator) =>
      tasks.reduce((sum, { training, selection }) => sum + (selection.purpose === 'final' ? training.epochs : 0), 0);
    expect(epochsOf(one) / epochsOf(alone)).toBeGreaterThan(0.5);
    expect(epochsOf(one) / epochsOf(alone)).toBeLessThanOrEqual(1);
    expect(summary.members?.accuracies).toHaveLength(2);
    const config = readConfigFile(join(out, 'config.json'));
    out += ' repeated';
    await (await createSearch(config as SearchConfigInput, { out, cacheDir, evaluator: two })).run();
    expect(two.most).toBe(2);
    expect(readFileSync(join(out, 'model.onnx')).equals(model)).toBe(true);
  });

  it('goes on after an interruption, which leaves the members so far as a model', async () => {
    const abort = new AbortController();
    const stopping = recordingEvaluator(1, async (task) => {
      if (task.seed.endsWith('/3')) abort.abort();
      return undefined;
    });
    const config = { genome: '4-4', ensemble: 3 };
    const interrupted = createSearch(configOf(config), { out, cacheDir, evaluator: stopping });
    await expect((await interrupted).run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const soFar = await DeployedModel.load(runtime, readFileSync(join(out, 'model.onnx')), 'so far');
    expect(soFar.metadata.structure?.members).toBe(2);
    await soFar.release();
    const evaluator = recordingEvaluator();
    await (await resumeSearch(out, { cacheDir, evaluator })).run();
    expect(evaluator.tasks).toHaveLength(1);
    const resumed = readFileSync(join(out, 'model.onnx'));
    out += ' whole';
    await run(config);
    expect(readFileSync(join(out, 'model.onnx')).equals(resumed)).toBe(true);
  });

  it('is made of the other members if one fails', async () => {
    const failure = { reason: 'timeout', message: 'too slow' } as const;
    const evaluator = recordingEvaluator(2, async (task) =>
      task.seed.endsWith('/2') ? { fitness: 0, history: [], bestEpoch: 0, failure } : undefined,
    );
    const search = await createSearch(configOf({ genome: '4-4', ensemble: 3 }), { out, cacheDir, evaluator });
    const notices: string[] = [];
    search.on('notice', (notice) => notices.push(notice));
    expect((await search.run()).members?.accuracies).toHaveLength(2);
    expect(notices).toEqual(['final training 2 of 3 failed (too slow); the model is made of the others']);
  });

  it('is chosen where a budget lets one network see few images very often, and said', async () => {
    const search = await createSearch(configOf({ genome: '4-4', budget: '2.5e11flops' }), {
      out,
      cacheDir,
      evaluator: recordingEvaluator(),
    });
    const notices: string[] = [];
    search.on('notice', (notice) => notices.push(notice));
    const { members, budget } = await search.run();
    expect(members?.accuracies.length).toBeGreaterThan(1);
    expect(budget?.finalEpochs).toBeGreaterThanOrEqual(100);
    expect(notices).toContainEqual(
      expect.stringMatching(/^The model is the mean of \d networks, each trained for [\d.]+ epochs instead of one/),
    );
    expect(readConfigFile(join(out, 'config.json'))).toMatchObject({ ensemble: members?.accuracies.length });
  });

  it('is not chosen where there is no budget, or something limits the model', async () => {
    expect(await run({ genome: '4-4' })).not.toHaveProperty('members');
    const asked = run({ genome: '4-4', ensemble: 'auto' });
    await expect(asked).rejects.toThrow(/ensemble: auto needs a budget that decides finalEpochs/);
  });

  it.each([
    ['repeats of it', { ensemble: 2, repeats: 2 }, /ensemble is 2 and repeats is 2/],
    [
      'more lengths than members',
      { ensemble: 1, memberSteps: [[{ at: 0, total: 9 }], [{ at: 0, total: 9 }]] },
      /2 len/,
    ],
    ['a length that begins late', { ensemble: 2, memberSteps: [[{ at: 1, total: 9 }]] }, /memberSteps\[0\]\[0\] must/],
  ])('is refused with %s', async (_, config, message) => {
    await expect(run({ genome: '4-4', ...config })).rejects.toThrow(message);
  });

  it('keeps within the limits of a model: networks of a search are as much smaller', async () => {
    const limits = { searchSpace: { channels: [4, 8], maxDepth: 4, maxParameters: 9000 } };
    const summary = await run({ population: 4, generations: 1, ensemble: 2, ...limits });
    expect(summary.parameters).toBeLessThanOrEqual(9000);
  });
});

function configOf(config: Partial<SearchConfigInput>): SearchConfigInput {
  const epochs = config.budget === undefined && { finalEpochs: 2 };
  return { dataset: { source }, ...epochs, training: { epochs: 1, batchSize: 32 }, ...config };
}

async function run(config: Partial<SearchConfigInput>, evaluator: Evaluator = recordingEvaluator()) {
  return (await createSearch(configOf(config), { out, cacheDir, evaluator })).run();
}

async function predictionsOf(bytes: Uint8Array | Promise<Uint8Array>): Promise<readonly number[]> {
  const { test, shape } = await loadDataset(source, { cacheDir });
  const model = await DeployedModel.load(runtime, await bytes, 'the test');
  const size = shape.channels * shape.height * shape.width;
  const { probabilities } = await model.predict(readImages(test, size, 0, test.count), shape);
  await model.release();
  return Array.from(probabilities);
}

const modelOf = (run: string): Uint8Array => readFileSync(join(run, 'model.onnx'));

async function checkpointModel({ genome, checkpointPath = '' }: EvaluationTask): Promise<Uint8Array> {
  const dataset = await loadDataset(source, { cacheDir });
  const problem = { input: dataset.shape, classes: dataset.classes.length };
  return buildModel(genome, { storage: fileStorage, problem, dataset }, checkpointPath, 2);
}
