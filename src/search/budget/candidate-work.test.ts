import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../run/resolve-config.ts';
import { scoredImages, searchImages, usedImages } from './candidate-work.ts';

const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const data = { trainExamples: 1200, testExamples: 300, problem };
const parts = { ...data, validationExamples: 240 };
const configWith = (settings: object) => resolveConfig({ dataset: { source: 'mnist' }, ...settings }, 'the test');

describe('the images of a run', () => {
  it('are those of the training part, of which a share is held out', () => {
    const config = configWith({ validation: 0.25, trainLimit: 1000 });
    expect(usedImages(config, data)).toBe(1000);
    expect(searchImages(config, data)).toEqual({ train: 750, validation: 250 });
    expect(usedImages(configWith({}), data)).toBe(1200);
  });

  it('are those of the training and the validation part of the data', () => {
    const config = configWith({ validation: 'part' });
    expect(usedImages(config, parts)).toBe(1440);
    expect(searchImages(config, parts)).toEqual({ train: 1200, validation: 240 });
  });

  it('are at most as many of each part as the limits say', () => {
    const config = configWith({ validation: 'part', trainLimit: 200, searchLimit: 150 });
    expect(usedImages(config, parts)).toBe(400);
    expect(searchImages(config, parts)).toEqual({ train: 200, validation: 200 });
    expect(scoredImages(config, parts)).toBe(150);
  });

  it('are scored on the test part where that is asked for, and all the same trained on both others in the end', () => {
    const config = configWith({ validation: 'part', fitnessOn: 'test' });
    expect(searchImages(config, parts)).toEqual({ train: 1200, validation: 300 });
    expect(usedImages(config, parts)).toBe(1440);
  });
});
