import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../data/set/dataset.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { type AutoCnnOptions, placeOfOption, toSearchConfig } from './auto-cnn-options.ts';

const translated = (options: Partial<AutoCnnOptions>) => toSearchConfig({ dataset: 'mnist', ...options });
const resolved = (options: Partial<AutoCnnOptions>) => resolveConfig(translated(options), placeOfOption);

describe('toSearchConfig', () => {
  it('leaves everything but the data to the defaults of the configuration', () => {
    expect(toSearchConfig({ dataset: 'mnist' })).toEqual({ dataset: { source: 'mnist' } });
    const images = { data: new Uint8Array(4), shape: [1, 2, 2] };
    const dataset = { xTrain: images, yTrain: [0], xTest: images, yTest: [0] };
    expect(toSearchConfig({ dataset })).toEqual({ dataset: { source: 'arrays' } });
    expect(toSearchConfig({ dataset: { ...dataset, name: 'mine' } })).toEqual({ dataset: { source: 'mine' } });
  });

  it('keeps how the data is loaded beside its source, whoever loads it', () => {
    const asked = { source: './photos', size: { height: 32, width: 24 }, channels: 'grey', layout: 'nchw' } as const;
    expect(translated({ dataset: asked })).toEqual({ dataset: asked });
    const loaded = { name: 'photos', origin: { ...asked, test: 0.2, seed: 4 }, train: {}, test: {} };
    expect(translated({ dataset: loaded as unknown as Dataset })).toEqual({ dataset: loaded.origin });
    const made = { name: 'mine', train: {}, test: {} };
    expect(translated({ dataset: made as unknown as Dataset })).toEqual({ dataset: { source: 'mine' } });
    expect(() => resolved({ dataset: { ...asked, sizes: 3 } as object as Dataset })).toThrow(
      /sizes.*did you mean size/,
    );
  });

  it('gives every option to the key of the configuration that it stands for', () => {
    expect(
      translated({
        populationSize: 5,
        maximalGenerationNumber: 4,
        epochNumber: 3,
        seed: 42,
        workers: 2,
        optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.8 },
        loss: 'sparse_categorical_crossentropy',
        metrics: ['categorical_accuracy', 'macro-f1', 'top_k_categorical_accuracy'],
        crossoverProbability: 0.8,
        mutationProbability: 0.3,
        mutationOperationDistribution: [0.4, 0.3, 0.2, 0.1],
        searchSpace: { channels: [32, 64], maxDepth: 5 },
        outputLayer: [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes', activation: 'softmax' }],
        objectives: ['accuracy', 'parameters'],
        pick: 'knee',
        logsDir: 'logs',
        fitnessCache: 'fitness.jsonl',
        checkpointDir: 'checkpoints',
        strategy: 'random',
        settings: { finalEpochs: 7, training: { batchSize: 32, schedule: { name: 'cosine' } } },
      }),
    ).toEqual({
      dataset: { source: 'mnist' },
      population: 5,
      generations: 4,
      seed: 42,
      workers: 2,
      crossoverProbability: 0.8,
      mutationProbability: 0.3,
      mutationWeights: [0.4, 0.3, 0.2, 0.1],
      searchSpace: { channels: [32, 64], maxDepth: 5 },
      outputLayer: [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes', activation: 'softmax' }],
      objectives: ['accuracy', 'parameters'],
      pick: 'knee',
      logsDir: 'logs',
      fitnessCache: 'fitness.jsonl',
      checkpointDir: 'checkpoints',
      finalEpochs: 7,
      strategy: 'random',
      training: {
        epochs: 3,
        batchSize: 32,
        optimizer: { name: 'sgd', momentum: 0.8 },
        learningRate: 0.01,
        schedule: { name: 'cosine' },
        loss: { name: 'cross-entropy' },
        metrics: ['accuracy', 'macro-f1', 'top-5'],
      },
    });
  });

  it('takes short forms and our own', () => {
    const training = (options: Partial<AutoCnnOptions>) => translated(options).training;
    expect(training({ optimizer: 'rmsprop' })).toEqual({ optimizer: { name: 'rmsprop' } });
    expect(training({ optimizer: { name: 'adam' } })).toEqual({ optimizer: { name: 'adam' } });
    expect(training({ loss: 'categorical_crossentropy' })).toEqual({ loss: { name: 'cross-entropy' } });
    expect(training({ loss: 'mean_squared_error' })).toEqual({ loss: { name: 'mean-squared-error' } });
    const loss = { name: 'cross-entropy', labelSmoothing: 0.1 } as const;
    expect(training({ loss })).toEqual({ loss });
  });

  it('lets a preset fill in what is not given', () => {
    const config = resolved({ preset: 'autocnn', epochNumber: 5 });
    expect(config).toMatchObject({
      population: 5,
      searchSpace: { channels: [32, 64, 128, 256, 512], maxDepth: 5 },
      training: { epochs: 5, learningRate: 0.001, schedule: { name: 'constant' } },
    });
  });

  it.each<[string, object, string]>([
    [
      'an option of another name',
      { populationsize: 5 },
      'populationsize is not an option of AutoCNN; did you mean populationSize?',
    ],
    [
      'a loss there is not',
      { loss: 'mean_square_error' },
      /^loss must be one of .*received "mean_square_error"; did you mean mean_squared_error\?$/.source,
    ],
    ['a metric there is not', { metrics: ['acuracy'] }, /^metrics must be one of .*did you mean accuracy\?$/.source],
    [
      'an option among the settings',
      { settings: { population: 5 } },
      'settings.population is an option of its own: give it as populationSize',
    ],
    [
      'one among those of the training',
      { settings: { training: { learningRate: 1 } } },
      'settings.training.learningRate is an option of its own: give it as optimizer.learningRate',
    ],
    ['a preset there is not', { preset: 'autocn' }, '^preset must be one of .*did you mean autocnn'],
    ['a population of one', { populationSize: 1 }, '^populationSize must be at least 2, received 1$'],
    [
      'half a generation',
      { maximalGenerationNumber: 1.5 },
      '^maximalGenerationNumber must be a whole number, received 1.5$',
    ],
    ['no epoch', { epochNumber: 0 }, '^epochNumber must be at least 1, received 0$'],
    ['an optimiser there is not', { optimizer: 'adm' }, '^optimizer.name must be one of .*did you mean adam'],
    [
      'a wrong setting of an optimiser',
      { optimizer: { name: 'sgd', momentum: 2 } },
      '^optimizer.momentum must be less than 1, received 2$',
    ],
    [
      'a learning rate of zero',
      { optimizer: { name: 'sgd', learningRate: 0 } },
      '^optimizer.learningRate must be greater than 0, received 0$',
    ],
    [
      'weights that do not add up',
      { mutationOperationDistribution: [1, 1, 0, 0] },
      '^mutationOperationDistribution must add up to 1',
    ],
    ['a wrong part of the search space', { searchSpace: { maxDepth: 0 } }, '^searchSpace.maxDepth must be at least 1'],
    [
      'a setting there is not',
      { settings: { finalEpoch: 2 } },
      '^settings.finalEpoch is not a known key; did you mean finalEpochs',
    ],
    [
      'a wrong setting',
      { settings: { training: { batchSize: 0 } } },
      '^settings.training.batchSize must be at least 1',
    ],
    ['a wrong layer', { outputLayer: [{ type: 'flat' }] }, '^outputLayer.0.type must be one of .*did you mean flatten'],
  ])('refuses %s, in the words of its user', (_, options, message) => {
    expect(() => resolved(options)).toThrow(new RegExp(message));
  });
});
