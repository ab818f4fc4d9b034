// What each setting of a training does, beyond optimiser and schedule.

import { describe, expect, it } from 'vitest';
import { runtime } from '../../test/support/run-graph.ts';
import { brightOrDark, TOY_TRAINING, toyNetwork } from '../../test/support/toy-data.ts';
import { createRng } from '../random/rng.ts';
import { type TrainingData, type TrainingSettings, train } from './training/train.ts';

const examples = brightOrDark(48);
const data: TrainingData = {
  examples,
  train: Int32Array.from({ length: 32 }, (_, i) => i),
  validation: Int32Array.from({ length: 16 }, (_, i) => 32 + i),
};
const run = (changes: Partial<TrainingSettings> = {}, on: TrainingData = data) =>
  train(runtime, toyNetwork('2-4-max'), { ...TOY_TRAINING, ...changes }, on, createRng(1));

const usual = await run();

describe('a training setting', () => {
  it.each<[string, Partial<TrainingSettings>]>([
    ['mean squared error', { loss: { name: 'mean-squared-error' } }],
    ['label smoothing', { loss: { name: 'cross-entropy', labelSmoothing: 0.2 } }],
    ['class weights', { classWeights: [1, 3] }],
    ['augmentation', { augmentation: { padAndCrop: 1 } }],
    ['warm-up', { warmUpEpochs: 2 }],
    ['AdamW', { optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 } }],
    [
      'Muon',
      { optimiser: { name: 'muon', momentum: 0.95, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.05 } },
    ],
    ['RMSprop', { optimiser: { name: 'rmsprop', rho: 0.9, epsilon: 1e-7, weightDecay: 0 } }],
    ['Nesterov', { optimiser: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0 } }],
  ])('%s changes the training, and the same way each time', async (_, changes) => {
    const [changed, again] = [await run(changes), await run(changes)];
    expect(changed.best.parameters).not.toEqual(usual.best.parameters);
    expect(again).toEqual(changed);
    expect(changed.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  it('of balanced class weights is that of n / (K · n of the class)', async () => {
    const train: number[] = [];
    for (const [i, label] of examples.labels.entries()) if (label === 0 || i < 8) train.push(i);
    const uneven = { ...data, train: Int32Array.from(train) };
    const ones = uneven.train.filter((i) => examples.labels[i] === 1).length;
    const weights = [train.length / (2 * (train.length - ones)), train.length / (2 * ones)];
    expect(weights[1]).toBeGreaterThan(weights[0] ?? 0);
    expect(await run({ classWeights: 'balanced' }, uneven)).toEqual(await run({ classWeights: weights }, uneven));
  });

  it('of metrics records them, and the first is the fitness', async () => {
    const { history, fitness, bestEpoch } = await run({ metrics: ['macro-f1', 'top-2', 'accuracy'] });
    for (const { metrics } of history) expect(Object.keys(metrics ?? {})).toEqual(['macro-f1', 'top-2']);
    expect(history.map(({ metrics }) => metrics?.['top-2'])).toEqual(history.map(() => 1));
    expect(fitness).toBe(history[bestEpoch - 1]?.metrics?.['macro-f1']);
    expect(usual.history[0]).not.toHaveProperty('metrics');
  });

  it('of early stopping ends it after the given number of epochs without a better fitness', async () => {
    const { history, bestEpoch } = await run({ epochs: 30, earlyStoppingPatience: 2 });
    expect(history).toHaveLength(bestEpoch + 2);
    expect(history.length).toBeLessThan(30);
  });

  it('of other validation examples scores those', async () => {
    const flipped = { ...examples, labels: examples.labels.map((label) => 1 - label) };
    const other = await run({}, { ...data, validationExamples: flipped });
    for (const [i, { validationAccuracy }] of other.history.entries()) {
      expect(validationAccuracy).toBeCloseTo(1 - (usual.history[i]?.validationAccuracy ?? 0), 12);
    }
  });
});
