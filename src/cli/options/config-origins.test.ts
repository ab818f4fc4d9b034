import { describe, expect, it } from 'vitest';
import { ALL_FLAGS, configFrom, readFlags } from './config-flags.ts';
import { settingsFrom } from './config-origins.ts';

const file = 'search.json';

/** Options as commander names them. */
const flags = (options: Record<string, string | boolean>) => readFlags(options, ALL_FLAGS);

function origins(content: unknown, data: string | undefined, options: Record<string, string | boolean>) {
  const settings = settingsFrom({ path: file, content }, data, flags(options));
  return Object.fromEntries(settings.map(({ key, value, from }) => [key, [value, from]]));
}

describe('settingsFrom', () => {
  it('says of each value what decided it: default, preset, file, flag', () => {
    const content = { preset: 'autocnn', population: 8, searchSpace: { maxDepth: 4 } };
    expect(origins(content, 'mnist', { generations: '2', tensorboard: false })).toMatchObject({
      'dataset.source': ['mnist', 'DATA'],
      seed: [1, 'default'],
      population: [8, file],
      generations: [2, '--generations'],
      'searchSpace.maxDepth': [4, file],
      'searchSpace.channels': [[32, 64, 128, 256, 512], 'preset autocnn'],
      'searchSpace.maxFlops': [null, 'preset autocnn'],
      'training.augmentation': [{}, 'default'],
      tensorboard: [false, '--no-tensorboard'],
    });
  });

  it('gives the values that the search would use', () => {
    const given = flags({ preset: 'cnn-ga', size: '8x9', epochs: '7' });
    const settings = settingsFrom(undefined, 'mnist', given);
    const config: unknown = configFrom(undefined, 'mnist', given);
    expect(settings.length).toBeGreaterThan(30);
    for (const { key, value } of settings) expect(config).toHaveProperty(key, value);
    expect(settings).toContainEqual({ key: 'dataset.size.width', value: 9, from: '--size' });
  });

  it('says that the epochs of the winner follow those of the candidates, where they do', () => {
    const finalEpochs = (content: unknown, options: Record<string, string>) =>
      origins(content, 'mnist', options).finalEpochs;
    expect(finalEpochs({}, { preset: 'autocnn', epochs: '5' })).toEqual([5, 'training.epochs']);
    expect(finalEpochs({}, { preset: 'autocnn', epochs: '5', finalEpochs: '9' })).toEqual([9, '--final-epochs']);
    expect(finalEpochs({ finalEpochs: 4 }, { preset: 'autocnn' })).toEqual([4, file]);
    expect(finalEpochs({}, {})).toEqual([3, 'default']);
  });

  it('leaves the data out where nothing names it, and finds it in the file', () => {
    expect(origins({}, undefined, {})['dataset.source']).toBeUndefined();
    expect(origins({ dataset: { source: 'a' } }, undefined, {})['dataset.source']).toEqual(['a', file]);
  });

  it('does not take settings of one optimiser for those of another', () => {
    expect(origins({}, 'mnist', { preset: 'cnn-ga', optimizer: 'adam' })).toMatchObject({
      'training.optimizer.name': ['adam', '--optimizer'],
      'training.optimizer.weightDecay': [0, 'default'],
    });
    const adam = { training: { optimizer: { name: 'adam', weightDecay: 0.1 } } };
    expect(origins(adam, 'mnist', { preset: 'cnn-ga', optimizer: 'sgd' })).toMatchObject({
      'training.optimizer.weightDecay': [5e-4, 'preset cnn-ga'],
    });
    expect(origins({ training: { optimizer: { weightDecay: 0.1 } } }, 'mnist', { preset: 'cnn-ga' })).toMatchObject({
      'training.optimizer.name': ['sgd', 'preset cnn-ga'],
      'training.optimizer.weightDecay': [0.1, file],
    });
  });
});
