import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { mnistThumbnailArrays } from '../../../test/support/mnist-thumbnails.ts';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { type ArrayDataset, datasetFromArrays } from '../../data/build/from-arrays.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { InterruptedError, InvalidInputError } from '../../errors.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import { resumeSearch } from '../create-search.ts';
import { readJournal } from '../run/journal.ts';
import { openRunFolder, readSummary } from '../run/run-folder.ts';
import { AutoCNN } from './auto-cnn.ts';
import type { AutoCnnOptions } from './auto-cnn-options.ts';
import type { TrainOptions } from './trained-cnn.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-class-'));
const runtime = await loadNodeRuntime();
const arrays = await mnistThumbnailArrays(200, 50);
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

    const two = { data: arrays.xTest.data.slice(0, 2 * 64), shape: [2, 8, 8] };
    const { effects, ...explained } = await best.explain(two);
    expect(explained.classNames).toEqual(classNames.slice(0, 2));
    expect(effects).toHaveLength(2 * 64);
    const second = { data: arrays.xTest.data.slice(64, 2 * 64), shape: [1, 8, 8] };
    expect((await best.explain(second)).effects).toEqual(effects.slice(64));

    expect(best.summary()).toEqual(summary);
    const lines = best.layers().split('\n');
    expect(lines[0]).toMatch(/^Layer +Output +Parameters +FLOPs +Activations$/);
    expect(lines[1]).toMatch(/^input +8x8x1$/);
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
    expect(fromFloats.notices).toContain('Pixels from 0..1 were scaled to 0..255 and rounded.');
    const model = (run: { readonly folder: string }) => readFileSync(join(run.folder, 'model.onnx'));
    expect(model(fromFloats).equals(model(fromBytes))).toBe(true);
  });

  it('scores its candidates on the validation part among the arrays, and trains the network on it', async () => {
    const { xTest: xValidation, yTest: yValidation } = await mnistThumbnailArrays(1, 30);
    const options = { dataset: { ...arrays, xValidation, yValidation }, settings: { validation: 0.4, finalEpochs: 1 } };
    const best = await small(options).run();
    expect(best.summary()?.dataset).toMatchObject({ trainExamples: 200, validationExamples: 30, testExamples: 50 });
    expect(best.notices).toContainEqual(expect.stringContaining('the share of 0.4 is not held out'));
    const again = await best.train({ epochs: 2, out: `${out} again`, evaluator: new InProcessEvaluator(runtime) });
    expect(again.summary()?.dataset.validationExamples).toBe(30);
  });

  it('refuses images and labels that the network cannot take', async () => {
    const best = await small().run();
    const image = { data: new Uint8Array(36), shape: [1, 6, 6] };
    await expect(best.predict(image)).rejects.toThrow('the network takes images of 8x8x1, not 6x6x1');
    await expect(best.explain(image)).rejects.toThrow('the network takes images of 8x8x1, not 6x6x1');
    await expect(best.evaluate({ x: image, y: [1] })).rejects.toThrow(InvalidInputError);
    await expect(best.evaluate({ x: arrays.xTest, y: [10, ...Array(49).fill(0)] })).rejects.toThrow(
      'the labels in y go up to 10, but the network has 10 classes',
    );
  });

  it('checks its options before anything is loaded or made', () => {
    expect(() => small({ epochNumber: 0 })).toThrow('epochNumber must be at least 1, received 0');
    expect(existsSync(out)).toBe(false);
  });

  it('takes the fitness of genomes from a file, without training them', async () => {
    const importFitness = join(folder, 'fitness.json');
    writeFileSync(importFitness, JSON.stringify({ '4-4': 0.98, max: 0.2 }));
    const best = await small({ importFitness, populationSize: 20, searchSpace: { channels: [4], maxDepth: 1 } }).run();
    expect(`${best}`).toBe('4-4');
    expect(readSummary(openRunFolder(out).folder)).toMatchObject({ fitness: { value: 0.98 }, reused: 2 });
    expect(() => small({ importFitnes: importFitness } as object)).toThrow(/did you mean importFitness/);
  });

  it('trains the genome that its settings name, without a search', async () => {
    const best = await small({ settings: { genome: '4-8-0.2', finalEpochs: 1 } }).run();
    expect(`${best}`).toBe('4-8-max');
    expect(readSummary(openRunFolder(out).folder)).toMatchObject({ evaluations: 0, generations: 0 });
    expect(() => small({ settings: { genome: '4-x' } })).toThrow(/settings\.genome.*4-x/);
  });

  it('is interrupted by its signal', async () => {
    await interrupted();
    expect(readSummary(openRunFolder(out).folder)).toBeUndefined();
  });

  it.each(['given again', 'from the cache'])(
    'has its run gone on with by resumeSearch on the same arrays, %s',
    async (from) => {
      const whole = await small().run();
      out += ' interrupted';
      await interrupted();
      const evaluator = new InProcessEvaluator(runtime);
      const other = datasetFromArrays({ ...arrays, yTrain: Array.from(arrays.yTrain).reverse() });
      await expect(resumeSearch(out, { dataset: other, evaluator })).rejects.toThrow(
        /is not what the configuration names/,
      );
      const dataset = from === 'given again' ? { dataset: datasetFromArrays(arrays) } : {};
      await (await resumeSearch(out, { ...dataset, evaluator })).run();
      const [resumed, uninterrupted] = [out, whole.folder].map((path) => readSummary(openRunFolder(path).folder));
      expect(resumed?.genome).toBe(uninterrupted?.genome);
      expect(resumed?.testLoss).toBe(uninterrupted?.testLoss);
    },
  );

  it('goes on with a run, calling back for what is left, with what the start says among its notices', async () => {
    const whole = await small().run();
    out += ' interrupted';
    await interrupted();
    appendFileSync(join(out, 'journal.jsonl'), '{"torn');
    const heard: string[] = [];
    const best = await AutoCNN.resume(out, {
      evaluator: new InProcessEvaluator(runtime),
      extraCallbacks: [
        {
          onEvaluationEnd: ({ genome, final }) => void heard.push(final ? 'the final training' : genome),
          onSearchEnd: ({ summary }) => void heard.push(`the end of ${summary?.genome}`),
        },
      ],
    });
    expect(best.summary()?.testLoss).toBe(whole.summary()?.testLoss);
    expect(heard.slice(-2)).toEqual(['the final training', `the end of ${best}`]);
    expect(heard.length).toBe((whole.summary()?.evaluations ?? 0) - 1 + 2);
    expect(best.notices.filter((notice) => /was torn/.test(notice))).toHaveLength(1);
    await expect(AutoCNN.resume(out, { callbacks: [] } as object)).rejects.toThrow(/did you mean extraCallbacks/);
  });

  it('loads the data of a run again as it was loaded', async () => {
    const source = join(folder, 'tiny');
    await writeTinyDigits(source);
    const cacheDir = join(folder, 'a cache of its own');
    const dataset = await loadDataset(source, { size: { height: 6, width: 5 }, cacheDir });
    const whole = await small({ dataset }).run();
    expect(openRunFolder(out).config.dataset).toMatchObject({ source, size: { height: 6, width: 5 } });
    out += ' interrupted';
    await interrupted({ dataset });
    const best = await AutoCNN.resume(out, { evaluator: new InProcessEvaluator(runtime) });
    expect(best.summary()?.dataset.shape).toEqual({ channels: 1, height: 6, width: 5 });
    expect(best.summary()?.testLoss).toBe(whole.summary()?.testLoss);
  });

  it('has nothing to load where no run is', async () => {
    await expect(AutoCNN.load(join(folder, 'none'))).rejects.toThrow(/the folder .* does not exist/);
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
    // Its data is in the cache.
    const loaded = await AutoCNN.load(best.folder);
    const third = await loaded.train({ ...options, out: `${out} third`, evaluator: new InProcessEvaluator(runtime) });
    expect(await third.evaluate()).toEqual(await again.evaluate());
    await expect(best.train({ epochs: 0 })).rejects.toThrow(/the options of train: finalEpochs/);
  });

  it('is trained as long as is said now, not as long as its run came to', async () => {
    const { folder: path } = await small().run();
    const config = join(path, 'config.json');
    const planned = { ...JSON.parse(readFileSync(config, 'utf8')), finalEpochs: 9, finalSteps: [{ at: 0, total: 60 }] };
    writeFileSync(config, JSON.stringify({ ...planned, finalTraining: { labelSmoothing: 0.3 } }));
    const run = await AutoCNN.load(path);
    const trained = async (options: TrainOptions, name: string) => {
      const again = await run.train({ ...options, out: `${out} ${name}`, evaluator: new InProcessEvaluator(runtime) });
      const [final] = readJournal(join(again.folder, 'journal.jsonl')).filter(({ type }) => type === 'final');
      return { final, config: openRunFolder(again.folder).config };
    };
    const shorter = await trained({ epochs: 2, batchSize: 50 }, 'shorter');
    expect(shorter.final).toMatchObject({ bestEpoch: 2 });
    expect(shorter.config).toMatchObject({
      finalEpochs: 2,
      training: { batchSize: 50 },
      finalTraining: { labelSmoothing: 0.3 },
    });
    expect(shorter.config.finalSteps).toBeUndefined();
    const loss = { name: 'cross-entropy', labelSmoothing: 0.1 } as const;
    const smoother = await trained({ epochs: 1, training: { loss } }, 'smoother');
    expect(smoother.config).toMatchObject({ training: { loss }, finalTraining: {} });
    expect(smoother.config.finalTraining.labelSmoothing).toBeUndefined();
  });
});

/** A run in `out` that ends after its first evaluation. */
async function interrupted(options: Partial<AutoCnnOptions> = {}): Promise<void> {
  const abort = new AbortController();
  const onEvaluationEnd = () => abort.abort();
  const run = small({ signal: abort.signal, extraCallbacks: [{ onEvaluationEnd }], ...options }).run();
  await expect(run).rejects.toThrow(InterruptedError);
}

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
