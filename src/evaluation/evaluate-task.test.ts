import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/data-fixtures.ts';
import { TOY_TRAINING, toyDataset } from '../../test/support/toy-data.ts';
import { readPackedDataset, writePackedDataset } from '../data/cache/packed-file.ts';
import { channelStatistics } from '../data/set/statistics.ts';
import { chooseLowering } from '../engine/lowering/choose-lowering.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import type { Runtime } from '../engine/runtime.ts';
import { decodeSafetensors, stateIn } from '../engine/state/safetensors.ts';
import { type EpochRecord, type TrainingResult, train } from '../engine/training/train.ts';
import { DataFormatError, EngineError } from '../errors.ts';
import { fileStorage } from '../files/file-storage.ts';
import { parseGenome } from '../genome/text.ts';
import { plain } from '../network/lowering/plain.ts';
import { createNetwork, type Network } from '../network/training-graph.ts';
import { createRng } from '../random/rng.ts';
import { evaluateTask } from './evaluate-task.ts';
import type { EvaluationProgress } from './evaluator.ts';
import { selectData } from './select-data.ts';
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

describe('evaluateTask on several validation splits', () => {
  const dataset = toyDataset(40, 10);
  const splits = 3;
  // At this rate, it learns something, but not all.
  const training = { ...TOY_TRAINING, epochs: 4, learningRate: 0.002 };
  const task: EvaluationTask = { ...TASK, training, selection: { ...TASK.selection, splits } };

  it('comes to what separate trainings come to, counted together by hand', async () => {
    const runtime = await loadNodeRuntime();
    const path = join(await temporaryFolder(), 'weights.safetensors');
    const outcome = await evaluateTask({ runtime, storage: fileStorage }, dataset, { ...task, checkpointPath: path });
    const apart: (TrainingResult & { readonly states: Float32Array[]; readonly network: Network })[] = [];
    for (let split = 0; split < splits; split++) {
      const data = selectData(dataset, task.selection, split);
      const normalisation = channelStatistics(dataset.train, data.train, dataset.shape);
      const problem = { input: dataset.shape, classes: 2 };
      const network = createNetwork(parseGenome(task.genome), problem, normalisation);
      const rng = createRng(split === 0 ? task.seed : `${task.seed}/split ${split + 1}`);
      const states: Float32Array[] = [];
      const hooks = { onEpochEnd: (_: number, parameters: Float32Array) => states.push(parameters.slice()) };
      apart.push({ states, network, ...(await train(runtime, network, training, data, rng, hooks)) });
    }
    const accuracies = [1, 2, 3, 4].map((epoch) => {
      // Of 10 images each.
      const right = apart.map(({ history }) => Math.round(10 * (history[epoch - 1]?.validationAccuracy ?? 0)));
      return right.reduce((sum, each) => sum + each, 0) / 30;
    });
    expect(outcome.history.map(({ validationAccuracy }) => validationAccuracy)).toEqual(accuracies);
    expect(new Set(accuracies).size).toBeGreaterThan(1);
    expect(outcome.fitness).toBe(Math.max(...accuracies));
    expect(outcome.bestEpoch).toBe(1 + accuracies.indexOf(outcome.fitness));
    for (const [index, { loss, accuracy, validationLoss }] of outcome.history.entries()) {
      const mean = (of: (record: EpochRecord) => number) =>
        apart.reduce((sum, { history }) => sum + of(history[index] as EpochRecord), 0) / splits;
      expect(loss).toBeCloseTo(
        mean((record) => record.loss),
        12,
      );
      expect(accuracy).toBeCloseTo(
        mean((record) => record.accuracy),
        12,
      );
      expect(validationLoss).toBeCloseTo(
        mean((record) => record.validationLoss ?? 0),
        12,
      );
    }
    // The weights are those of the first split, after the epoch that is best for all.
    const [first] = apart;
    const { layout } = first?.network ?? {};
    const file = decodeSafetensors(await readFile(path), path);
    expect(layout && stateIn(file, layout, path).parameters).toEqual(first?.states[outcome.bestEpoch - 1]);
  });

  it('is the same with one split as without a word of splits', async () => {
    const host = { runtime: await loadNodeRuntime(), storage: fileStorage };
    const one = { ...task, selection: { ...task.selection, splits: 1 } };
    expect(await evaluateTask(host, dataset, one)).toEqual(await evaluateTask(host, dataset, { ...TASK, training }));
  });

  it('reports the steps of all trainings, and each epoch once', async () => {
    const host = { runtime: await loadNodeRuntime(), storage: fileStorage };
    const seen: EvaluationProgress[] = [];
    const { history } = await evaluateTask(
      host,
      dataset,
      { ...task, details: true },
      { onProgress: (p) => seen.push(p) },
    );
    const perTraining = 4 * Math.ceil(30 / 4);
    expect(new Set(seen.map(({ totalSteps }) => totalSteps))).toEqual(new Set([splits * perTraining]));
    const steps = seen.map(({ step }) => step);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect([steps[0], steps.at(-1)]).toEqual([1, splits * perTraining]);
    expect(seen.flatMap(({ epoch }) => epoch ?? [])).toEqual(history);
    expect(seen.flatMap(({ details }) => details?.losses.length ?? [])).toEqual([8, 8, 8, 8]);
  });

  it('ends early by the fitness on all images, and fails if one of its trainings fails', async () => {
    const host = { runtime: await loadNodeRuntime(), storage: fileStorage };
    const hasty = { ...training, epochs: 12, earlyStoppingPatience: 1, learningRate: 0 };
    const stopped = await evaluateTask(host, dataset, { ...task, training: hasty });
    expect(stopped.history.length).toBeLessThan(12);
    const wild = { ...training, optimiser: { name: 'sgd' as const, momentum: 0, nesterov: false, weightDecay: 0 } };
    const failed = await evaluateTask(host, dataset, { ...task, training: { ...wild, learningRate: 1e30 } });
    expect(failed.failure?.reason).toBe('diverged');
    expect(failed.fitness).toBe(0);
  });

  it('is cancelled in whichever training it is', async () => {
    const host = { runtime: await loadNodeRuntime(), storage: fileStorage };
    for (const last of [5, 40, 70]) {
      const abort = new AbortController();
      const onProgress = ({ step }: EvaluationProgress) => step >= last && abort.abort();
      const evaluation = evaluateTask(host, dataset, task, { onProgress, signal: abort.signal });
      await expect(evaluation).rejects.toMatchObject({ reason: 'cancelled' });
    }
  });
});
