import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/data-fixtures.ts';
import { TOY_TRAINING, toyDataset } from '../../test/support/toy-data.ts';
import { readPackedDataset, writePackedDataset } from '../data/cache/packed-file.ts';
import { chooseLowering } from '../engine/lowering/choose-lowering.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import type { Runtime } from '../engine/runtime.ts';
import { decodeSafetensors } from '../engine/state/safetensors.ts';
import { DataFormatError, EngineError } from '../errors.ts';
import { fileStorage } from '../files/file-storage.ts';
import { plain } from '../network/lowering/plain.ts';
import { evaluateTask } from './evaluate-task.ts';
import type { EvaluationTask } from './task.ts';

const TASK: EvaluationTask = {
  genome: '2-2',
  dataset: { path: 'unused', fingerprint: 'toy' },
  selection: { seed: 'split', validation: 0.25, purpose: 'search' },
  training: TOY_TRAINING,
  seed: 'candidate',
};

/** A runtime that fails at once. */
const failing = (error: Error): Runtime => ({
  name: 'failing',
  device: 'cpu',
  lowering: plain,
  createTensor: (_, data, dims) => ({ data, dims }),
  createSession: () => Promise.reject(error),
});

describe('evaluateTask', () => {
  it.each([
    [new EngineError('the ONNX runtime refused the model: std::bad_alloc'), 'out-of-memory'],
    [new Error('Failed to allocate memory for requested buffer of size 34359738368'), 'out-of-memory'],
    [new RangeError('Array buffer allocation failed'), 'out-of-memory'],
    [new RangeError('Invalid typed array length: 99999999999'), 'out-of-memory'],
    [new EngineError('the ONNX runtime refused the model: no kernel for Fancy'), 'error'],
    [new TypeError('x is not a function'), 'error'],
  ])('takes "%s" for %s', async (error, reason) => {
    expect(await evaluateTask({ runtime: failing(error), storage: fileStorage }, toyDataset(40, 10), TASK)).toEqual({
      fitness: 0,
      history: [],
      bestEpoch: 0,
      failure: { reason, message: error.message },
    });
  });

  it('comes to the same, bit for bit, whether the images are in memory or in a file', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'toy.pack');
    await writePackedDataset(path, toyDataset(60, 20));
    const runtime = await loadNodeRuntime();
    const augmented = { ...TASK.training, augmentation: { padAndCrop: 1, horizontalFlip: true } };
    const evaluate = async (name: string, memoryLimitBytes: number) => {
      const checkpointPath = join(folder, name);
      const dataset = await readPackedDataset(path, memoryLimitBytes);
      expect(dataset.train.pixels instanceof Uint8Array).toBe(memoryLimitBytes > 0);
      const outcome = await evaluateTask({ runtime, storage: fileStorage }, dataset, {
        ...TASK,
        training: augmented,
        checkpointPath,
      });
      return { outcome, weights: await readFile(checkpointPath) };
    };
    const { outcome, weights } = await evaluate('memory', 1e6);
    expect(outcome.failure).toBeUndefined();
    expect(await evaluate('file', 0)).toEqual({ outcome, weights });
  });

  it('does not blame the candidate for data that is damaged meanwhile', async () => {
    const path = join(await temporaryFolder(), 'toy.pack');
    await writePackedDataset(path, toyDataset(60, 20));
    const dataset = await readPackedDataset(path, 0);
    await truncate(path, 1000);
    await expect(
      evaluateTask({ runtime: await loadNodeRuntime(), storage: fileStorage }, dataset, TASK),
    ).rejects.toBeInstanceOf(DataFormatError);
  });

  it.each(['plain', 'blocked'] as const)('starts from the weights of a parent (%s)', async (wanted) => {
    const folder = await temporaryFolder();
    const runtime = await loadNodeRuntime();
    const { name: lowering } = await chooseLowering(runtime, wanted);
    const dataset = toyDataset(60, 20);
    const pathOf = (id: string) => join(folder, `${id}.safetensors`);
    const parent = { id: 'parent', genome: '2-4-max-4-4', path: pathOf('parent') };
    const tensorsOf = async (id: string, task: Partial<EvaluationTask>) => {
      const checkpointPath = pathOf(id);
      const outcome = await evaluateTask({ runtime, storage: fileStorage }, dataset, {
        ...TASK,
        lowering,
        ...task,
        id,
        checkpointPath,
      });
      expect(outcome.failure).toBeUndefined();
      return decodeSafetensors(await readFile(checkpointPath), checkpointPath).tensors;
    };
    const trained = await tensorsOf('parent', { genome: parent.genome, seed: 'another' });
    // At this rate, training changes nothing but running statistics.
    const still = { genome: '2-4-max-4-2', training: { ...TOY_TRAINING, learningRate: 0 } };
    const fresh = await tensorsOf('fresh', still);
    const child = await tensorsOf('child', { ...still, parent });
    const parameters = [...child].filter(([name]) => !/mean|variance/.test(name));
    expect(parameters.length).toBeGreaterThan(10);
    for (const [name, tensor] of parameters) {
      const source = name.startsWith('layers.0.') ? trained : fresh;
      expect(tensor, name).toEqual(source.get(name));
    }
    expect(child.get('layers.0.conv1.weight')).not.toEqual(fresh.get('layers.0.conv1.weight'));

    // It is trained from there, the same each time.
    const again = { genome: still.genome, parent };
    expect(await tensorsOf('first', again)).toEqual(await tensorsOf('second', again));
  });

  it('does not blame the candidate for the weights of its parent', async () => {
    const folder = await temporaryFolder();
    const runtime = await loadNodeRuntime();
    const dataset = toyDataset(60, 20);
    const path = join(folder, 'parent.safetensors');
    const evaluate = (id: string) =>
      evaluateTask({ runtime, storage: fileStorage }, dataset, { ...TASK, parent: { id, path, genome: '2-2' } });
    await expect(evaluate('parent')).rejects.toThrow(
      `${path}, the weights of 2-2 that its children start from, is missing; restore it, or delete the line of parent from the journal`,
    );
    await evaluateTask({ runtime, storage: fileStorage }, dataset, { ...TASK, id: 'parent', checkpointPath: path });
    expect((await evaluate('parent')).failure).toBeUndefined();
    await expect(evaluate('other')).rejects.toThrow(/is damaged or belongs to another task/);
    await truncate(path, 1000);
    await expect(evaluate('parent')).rejects.toBeInstanceOf(DataFormatError);
  });
});
