// The built package from the outside: the example of its documentation, and those in `examples/`, on real images.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AutoCNN, type AutoCnnOptions, loadDataset, type SearchSummary } from 'auto-cnn';
import { afterAll, expect, it, vi } from 'vitest';
import { openRunFolder, readSummary } from '../src/search/run/run-folder.ts';
import { pixelsOf } from './support/data-fixtures.ts';

const { argv } = process;

afterAll(() => {
  process.argv = argv;
});

it('searches with the options of the Python package, in child processes, and calls back', async () => {
  const { train, test } = await loadDataset('mnist');
  const xTest = { data: pixelsOf(test).slice(0, 50 * 784), shape: [50, 28, 28] };
  const yTest = test.labels.slice(0, 50);
  const heard = { epochs: 0, generations: 0, evaluations: 0, finals: 0 };
  const options: AutoCnnOptions = {
    populationSize: 5,
    maximalGenerationNumber: 1,
    epochNumber: 3,
    seed: 42,
    workers: 2,
    dataset: {
      xTrain: { data: pixelsOf(train).slice(0, 100 * 784), shape: [100, 28, 28] },
      yTrain: train.labels.slice(0, 100),
      xTest,
      yTest,
    },
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
    crossoverProbability: 0.9,
    mutationProbability: 0.2,
    mutationOperationDistribution: [0.7, 0.1, 0.1, 0.1],
    searchSpace: { channels: [32, 64, 128, 256, 512], maxDepth: 2 },
    outputLayer: [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes', activation: 'softmax' }],
    fitnessCache: 'fitness.json',
    logsDir: 'logs',
    checkpointDir: 'checkpoints',
    extraCallbacks: [
      {
        onEpochEnd: () => void heard.epochs++,
        onGeneration: () => void heard.generations++,
        onEvaluationEnd: ({ final }) => void (final ? heard.finals++ : heard.evaluations++),
      },
    ],
  };
  const best = await new AutoCNN(options).run();
  const summary = summaryOf(best.folder);
  expect(`${best}`).toBe(summary?.genome);
  expect(genesOutside(`${best}`, ['32', '64', '128', '256', '512', 'max', 'mean'])).toEqual([]);
  const { loss, accuracy } = await best.evaluate();
  expect({ loss, accuracy }).toEqual({ loss: summary?.testLoss, accuracy: summary?.testAccuracy });
  const { labels } = await best.predict(xTest);
  expect(labels.filter((label, i) => label === yTest[i]).length / yTest.length).toBe(accuracy);
  expect(best.folder).toBe(join(process.cwd(), 'runs', 'arrays-1'));
  expect(heard.generations).toBe(2);
  expect(heard.epochs).toBe(3 * (heard.evaluations + heard.finals));
  expect(heard.finals).toBe(1);
  expect(readdirSync('logs')).toEqual(['arrays-1']);

  // The file and the folder are there now: nothing is trained again.
  const again = await new AutoCNN(options).run();
  const { evaluations, reused } = summaryOf(again.folder) ?? {};
  expect(evaluations).toBeGreaterThanOrEqual(5);
  expect(reused).toBe(evaluations);
  expect(`${again}`).toBe(`${best}`);
  expect(await again.evaluate()).toEqual({ loss, accuracy });
});

it('stops evaluations and the final training in child processes', async () => {
  const dataset = await loadDataset('mnist');
  const fates: unknown[] = [];
  await new AutoCNN({
    populationSize: 2,
    maximalGenerationNumber: 0,
    epochNumber: 50,
    dataset,
    workers: 2,
    searchSpace: { channels: [8], maxDepth: 2 },
    settings: { trainLimit: 300, finalEpochs: 50 },
    extraCallbacks: [
      {
        onEpochEnd: ({ epoch }, { stopEvaluation }) => (epoch === 2 ? stopEvaluation() : undefined),
        onEvaluationEnd: ({ history, stopped, final }) => void fates.push([history.length, stopped, final]),
      },
    ],
  }).run();
  expect(new Set(fates.map(String))).toEqual(new Set(['2,true,false', '2,true,true']));
});

it('runs the MNIST example on a small sample', { timeout: 300_000 }, async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  process.argv = [process.execPath, 'mnist.js', '60'];
  await import('../examples/mnist.ts');
  const [genome, score] = log.mock.lastCall ?? [];
  expect(log.mock.calls.length).toBeGreaterThan(5);
  log.mockRestore();
  const summary = summaryOf(join('runs', 'mnist-2'));
  expect([genome, score]).toEqual([summary?.genome, { loss: summary?.testLoss, accuracy: summary?.testAccuracy }]);
  expect(score.accuracy).toBeGreaterThan(0.3);
  expect(existsSync(join('runs', 'mnist-2', 'model.onnx'))).toBe(true);
});

function summaryOf(run: string): SearchSummary | undefined {
  return readSummary(openRunFolder(run).folder);
}

function genesOutside(genome: string, allowed: readonly string[]): string[] {
  return genome.split('-').filter((gene) => gene !== '' && !allowed.includes(gene));
}
