// What a training without a search decides by itself.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch } from '../create-search.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { readModelFile } from '../trained/model-file.ts';
import { partsOf, scoreModel } from '../trained/model-parts.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-decide-'));
const source = join(folder, 'digits');
const runtime = await loadNodeRuntime();
const DENSE = { type: 'dense', units: 'classes', activation: 'softmax' };
const WITHOUT_SEARCH = {
  genome: '4-4-max-8-8',
  budget: '1.2e11flops',
  ensemble: 1,
  roundSteps: 100,
  tensorboard: false,
};
/** For many passes over grey images of 8×8 pixels. */
const STRONG = { padAndCrop: 1, padding: 'reflect', brightness: 0.5, contrast: 0.5 };
let runs = 0;

beforeAll(() => writeTinyDigits(source));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a training without a search', () => {
  let first: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    first = await run(WITHOUT_SEARCH);
  });

  it('chooses its augmentation, and is repeated by its config.json without choosing again', async () => {
    const { finalTraining, finalEpochs, undecided } = first.config;
    // The columns of the digits lie elsewhere in the mirror.
    expect(finalTraining?.augmentation).toEqual(STRONG);
    expect(finalEpochs).toBeGreaterThan(50);
    expect(first.notices).toContain(
      `the final training sees each image ${Math.round(finalEpochs ?? 0)} times; so that it does not learn images by heart, brightness and contrast vary`,
    );
    expect(undecided).toBeUndefined();
    const [probe, ...finals] = first.tasks;
    expect(probe?.selection).toMatchObject({ purpose: 'search', searchLimit: 2000 });
    expect(finals.every(({ selection }) => selection.purpose === 'final')).toBe(true);
    expect(finals[0]?.training).toMatchObject({ augmentation: STRONG, loss: { labelSmoothing: 0.05 } });

    const second = await run(first.config);
    expect(second.tasks.map(({ id }) => id)).toEqual(finals.map(({ id }) => id));
    expect(second.model).toBe(first.model);
  });

  it('counts what the choice takes against a budget of computing', async () => {
    const given = await run({ ...WITHOUT_SEARCH, views: 1, finalTraining: {} });
    expect(given.tasks.every(({ selection }) => selection.purpose === 'final')).toBe(true);
    expect(given.config.finalEpochs).toBeGreaterThan(first.config.finalEpochs ?? Number.POSITIVE_INFINITY);
  });

  it('mirrors no images where fewer are held out than tell anything', async () => {
    const { config, tasks } = await run({ ...WITHOUT_SEARCH, trainLimit: 100 });
    expect(config.finalTraining).toEqual({ augmentation: { ...STRONG, cutmix: 0.5 }, labelSmoothing: 0.05 });
    expect(tasks.every(({ selection }) => selection.purpose === 'final')).toBe(true);
  });

  it('chooses a stage and global average pooling for the genome auto', async () => {
    const auto = { ...WITHOUT_SEARCH, genome: 'auto', budget: '6e11flops', trainLimit: 60 };
    await expect(run({ ...auto, budget: '4e9flops' })).rejects.toThrow(/a budget of 4e9flops is too small/);
    const { config, folder: out } = await run({ ...auto, finalEpochs: 1 });
    expect(config.genome).toMatch(/^\d+max\d+$/);
    const { network, ...model } = partsOf(await readModelFile(join(out, 'model.onnx')));
    expect(network.layers.map(({ kind }) => kind)).toEqual(['stage', 'globalAveragePooling', 'dense']);
    const dataset = await loadDataset(source);
    const { accuracy } = await scoreModel(model.bytes, model.path, dataset);
    expect(accuracy).toBe(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')).testAccuracy);
  });

  it.each([
    ['for a genome that it chooses', { budget: '1m', genome: 'auto' }, 'globalAveragePooling'],
    ['for a genome that is given', { budget: '1m', genome: '4-4' }, 'flatten'],
    ['by accuracy under a budget', { budget: '1m' }, 'globalAveragePooling'],
    ['without a budget', {}, 'flatten'],
    [
      'with several objectives under a budget',
      { budget: '1m', objectives: ['accuracy', 'parameters'] },
      'globalAveragePooling',
    ],
    ['by the preset autocnn', { budget: '1m', preset: 'autocnn' }, 'flatten'],
    ['with a head of its own', { budget: '1m', outputLayer: [{ type: 'flatten' }, DENSE] }, 'flatten'],
  ])('comes with a head %s', (_, given, head) => {
    const config = resolveConfig({ dataset: { source }, ...given }, 'the test');
    expect(config.outputLayer).toEqual([{ type: head }, DENSE]);
  });

  it('needs a budget to choose by', async () => {
    await expect(run({ genome: 'auto' })).rejects.toThrow(
      /genome: auto leaves the genome to the budget, and there is none; give a budget, such as .*, or a genome/,
    );
  });
});

async function run(given: Partial<SearchConfigInput>) {
  const out = join(folder, `run ${runs++}`);
  const tasks: EvaluationTask[] = [];
  const trainer = new InProcessEvaluator(runtime);
  const evaluator: Evaluator = {
    concurrency: 1,
    evaluate(task, options) {
      tasks.push(task);
      return trainer.evaluate(task, options);
    },
    close: () => trainer.close(),
  };
  const notices: string[] = [];
  const search = await createSearch({ dataset: { source }, ...given }, { out, evaluator });
  search.on('notice', (notice) => notices.push(notice));
  await search.run();
  const config: SearchConfigInput = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  return { folder: out, config, tasks, notices, model: readFileSync(join(out, 'model.onnx')).toString('base64') };
}
