import { describe, expect, it } from 'vitest';
import { runtime } from '../../test/support/run-graph.ts';
import { TOY_TRAINING, toyDataset, toyNetwork } from '../../test/support/toy-data.ts';
import { fileStorage } from '../files/file-storage.ts';
import { type EpochDetails, recordDetails } from './epoch-details.ts';
import { evaluateTask } from './evaluate-task.ts';
import type { EvaluationProgress } from './evaluator.ts';
import type { EvaluationTask } from './task.ts';

const TASK: EvaluationTask = {
  genome: '2-2-max',
  dataset: { path: 'unused', fingerprint: 'toy' },
  selection: { seed: 'split', validation: 0.25, purpose: 'search' },
  // 30 examples to train on: seven batches of 4 and one of 2.
  training: TOY_TRAINING,
  seed: 'candidate',
};
const dataset = toyDataset(40, 10);

async function progressOf(task: EvaluationTask): Promise<EvaluationProgress[]> {
  const heard: EvaluationProgress[] = [];
  await evaluateTask({ runtime, storage: fileStorage }, dataset, task, {
    onProgress: (progress) => heard.push(progress),
  });
  return heard;
}

describe('the details of an epoch', () => {
  it('are reported only to whom asks for them, and change no outcome', async () => {
    const plain = await progressOf(TASK);
    const detailed = await progressOf({ ...TASK, details: true });
    expect(plain.some((progress) => 'details' in progress)).toBe(false);
    expect(detailed.map(({ details: _, ...rest }) => rest)).toEqual(plain);
    expect(detailed.filter(({ epoch }) => epoch !== undefined).every(({ details }) => details !== undefined)).toBe(
      true,
    );
    expect(detailed.some(({ epoch, details }) => epoch === undefined && details !== undefined)).toBe(false);
    const outcome = await evaluateTask({ runtime, storage: fileStorage }, dataset, TASK);
    expect(
      await evaluateTask(
        { runtime, storage: fileStorage },
        dataset,
        { ...TASK, details: true },
        { onProgress: () => {} },
      ),
    ).toEqual(outcome);
  });

  it('hold each batch: their weighted mean is what the epoch reports', async () => {
    const epochs = (await progressOf({ ...TASK, details: true })).filter(({ epoch }) => epoch !== undefined);
    expect(epochs).toHaveLength(3);
    for (const { epoch, details } of epochs) {
      const sizes = [4, 4, 4, 4, 4, 4, 4, 2];
      const mean = (values: Float32Array = new Float32Array()) =>
        sizes.reduce((sum, size, i) => sum + size * (values[i] ?? Number.NaN), 0) / 30;
      expect(details?.losses).toHaveLength(8);
      expect(mean(details?.losses)).toBeCloseTo(epoch?.loss ?? 0, 6);
      expect(mean(details?.accuracies)).toBeCloseTo(epoch?.accuracy ?? 0, 6);
    }
  });

  it('hold a histogram of every parameter tensor', async () => {
    const { layout } = toyNetwork(TASK.genome);
    const [first, ...others] = (await progressOf({ ...TASK, details: true })).flatMap(({ details }) => details ?? []);
    for (const { weights } of [first ?? raise(), ...others]) {
      expect(weights.map(({ name, histogram }) => [name, histogram.count])).toEqual(
        layout.parameters.map(({ name, size }) => [name, size]),
      );
    }
    expect(others.at(-1)?.weights).not.toEqual(first?.weights);
  });

  it('hold histograms of 50 epochs at most, the last among them', () => {
    const { layout } = toyNetwork('');
    const heard: EpochDetails[] = [];
    const epochs = 120;
    const hooks = recordDetails(layout, epochs, ({ details }) => details && heard.push(details));
    for (let epoch = 1; epoch <= epochs; epoch++) {
      hooks.onEpochEnd?.(epoch, new Float32Array(layout.parameterCount));
      const record = { epoch, loss: 1, accuracy: 0 };
      hooks.onProgress?.({ step: epoch, totalSteps: epochs, epoch: record });
    }
    const withWeights = heard.flatMap(({ weights }, i) => (weights.length > 0 ? [i + 1] : []));
    expect(withWeights).toHaveLength(40);
    expect(withWeights.at(-1)).toBe(120);
  });
});

function raise(): never {
  throw new Error('no details');
}
