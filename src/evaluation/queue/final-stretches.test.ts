import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvaluationFolder, type EvaluationFolder, toyTask } from '../../../test/support/evaluator-contract.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { TOY_TRAINING } from '../../../test/support/toy-data.ts';
import type { EvaluationProgress } from '../evaluator.ts';
import { InProcessEvaluator } from '../node/in-process-evaluator.ts';
import type { EvaluationTask } from '../task.ts';
import { isDivisible, trainInStretches } from './final-stretches.ts';

describe('a final training in stretches', () => {
  const evaluator = new InProcessEvaluator(runtime);
  let folder: EvaluationFolder;
  beforeAll(async () => {
    folder = await createEvaluationFolder();
  });
  afterAll(() => folder.remove());

  const finalTask = (name: string, changes: Partial<EvaluationTask> = {}) =>
    toyTask(folder, {
      id: 'final',
      selection: { seed: 'split', validation: 0.25, purpose: 'final' },
      training: { ...TOY_TRAINING, epochs: 3.5 },
      checkpointPath: join(folder.path, name, 'final.safetensors'),
      details: true,
      ...changes,
    });

  it('comes to the same as at once: outcome, weights and each epoch with its details', async () => {
    const [whole, parts] = [finalTask('whole'), finalTask('parts')];
    const reports: EvaluationProgress[][] = [[], []];
    const outcome = await evaluator.evaluate(whole, { onProgress: (progress) => reports[0]?.push(progress) });
    const asked: EvaluationTask[] = [];
    const inParts = await trainInStretches(
      parts,
      { onProgress: (progress) => reports[1]?.push(progress) },
      (task, options) => {
        asked.push(task);
        return evaluator.evaluate(task, options);
      },
    );
    expect(asked.length).toBeGreaterThan(1);
    expect(outcome.history).toHaveLength(4);
    expect(inParts).toEqual(outcome);
    expect(readFileSync(parts.checkpointPath ?? '')).toEqual(readFileSync(whole.checkpointPath ?? ''));
    expect(readdirSync(join(folder.path, 'parts'))).toEqual(['final.safetensors']);
    const [expected, received] = reports.map((all) => all.filter(({ epoch }) => epoch !== undefined));
    expect(received).toEqual(expected);
  });

  it('is left to one task if it fails', async () => {
    const task = finalTask('failed', { training: { ...TOY_TRAINING, learningRate: 1e30, epochs: 3 } });
    expect(await trainInStretches(task, {}, (part, options) => evaluator.evaluate(part, options))).toBeUndefined();
  });

  it.each([
    ['drops units at random', { network: { head: [{ type: 'dropout', rate: 0.5 }] } }],
    [
      'waits for a plateau',
      { training: { ...TOY_TRAINING, schedule: { name: 'reduce-on-plateau', factor: 0.5, patience: 2 } } },
    ],
    ['reports its weights', { weights: true }],
  ] as const)('is not possible if it %s', (_, changes) => {
    expect(isDivisible(finalTask('whole'))).toBe(true);
    expect(isDivisible(finalTask('whole', changes))).toBe(false);
  });
});
