import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../src/search/config/config.ts';
import { resolveConfig } from '../src/search/run/resolve-config.ts';

const accepts = new Ajv({ strictTypes: false }).compile(configJsonSchema());

describe('schema/search-config.json', () => {
  it('is what the configuration’s schema generates (npm run schema)', () => {
    const published: unknown = JSON.parse(
      readFileSync(new URL('../schema/search-config.json', import.meta.url), 'utf8'),
    );
    expect(published).toEqual(configJsonSchema());
  });

  it.each([
    [true, {}],
    [true, { preset: 'cnn-ga', training: { optimizer: { weightDecay: 0.1 }, loss: { labelSmoothing: 0.1 } } }],
    [true, { preset: 'cnn-ga', training: { optimizer: { momentum: 0.8 }, schedule: { name: 'step' } } }],
    [true, { preset: 'cnn-ga', training: { optimizer: { name: 'adam', beta1: 0.8 }, schedule: {} } }],
    [true, { preset: 'autocnn', training: { optimizer: { beta1: 0.8 } } }],
    [true, { training: { optimizer: { name: 'sgd', momentum: 0.8 }, schedule: { name: 'cosine' } } }],
    [false, { preset: 'cnn-ga', training: { optimizer: { beta1: 0.8 } } }],
    [false, { preset: 'cnn-ga', training: { optimizer: { name: 'adam', momentum: 0.8 } } }],
    [false, { preset: 'autocnn', training: { optimizer: { momentum: 0.8 } } }],
    [false, { preset: 'autocnn', training: { schedule: { name: 'step' } } }],
    [false, { preset: 'autocnn', training: { optimizer: { beta1: 2 } } }],
    [false, { preset: 'fast', training: { optimizer: { beta1: 0.8 } } }],
    [false, { training: { optimizer: { weightDecay: 0.1 } } }],
    [false, { training: { schedule: { name: 'step' } } }],
    [false, { preset: 'paper' }],
  ])('agrees with the program: %j %j', (valid, content) => {
    const config = { dataset: { source: 'any' }, ...content };
    expect(accepts(config)).toBe(valid);
    const resolve = () => resolveConfig(config, 'the test');
    if (valid) expect(resolve).not.toThrow();
    else expect(resolve).toThrow();
  });
});
