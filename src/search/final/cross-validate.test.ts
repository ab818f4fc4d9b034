// The accuracy of a recipe, by networks that were each trained without a part of the images.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingEvaluator } from '../../../test/support/recording-evaluator.ts';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { InterruptedError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import { scoreOf } from './cross-validate.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-folds-'));
const source = join(folder, 'digits');
const cacheDir = join(folder, 'cache');
let out: string;
let runs = 0;

beforeAll(() => writeTinyDigits(source));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('cross-validation', () => {
  it('scores every training image by a network trained without it, whatever the number of workers', async () => {
    const [one, two] = [recordingEvaluator(1), recordingEvaluator(2)];
    const { crossValidation: alone, testAccuracy } = await run({ crossValidation: 4 }, one);
    expect(one.tasks.map(({ selection }) => selection.leaveOut?.fold)).toEqual([undefined, 0, 1, 2, 3]);
    expect(new Set(one.tasks.map(({ training }) => training.epochs))).toEqual(new Set([6]));
    expect(alone).toMatchObject({ folds: 4, epochs: 6, images: 200 });
    const { accuracy = 0, interval: [low] = [1], seconds: _, ...figures } = alone ?? {};
    expect(accuracy).toBeGreaterThan(0.3);
    expect(low).toBeLessThan(accuracy);
    expect(readFileSync(join(out, 'MODEL.md'), 'utf8')).toContain('of 200 training images (90 % interval');
    out += ' of two';
    const both = await run({ crossValidation: 4 }, two);
    expect(both.crossValidation).toMatchObject({ ...figures, accuracy });
    expect(both.testAccuracy).toBe(testAccuracy);
  });

  it('trains as many members for each fold as the model has', async () => {
    const evaluator = recordingEvaluator(2);
    await run({ crossValidation: 2, ensemble: 2 }, evaluator);
    const folds = evaluator.tasks.filter(({ selection }) => selection.leaveOut !== undefined);
    expect(folds.map(({ selection }) => selection.leaveOut?.fold)).toEqual([0, 0, 1, 1]);
    expect(new Set(folds.map(({ seed }) => seed)).size).toBe(2);
  });

  it('goes on after an interruption without training a fold again', async () => {
    const abort = new AbortController();
    const stopping = recordingEvaluator(1, async ({ selection }) => {
      if (selection.leaveOut?.fold === 2) abort.abort();
      return undefined;
    });
    const search = await createSearch(configOf({ crossValidation: 4 }), { out, cacheDir, evaluator: stopping });
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    expect(readFileSync(join(out, 'model.onnx')).length).toBeGreaterThan(0);
    const evaluator = recordingEvaluator(1);
    const resumed = await (await resumeSearch(out, { cacheDir, evaluator })).run();
    expect(evaluator.tasks.map(({ selection }) => selection.leaveOut?.fold)).toEqual([2, 3]);
    out += ' whole';
    const { accuracy } = (await run({ crossValidation: 4 })).crossValidation ?? {};
    expect(resumed.crossValidation?.accuracy).toBe(accuracy);
  });

  it('has no result if the training of a fold fails, and the model stays', async () => {
    const failure = { reason: 'diverged', message: 'the loss became NaN' } as const;
    const evaluator = recordingEvaluator(1, async ({ selection }) =>
      selection.leaveOut?.fold === 1 ? { fitness: 0, history: [], bestEpoch: 0, failure } : undefined,
    );
    const search = await createSearch(configOf({ crossValidation: 3 }), { out, cacheDir, evaluator });
    const notices: string[] = [];
    search.on('notice', (notice) => notices.push(notice));
    expect(await search.run()).not.toHaveProperty('crossValidation');
    expect(notices.at(-1)).toMatch(/no result: the training without fold 2 of 3 failed \(the loss became NaN\)/);
  });

  it.each([
    ['more folds than images', { crossValidation: 201 }, /201/],
    [
      'weights that may know the images',
      { crossValidation: 3, startFrom: { run: 'runs/a' } },
      /starts from the weights/,
    ],
  ])('is refused before anything is trained with %s', async (_, config, message) => {
    const evaluator = recordingEvaluator();
    await expect(run(config, evaluator)).rejects.toThrow(message);
    expect(evaluator.tasks).toEqual([]);
  });
});

describe('the score of predictions', () => {
  it('counts images and classes, without those that have no image', () => {
    const labels = Int32Array.of(0, 0, 0, 1);
    const probabilities = Float32Array.of(0.9, 0.1, 0, 0.6, 0.3, 0.1, 0.2, 0.1, 0.7, 0.5, 0.3, 0.2);
    const { accuracy, balancedAccuracy, images } = scoreOf({ classes: 3, labels, probabilities });
    expect([images, accuracy, balancedAccuracy]).toEqual([4, 0.5, 1 / 3]);
  });
});

function configOf(config: Partial<SearchConfigInput>): SearchConfigInput {
  return { dataset: { source }, genome: '4-4', finalEpochs: 6, training: { batchSize: 32 }, ...config };
}

async function run(config: Partial<SearchConfigInput>, evaluator: Evaluator = recordingEvaluator()) {
  return (await createSearch(configOf(config), { out, cacheDir, evaluator })).run();
}
