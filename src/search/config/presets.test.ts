import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../engine/training/schedule.ts';
import { createStrategy } from '../candidates/create-strategy.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import type { SearchConfig, SearchConfigInput } from './config.ts';

/** By key of the configuration: what the sources say, written down by hand. */
type Table = Readonly<Record<string, unknown>>;

const CLASSIFIER_ON_FEATURE_MAPS = [
  { type: 'flatten' },
  { type: 'dense', units: 'classes', activation: 'softmax' },
] as const;

/** The Python package's defaults; population and generations are those of its example. */
const PYTHON_PACKAGE: Table = {
  strategy: 'generational',
  population: 5,
  generations: 4,
  'searchSpace.channels': [32, 64, 128, 256, 512],
  'searchSpace.maxDepth': 5,
  'searchSpace.maxParameters': undefined,
  'searchSpace.maxFlops': null,
  'searchSpace.maxActivationBytes': undefined,
  crossoverProbability: 0.9,
  mutationProbability: 0.2,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  'training.optimizer': { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
  'training.learningRate': 0.001,
  'training.schedule': { name: 'constant' },
  'training.warmUpEpochs': 0,
  'training.batchSize': 64,
  'training.epochs': 1,
  'training.loss': { name: 'cross-entropy', labelSmoothing: 0 },
  'training.classWeights': undefined,
  'training.metrics': ['accuracy'],
  'training.augmentation': {},
  'training.earlyStoppingPatience': undefined,
  'training.statisticsMomentum': 0.99,
  outputLayer: CLASSIFIER_ON_FEATURE_MAPS,
  shortcut: 'always',
  fitnessOn: 'validation',
  finalEpochs: 1,
  validation: 0.2,
  trainLimit: undefined,
  searchLimit: null,
};

const PAPER: Table = {
  strategy: 'generational',
  population: 20,
  generations: 20,
  'searchSpace.channels': [64, 128, 256],
  'searchSpace.maxParameters': undefined,
  'searchSpace.maxFlops': null,
  'searchSpace.maxActivationBytes': undefined,
  crossoverProbability: 0.9,
  mutationProbability: 0.2,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  'training.optimizer': { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 5e-4 },
  'training.learningRate': 0.1,
  'training.warmUpEpochs': 0,
  'training.batchSize': 128,
  'training.epochs': 350,
  'training.loss': { name: 'cross-entropy', labelSmoothing: 0 },
  'training.classWeights': undefined,
  'training.metrics': ['accuracy'],
  'training.augmentation': { padAndCrop: 4, horizontalFlip: true },
  'training.earlyStoppingPatience': undefined,
  outputLayer: CLASSIFIER_ON_FEATURE_MAPS,
  shortcut: 'where-channels-differ',
  fitnessOn: 'validation',
  finalEpochs: 350,
  repeats: 5,
  validation: 0.1,
  trainLimit: undefined,
  searchLimit: null,
};

const FAST: Table = {
  strategy: 'generational',
  population: 6,
  generations: 3,
  'searchSpace.channels': [8, 16, 32],
  'searchSpace.maxDepth': 6,
  'searchSpace.maxFlops': 20e6,
  crossoverProbability: 0.9,
  mutationProbability: 0.5,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  'training.optimizer': { name: 'muon', momentum: 0.95, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.05 },
  'training.learningRate': 0.005,
  'training.schedule': { name: 'one-cycle', warmUp: 0.3 },
  'training.batchSize': 64,
  'training.epochs': 2,
  finalEpochs: 3,
  validation: 0.1,
  searchLimit: 4000,
};

describe('each preset has the values of its source', () => {
  it.each(Object.entries(PYTHON_PACKAGE))('autocnn: %s', (key, value) => {
    expect(valueAt(resolve({ preset: 'autocnn' }), key)).toEqual(value);
  });

  it.each(Object.entries(PAPER))('cnn-ga: %s', (key, value) => {
    expect(valueAt(resolve({ preset: 'cnn-ga' }), key)).toEqual(value);
  });

  it.each(Object.entries(FAST))('fast: %s', (key, value) => {
    expect(valueAt(resolve({ preset: 'fast' }), key)).toEqual(value);
  });

  it('fast: global average pooling behind the genome that it chooses itself', () => {
    const kinds = ({ outputLayer }: SearchConfig) => outputLayer.map(({ type }) => type);
    expect(kinds(resolve({ preset: 'fast', genome: 'auto', budget: '1m' }))).toEqual(['globalAveragePooling', 'dense']);
    expect(kinds(resolve({ preset: 'fast' }))).toEqual(['flatten', 'dense']);
    expect(kinds(resolve({ preset: 'autocnn', genome: 'auto', budget: '1m' }))).toEqual(['flatten', 'dense']);
  });

  it('cnn-ga: the learning rate of each of the 350 epochs', () => {
    const { epochs, learningRate, schedule } = resolve({ preset: 'cnn-ga' }).training;
    const rates = Array.from({ length: epochs }, (_, epoch) => {
      return learningRateAt(schedule, learningRate, 10 * epoch, 10 * epochs, 10);
    });
    expect(rates).toHaveLength(350);
    for (const [epoch, rate] of rates.entries()) {
      expect(rate).toBeCloseTo(epoch === 0 ? 0.01 : epoch <= 148 ? 0.1 : epoch <= 248 ? 0.01 : 0.001, 12);
    }
  });

  it.each(['fast', 'autocnn', 'cnn-ga'] as const)('%s can be searched on small grey images', (preset) => {
    const problem = { input: { height: 28, width: 28, channels: 1 }, classes: 10 };
    expect(() => createStrategy(resolve({ preset }), problem)).not.toThrow();
  });
});

describe('a preset', () => {
  it('is fast unless one is named', () => {
    expect(resolve({})).toEqual(resolve({ preset: 'fast' }));
  });

  it('gives way, key by key, to what the configuration says', () => {
    const config = resolve({
      preset: 'cnn-ga',
      population: 8,
      searchSpace: { maxDepth: 4, maxFlops: 1e8 },
      training: { epochs: 3, augmentation: { horizontalFlip: false } },
    });
    expect(config).toMatchObject({
      population: 8,
      generations: 20,
      searchSpace: { channels: [64, 128, 256], maxDepth: 4, maxFlops: 1e8 },
      training: { epochs: 3, batchSize: 128, augmentation: { padAndCrop: 4, horizontalFlip: false } },
    });
  });

  it('leaves no setting of its optimiser or schedule to another one', () => {
    const { optimizer, schedule } = resolve({
      preset: 'cnn-ga',
      training: { optimizer: { name: 'adam' }, schedule: { name: 'constant' } },
    }).training;
    expect(optimizer).toEqual({ name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 });
    expect(schedule).toEqual({ name: 'constant' });
  });

  it('has become its values in what is resolved, which resolves to itself', () => {
    for (const preset of ['fast', 'autocnn', 'cnn-ga'] as const) {
      const config = resolve({ preset });
      expect(config).not.toHaveProperty('preset');
      const stored: unknown = JSON.parse(JSON.stringify(config));
      expect(resolveConfig(stored, 'config.json')).toEqual(config);
    }
  });

  it('that does not exist is refused with the nearest name', () => {
    expect(() => resolveConfig({ preset: 'auto-cnn', dataset: { source: 'a' } }, 'search.json')).toThrow(
      'search.json: preset must be one of fast, autocnn, cnn-ga, received "auto-cnn"; did you mean autocnn?',
    );
  });
});

function resolve(input: Partial<SearchConfigInput>): SearchConfig {
  return resolveConfig({ dataset: { source: 'any' }, ...input }, 'the test');
}

function valueAt(tree: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, part) => (value instanceof Object ? Reflect.get(value, part) : undefined), tree);
}
