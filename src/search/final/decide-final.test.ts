// What a training without a search decides by itself.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch } from '../create-search.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-decide-'));
const source = join(folder, 'digits');
const runtime = await loadNodeRuntime();
const WITHOUT_SEARCH = { genome: '4-4-max-8-8', budget: '1.2e11flops', roundSteps: 100, tensorboard: false };
let runs = 0;

beforeAll(() => writeTinyDigits(source));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a training without a search', () => {
  it('chooses its augmentation, and is repeated by its config.json without choosing again', async () => {
    const first = await run(WITHOUT_SEARCH);
    const { finalTraining, finalEpochs, undecided } = first.config;
    // The columns of the digits lie elsewhere in the mirror, and a crop would shift by less than a pixel and a half.
    expect(finalTraining?.augmentation).toEqual({ padAndCrop: 1 });
    expect(finalEpochs).toBeGreaterThan(1);
    expect(undecided).toBeUndefined();
    const [probe, ...finals] = first.tasks;
    expect(probe?.selection).toMatchObject({ purpose: 'search', searchLimit: 2000 });
    expect(finals.every(({ selection }) => selection.purpose === 'final')).toBe(true);
    expect(finals[0]?.training).toMatchObject({ augmentation: { padAndCrop: 1 }, loss: { labelSmoothing: 0.05 } });

    const second = await run(first.config);
    expect(second.tasks.map(({ id }) => id)).toEqual(finals.map(({ id }) => id));
    expect(second.model).toBe(first.model);
  });

  it('counts what the choice takes against a budget of computing', async () => {
    const [chosen, given] = [await run(WITHOUT_SEARCH), await run({ ...WITHOUT_SEARCH, finalTraining: {} })];
    expect(given.tasks.every(({ selection }) => selection.purpose === 'final')).toBe(true);
    expect(given.config.finalEpochs).toBeGreaterThan(chosen.config.finalEpochs ?? Number.POSITIVE_INFINITY);
  });

  it('chooses no augmentation by fewer images than tell anything', async () => {
    const { config, tasks } = await run({ ...WITHOUT_SEARCH, trainLimit: 100 });
    expect(config.finalTraining).toEqual({ labelSmoothing: 0.05 });
    expect(tasks.every(({ selection }) => selection.purpose === 'final')).toBe(true);
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
  await (await createSearch({ dataset: { source }, ...given }, { out, evaluator })).run();
  const config: SearchConfigInput = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  return { config, tasks, model: readFileSync(join(out, 'model.onnx')).toString('base64') };
}
