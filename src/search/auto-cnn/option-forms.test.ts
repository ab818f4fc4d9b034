import { expect, it } from 'vitest';
import { AutoCNN } from './auto-cnn.ts';
import type { AutoCnnOptions } from './auto-cnn-options.ts';

const of = (options: unknown) => () => new AutoCNN(options as AutoCnnOptions);
const dataset = 'mnist';

it.each<[string, unknown, string]>([
  ['no options', undefined, 'the options of AutoCNN must be an object, received nothing'],
  ['no data', {}, 'dataset must be text or an object, received nothing'],
  ['a number as data', { dataset: 42 }, 'dataset must be text or an object, received 42'],
  ['a single metric', { dataset, metrics: 'accuracy' }, 'metrics must be a list, received "accuracy"'],
  ['a head that is no list', { dataset, outputLayer: 5 }, 'outputLayer must be a list, received 5'],
  ['an optimiser of null', { dataset, optimizer: null }, 'optimizer must be text or an object, received null'],
  ['settings that are a number', { dataset, settings: 5 }, 'settings must be an object, received 5'],
  [
    'training settings of null',
    { dataset, settings: { training: null } },
    'settings.training must be an object, received null',
  ],
  ['a controller as signal', { dataset, signal: new AbortController() }, 'signal must be an AbortSignal, received {}'],
  ['a single callback', { dataset, extraCallbacks: { onEpochEnd() {} } }, 'extraCallbacks must be a list, received {}'],
  ['a callback of null', { dataset, extraCallbacks: [null] }, 'extraCallbacks.0 must be an object, received null'],
  [
    'a method that is never called',
    { dataset, extraCallbacks: [{}, { onEpochend() {} }] },
    'extraCallbacks.1.onEpochend is never called; did you mean onEpochEnd?',
  ],
])('AutoCNN refuses %s', (_, options, message) => {
  expect(of(options)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message }));
});

it('AutoCNN takes callbacks of a class, with fields of their own', () => {
  class Plotter {
    readonly screen = 'none';
    onEpochEnd() {}
    onlyHere() {}
  }
  expect(of({ dataset, extraCallbacks: [new Plotter()] })).not.toThrow();
});
