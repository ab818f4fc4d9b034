// What every evaluator does, wherever it trains.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPackedDataset, writePackedDataset } from '../../src/data/cache/packed-file.ts';
import { channelStatistics } from '../../src/data/set/statistics.ts';
import { engineKind } from '../../src/engine/engine-kind.ts';
import { decodeState } from '../../src/engine/state/safetensors.ts';
import { train } from '../../src/engine/training/train.ts';
import { evaluateTask } from '../../src/evaluation/evaluate-task.ts';
import type { EvaluationProgress, Evaluator } from '../../src/evaluation/evaluator.ts';
import { selectData } from '../../src/evaluation/select-data.ts';
import type { EvaluationTask } from '../../src/evaluation/task.ts';
import { fileStorage } from '../../src/files/file-storage.ts';
import { createRng } from '../../src/random/rng.ts';
import { runtime as nativeRuntime } from './run-graph.ts';
import { TOY_TRAINING, toyDataset, toyNetwork } from './toy-data.ts';

/** A folder for a file's tests, with a packed data set in it. */
export interface EvaluationFolder {
  readonly path: string;
  readonly datasetPath: string;
  remove(): Promise<void>;
}

export async function createEvaluationFolder(): Promise<EvaluationFolder> {
  const path = await mkdtemp(join(tmpdir(), 'auto-cnn-evaluation-'));
  const datasetPath = join(path, 'toy.packed');
  await writePackedDataset(datasetPath, toyDataset(40, 10));
  return { path, datasetPath, remove: () => rm(path, { recursive: true, force: true }) };
}

export function toyTask({ datasetPath }: EvaluationFolder, changes: Partial<EvaluationTask> = {}): EvaluationTask {
  return {
    genome: '2-2-max',
    dataset: { path: datasetPath, fingerprint: 'toy' },
    selection: { seed: 'split', validation: 0.25, purpose: 'search' },
    training: { ...TOY_TRAINING, epochs: 2 },
    seed: 'candidate',
    ...changes,
  };
}

/** A task that goes on until somebody ends it. */
export function endlessTask(folder: EvaluationFolder): EvaluationTask {
  return toyTask(folder, { training: { ...TOY_TRAINING, epochs: 1_000_000 } });
}

/** Resolves at the first progress of a task, which `evaluate` then still works on. */
export function startTask(evaluator: Evaluator, task: EvaluationTask, signal?: AbortSignal) {
  let report: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    report = resolve;
  });
  const outcome = evaluator.evaluate(task, { onProgress: () => report(), ...(signal && { signal }) });
  outcome.catch(() => report());
  return { started, outcome };
}

/** @param runtime  what the evaluator trains with, in this process. */
export function describeEvaluator(name: string, create: () => Evaluator, runtime = nativeRuntime): void {
  describe(`${name} as an evaluator`, () => {
    let folder: EvaluationFolder;
    let evaluator: Evaluator;
    beforeAll(async () => {
      folder = await createEvaluationFolder();
      evaluator = create();
    });
    afterAll(async () => {
      await evaluator.close();
      await folder.remove();
    });

    it('gives the outcome that training in this process gives, bit for bit, and again', async () => {
      const tasks = ['2-2-max', '', 'mean-4-2'].map((genome) => toyTask(folder, { genome }));
      const dataset = await readPackedDataset(folder.datasetPath);
      const expected = [];
      for (const task of tasks) expected.push(await evaluateTask({ runtime, storage: fileStorage }, dataset, task));
      expect(await Promise.all(tasks.map((task) => evaluator.evaluate(task)))).toEqual(expected);
      expect(await Promise.all(tasks.toReversed().map((task) => evaluator.evaluate(task)))).toEqual(
        expected.toReversed(),
      );
      for (const { fitness, history, bestEpoch, failure } of expected) {
        expect(failure).toBeUndefined();
        expect(history).toHaveLength(2);
        expect(fitness).toBe(history[bestEpoch - 1]?.validationAccuracy);
        expect(fitness).toBeGreaterThan(0);
      }
    });

    it('gives another outcome for another seed', async () => {
      const [a, b] = await Promise.all(
        ['a', 'b'].map((seed) => evaluator.evaluate(toyTask(folder, { seed, genome: '4-4' }))),
      );
      expect(a?.history).not.toEqual(b?.history);
    });

    it('reports each epoch as it is recorded', async () => {
      const reports: EvaluationProgress[] = [];
      const outcome = await evaluator.evaluate(toyTask(folder), { onProgress: (progress) => reports.push(progress) });
      expect(reports.flatMap(({ epoch }) => epoch ?? [])).toEqual(outcome.history);
      expect(reports.at(-1)).toMatchObject({ step: 16, totalSteps: 16 });
    });

    it('scores a genome that does not fit the images 0, with the reason', async () => {
      expect(await evaluator.evaluate(toyTask(folder, { genome: 'max-max-max-max-max' }))).toEqual({
        fitness: 0,
        history: [],
        bestEpoch: 0,
        failure: { reason: 'invalid', message: expect.stringContaining('pooling needs at least 2×2 pixels') },
      });
    });

    it('scores a genome that cannot be read 0', async () => {
      const { fitness, failure } = await evaluator.evaluate(toyTask(folder, { genome: '8-8-maximum' }));
      expect({ fitness, reason: failure?.reason }).toEqual({ fitness: 0, reason: 'invalid' });
    });

    it('scores a training that diverges 0', async () => {
      const training = { ...TOY_TRAINING, learningRate: 1e30 };
      expect(await evaluator.evaluate(toyTask(folder, { training }))).toMatchObject({
        fitness: 0,
        failure: { reason: 'diverged', message: expect.stringContaining('NaN') },
      });
    });

    it('rejects a task whose signal is aborted already', async () => {
      await expect(evaluator.evaluate(toyTask(folder), { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'EVALUATION',
        reason: 'cancelled',
      });
    });

    it('ends a task when its signal is aborted, and works on', async () => {
      const controller = new AbortController();
      const { started, outcome } = startTask(evaluator, endlessTask(folder), controller.signal);
      await started;
      controller.abort();
      await expect(outcome).rejects.toMatchObject({ code: 'EVALUATION', reason: 'cancelled' });
      expect(await evaluator.evaluate(toyTask(folder))).toMatchObject({ bestEpoch: expect.any(Number) });
    });

    it('rejects what the candidate did not cause: data that is missing, damaged or too small for the selection', async () => {
      const missing = { path: join(folder.path, 'nowhere.packed'), fingerprint: 'toy' };
      await expect(evaluator.evaluate(toyTask(folder, { dataset: missing }))).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(missing.path),
      });
      const damaged = { path: join(folder.path, 'damaged.packed'), fingerprint: 'toy' };
      await writeFile(damaged.path, (await readFile(folder.datasetPath)).subarray(0, 500));
      await expect(evaluator.evaluate(toyTask(folder, { dataset: damaged }))).rejects.toMatchObject({
        code: 'DATA_FORMAT',
        details: { path: damaged.path },
      });
      const selection = { seed: 'split', validation: 0.25, purpose: 'search', trainLimit: 1 } as const;
      await expect(evaluator.evaluate(toyTask(folder, { selection }))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('refuses a task for another kind of engine', async () => {
      const received = await engineKind(runtime, 'plain');
      await expect(evaluator.evaluate(toyTask(folder, { engineKind: 'another' }))).rejects.toMatchObject({
        code: 'ENGINE',
        details: { expected: 'another', received },
      });
    });

    it('writes the best weights, whole, and leaves nothing else behind', async () => {
      const checkpoints = join(folder.path, name.replaceAll(' ', '-'), 'checkpoints');
      const checkpointPath = join(checkpoints, 'best.safetensors');
      const task = toyTask(folder, { checkpointPath });
      await evaluator.evaluate(task);
      expect(await readdir(checkpoints)).toEqual(['best.safetensors']);
      const dataset = await readPackedDataset(folder.datasetPath);
      const data = selectData(dataset, task.selection);
      const network = toyNetwork(task.genome);
      const state = decodeState(network.layout, await readFile(checkpointPath), checkpointPath);
      const normalisation = channelStatistics(data.examples, data.train, dataset.shape);
      const { best } = await train(runtime, { ...network, normalisation }, task.training, data, createRng(task.seed));
      expect(state).toEqual(best);
    });

    it('rejects a task whose weights cannot be written', async () => {
      const task = toyTask(folder, { checkpointPath: join(folder.datasetPath, 'x.safetensors') });
      await expect(evaluator.evaluate(task)).rejects.toThrow(folder.datasetPath);
    });

    it('cancels its work when it is closed, and takes no more', async () => {
      const closing = create();
      const { started, outcome } = startTask(closing, endlessTask(folder));
      const waiting = closing.evaluate(endlessTask(folder));
      const results = Promise.allSettled([outcome, waiting]);
      await started;
      await closing.close();
      for (const result of await results) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'EVALUATION', reason: 'cancelled' } });
      }
      await expect(closing.evaluate(toyTask(folder))).rejects.toMatchObject({ reason: 'cancelled' });
    });
  });
}
