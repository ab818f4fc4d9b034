import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Dataset, selectExamples } from '../data/dataset.ts';
import type { ArrayDataset } from '../data/from-arrays.ts';
import { loadDataset } from '../data/load-dataset.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { InProcessEvaluator } from '../evaluation/in-process-evaluator.ts';
import { AutoCNN } from './auto-cnn.ts';
import type { AutoCnnOptions } from './auto-cnn-options.ts';
import type { Callback } from './callbacks.ts';
import { type EvaluationEntry, readJournal } from './journal.ts';
import { openRunFolder, readSummary } from './run-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-class-'));
const runtime = await loadNodeRuntime();
const mnist = await loadDataset('mnist');
const arrays = mnistArrays(mnist, 200, 50);
let out: string;
let runs = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('AutoCNN', () => {
  it('gives a trained network: it prints as its genome, scores, predicts, is saved and loaded again', async () => {
    const best = await small({ populationSize: 4, maximalGenerationNumber: 1, epochNumber: 2 }).run();
    const summary = readSummary(openRunFolder(out).folder);
    expect(best.folder).toBe(out);
    expect(`${best}`).toBe(summary?.genome);
    const score = await best.evaluate();
    expect(score).toEqual({ loss: summary?.testLoss, accuracy: summary?.testAccuracy });
    expect(await best.evaluate({ x: arrays.xTest, y: arrays.yTest })).toEqual({
      loss: expect.closeTo(score.loss, 5),
      accuracy: score.accuracy,
    });

    const { labels, classNames, probabilities } = await best.predict(arrays.xTest);
    const right = [...labels].filter((label, i) => label === arrays.yTest[i]).length;
    expect(right / 50).toBeCloseTo(score.accuracy, 12);
    expect(classNames).toEqual([...labels].map(String));
    expect(probabilities).toHaveLength(500);
    const first = probabilities.subarray(0, 10);
    expect(first.indexOf(Math.max(...first))).toBe(labels[0]);

    const lines = best.summary().split('\n');
    expect(lines[0]).toMatch(/^Layer +Output +Parameters +FLOPs +Activations$/);
    expect(lines[1]).toMatch(/^input +28x28x1$/);
    expect(lines.at(-1)).toContain(summary?.parameters.toLocaleString('en-US'));

    const path = join(folder, 'saved.onnx');
    await best.save(path);
    expect(readFileSync(path).equals(readFileSync(join(out, 'model.onnx')))).toBe(true);
    const loaded = await AutoCNN.load(out);
    expect(`${loaded}`).toBe(`${best}`);
    expect(await loaded.evaluate()).toEqual(score);
  });

  it('gives the same network from bytes, floats in 0..1 and one-hot labels', async () => {
    const float = ({ data, shape }: ArrayDataset['xTrain']) => ({
      data: Float32Array.from(data, (v) => v / 255),
      shape,
    });
    const oneHot = (labels: ArrayLike<number>) =>
      Array.from({ length: labels.length * 10 }, (_, i) => Number(labels[Math.floor(i / 10)] === i % 10));
    const others: ArrayDataset = {
      xTrain: float(arrays.xTrain),
      yTrain: oneHot(arrays.yTrain),
      xTest: float(arrays.xTest),
      yTest: oneHot(arrays.yTest),
    };
    const fromBytes = await small().run();
    out += ' floats';
    const fromFloats = await small({ dataset: others }).run();
    expect(fromFloats.notices).toEqual(['The floats in xTrain and xTest from 0..1 were scaled to 0..255 and rounded.']);
    const model = (run: { readonly folder: string }) => readFileSync(join(run.folder, 'model.onnx'));
    expect(model(fromFloats).equals(model(fromBytes))).toBe(true);
  });

  it('refuses images and labels that the network cannot take', async () => {
    const best = await small().run();
    const image = { data: new Uint8Array(64), shape: [1, 8, 8] };
    await expect(best.predict(image)).rejects.toThrow('the network takes images of 28x28x1, not 8x8x1');
    await expect(best.evaluate({ x: image, y: [1] })).rejects.toThrow(InvalidInputError);
    await expect(best.evaluate({ x: arrays.xTest, y: [10, ...Array(49).fill(0)] })).rejects.toThrow(
      'the labels in y go up to 10, but the network has 10 classes',
    );
  });

  it('checks its options before anything is loaded or made', () => {
    expect(() => small({ epochNumber: 0 })).toThrow('epochNumber must be at least 1, received 0');
    expect(readdirSync(folder)).not.toContain(out);
  });

  it('is interrupted by its signal', async () => {
    const abort = new AbortController();
    const onEvaluationEnd = () => abort.abort();
    const run = small({ signal: abort.signal, extraCallbacks: [{ onEvaluationEnd }] }).run();
    await expect(run).rejects.toThrow(InterruptedError);
  });

  it('has nothing to load where no run is', async () => {
    await expect(AutoCNN.load(join(folder, 'none'))).rejects.toThrow(/there is no folder/);
  });
});

describe('callbacks', () => {
  it('are called in the order of events, one at a time, and waited for', async () => {
    const heard: string[] = [];
    let busy = false;
    const hear = async (what: string) => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 3));
      heard.push(what);
      busy = false;
    };
    await small({
      epochNumber: 2,
      extraCallbacks: [
        {
          onSearchStart: ({ folder }) => hear(`start ${folder === out}`),
          onEvaluationStart: () => hear('begin'),
          onEpochEnd: ({ epoch, loss }) => hear(`epoch ${epoch} ${loss > 0}`),
          onEvaluationEnd: ({ history }) => hear(`end ${history.length}`),
          onGeneration: ({ generation }) => hear(`generation ${generation}`),
          onSearchEnd: ({ summary }) => hear(`done ${summary?.testExamples}`),
        },
      ],
    }).run();
    const candidate = ['begin', 'epoch 1 true', 'epoch 2 true', 'end 2'];
    const evaluations = readJournal(join(out, 'journal.jsonl')).length - 1;
    const withoutGenerations = heard.filter((what) => !what.startsWith('generation'));
    expect(withoutGenerations).toEqual([
      'start true',
      ...Array.from({ length: evaluations }, () => candidate).flat(),
      'done 50',
    ]);
    expect(heard.filter((what) => what.startsWith('generation'))).toEqual(['generation 0', 'generation 1']);
    const at = heard.indexOf('generation 0');
    expect(heard.slice(at - 1, at + 2)).toEqual(['end 2', 'generation 0', 'begin']);
  });

  it('hold the next training up until they are done, however long that takes', async () => {
    const done = { start: 0, begin: 0, end: 0, generation: 0 };
    const finish = (what: keyof typeof done) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      done[what]++;
    };
    const inner = new InProcessEvaluator(runtime);
    const seen: (typeof done)[] = [];
    await small({
      extraCallbacks: [
        {
          onSearchStart: finish('start'),
          onEvaluationStart: finish('begin'),
          onEvaluationEnd: finish('end'),
          onGeneration: finish('generation'),
        },
      ],
      evaluator: {
        concurrency: 1,
        evaluate: (task, options) => {
          seen.push({ ...done });
          return inner.evaluate(task, options);
        },
        close: () => inner.close(),
      },
    }).run();
    const final = seen.pop();
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.map(({ start, begin, end }) => [start, begin, end])).toEqual(seen.map((_, i) => [1, i + 1, i]));
    expect(final).toEqual({ start: 1, begin: seen.length, end: seen.length, generation: 2 });
  });

  it('that throw are reported by name, once for each reason, and lose nothing', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    class Plotter implements Callback {
      async onEpochEnd() {
        throw new Error('no screen');
      }
    }
    const named: Callback = {
      name: 'mailer',
      onEvaluationEnd() {
        throw new Error('no network');
      },
    };
    const best = await small({ extraCallbacks: [new Plotter(), named] }).run();
    expect(best.notices).toEqual([
      'callback Plotter failed in onEpochEnd: no screen; the search went on',
      'callback mailer failed in onEvaluationEnd: no network; the search went on',
    ]);
    expect(warn.mock.calls.map(([text]) => text)).toEqual(best.notices);
    warn.mockRestore();
    const reference = await withoutCallbacks();
    expect(`${best}`).toBe(`${reference}`);
  });

  it('can stop a search: the best so far is what it gives, and the run can be gone on with', async () => {
    let evaluations = 0;
    const ends: unknown[] = [];
    const best = await small({
      extraCallbacks: [
        {
          onEvaluationEnd: (_, { stopSearch }) => (++evaluations === 2 ? stopSearch() : undefined),
          onSearchEnd: (end) => void ends.push(end),
        },
      ],
    }).run();
    const entries = evaluationsOf(out);
    expect(entries).toHaveLength(2);
    expect(entries.map(({ genome }) => genome)).toContain(`${best}`);
    expect(ends).toEqual([{ folder: out, summary: undefined }]);
    expect((await best.evaluate()).accuracy).toBeGreaterThanOrEqual(0);
  });

  it('that stop a search before any network is trained leave nothing to give', async () => {
    const run = small({ extraCallbacks: [{ onSearchStart: (_, { stopSearch }) => stopSearch() }] }).run();
    await expect(run).rejects.toThrow(InterruptedError);
  });

  it('can stop an evaluation after an epoch, which is all that then counts of it', async () => {
    const whole = await withoutCallbacks({ epochNumber: 4 });
    const reference = new Map(evaluationsOf(whole.folder).map((entry) => [entry.id, entry]));
    out += ' stopped';
    await small({
      epochNumber: 4,
      extraCallbacks: [
        {
          async onEpochEnd({ epoch }, { stopEvaluation }) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            if (epoch === 2) stopEvaluation();
          },
        },
      ],
    }).run();
    const stopped = evaluationsOf(out);
    const first = stopped[0];
    const full = reference.get(first?.id ?? '');
    expect(first).toMatchObject({ stopped: true, history: full?.history.slice(0, 2) });
    expect(first?.fitness).toBe(
      Math.max(...(full?.history.slice(0, 2).map((epoch) => epoch.validationAccuracy ?? 0) ?? [])),
    );
    expect(stopped.every((entry) => entry.stopped && entry.history.length === 2)).toBe(true);
    expect(full?.history).toHaveLength(4);
  });

  it('that stop the best candidate leave a clear end if its final training fails as well', async () => {
    const inner = new InProcessEvaluator(runtime);
    const failure = { reason: 'timeout', message: 'too slow' } as const;
    const run = small({
      epochNumber: 30,
      extraCallbacks: [{ onEpochEnd: (_, { stopEvaluation }) => stopEvaluation() }],
      evaluator: {
        concurrency: 1,
        evaluate: async (task, options) =>
          task.selection.purpose === 'final'
            ? { fitness: 0, history: [], bestEpoch: 0, failure }
            : inner.evaluate(task, options),
        close: () => inner.close(),
      },
    }).run();
    await expect(run).rejects.toThrow(/the final training of the best candidate failed, and there are no weights/);
    expect(evaluationsOf(out).every(({ history, stopped }) => stopped && history.length === 1)).toBe(true);
  });

  it('that stop an evaluation before its first epoch make it fail with that reason', async () => {
    let started = 0;
    await small({
      extraCallbacks: [
        { onEvaluationStart: (_, { stopEvaluation }) => (started++ === 0 ? stopEvaluation() : undefined) },
      ],
    }).run();
    expect(evaluationsOf(out)[0]).toMatchObject({
      fitness: 0,
      stopped: true,
      failure: { reason: 'cancelled', message: 'a callback stopped it before the end of its first epoch' },
    });
  });
});

describe('a trained network', () => {
  it('is trained anew with other settings in a run of its own, and stays as it is', async () => {
    const best = await small().run();
    const before = await best.evaluate();
    const options = { epochs: 2, seed: 7, training: { learningRate: 0.002 } };
    const evaluator = new InProcessEvaluator(runtime);
    const again = await best.train({ ...options, out: `${out} again`, evaluator });
    expect(again.genome).toBe(best.genome);
    expect(again.folder).toBe(resolve(`${out} again`));
    expect(await best.evaluate()).toEqual(before);
    expect(await again.evaluate()).not.toEqual(before);
    const [final, ...others] = readJournal(join(again.folder, 'journal.jsonl'));
    expect(others).toEqual([]);
    expect(final).toMatchObject({ type: 'final', genome: best.genome, bestEpoch: 2 });
    expect(openRunFolder(again.folder).config).toMatchObject({
      seed: 7,
      training: { learningRate: 0.002, batchSize: 32 },
    });
    await expect(best.train({ epochs: 0 })).rejects.toThrow(/the options of train: finalEpochs/);
  });
});

function small(options: Partial<AutoCnnOptions> = {}): AutoCNN {
  return new AutoCNN({
    populationSize: 3,
    maximalGenerationNumber: 1,
    epochNumber: 1,
    dataset: arrays,
    searchSpace: { channels: [4, 8], maxDepth: 2 },
    settings: { finalEpochs: 1, training: { batchSize: 32 } },
    evaluator: new InProcessEvaluator(runtime),
    out,
    ...options,
  });
}

function withoutCallbacks(options: Partial<AutoCnnOptions> = {}) {
  return small({ ...options, out: `${out} without callbacks` }).run();
}

function evaluationsOf(run: string): EvaluationEntry[] {
  return readJournal(join(run, 'journal.jsonl')).filter((entry) => entry.type === 'evaluation');
}

function mnistArrays({ train, test }: Dataset, trainCount: number, testCount: number): ArrayDataset {
  const part = ({ train: from, count }: { train: Dataset['train']; count: number }) => {
    const indices = Int32Array.from({ length: count }, (_, i) => i);
    const { pixels, labels } = selectExamples(from, 784, indices);
    return [{ data: pixels, shape: [count, 28, 28] }, labels] as const;
  };
  const [xTrain, yTrain] = part({ train, count: trainCount });
  const [xTest, yTest] = part({ train: test, count: testCount });
  return { xTrain, yTrain, xTest, yTest };
}
