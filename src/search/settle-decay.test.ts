import { describe, expect, it } from 'vitest';
import { datasetFromArrays } from '../data/build/from-arrays.ts';
import type { Dataset } from '../data/set/dataset.ts';
import type { SearchConfigInput } from './config/config.ts';
import { openBalance } from './config/presets.ts';
import { resolveConfig } from './run/resolve-config.ts';
import { settleDecay } from './settle-decay.ts';

function dataOf(images: number): Dataset {
  const part = (count: number) => ({ data: new Uint8Array(count * 4), shape: [count, 2, 2] });
  const labels = (count: number) => Int32Array.from({ length: count }, (_, i) => i % 2);
  return datasetFromArrays({ xTrain: part(images), yTrain: labels(images), xTest: part(2), yTest: labels(2) });
}

const FEATURES = { fingerprint: 'f'.repeat(64), channels: 64, height: 1, width: 1 };
const BEHIND = { dataset: { source: 'arrays' }, backbone: { file: '/a.onnx', output: 'pooled', features: FEATURES } };

function settle(images: number, input: object = {}) {
  const given = { ...BEHIND, ...input } as SearchConfigInput;
  const config = resolveConfig(given, 'a test');
  return settleDecay({ ...config, balance: config.balance ?? openBalance(given) }, dataOf(images));
}

describe('settleDecay', () => {
  it.each([
    [100, 4.8],
    [150, 3.2],
    [1000, 0.48],
    [9600, 0.05],
    [20_000, 0.05],
  ])('gives %i images behind a backbone a weight decay of %d', (images, weightDecay) => {
    const { training, balance } = settle(images);
    expect(training.optimizer).toEqual({ ...resolveConfig(BEHIND, 'a test').training.optimizer, weightDecay });
    expect(balance).toContain('optimizer.weightDecay');
  });

  it('counts the images that the final training sees', () => {
    expect(settle(1000, { trainLimit: 100 }).training.optimizer.weightDecay).toBe(4.8);
  });

  it('grows with the root of the number of channels', () => {
    const features = { ...FEATURES, channels: 256 };
    expect(settle(100, { backbone: { ...BEHIND.backbone, features } }).training.optimizer.weightDecay).toBe(9.6);
  });

  it('leaves what is given, what a preset says, and optimisers that have none', () => {
    const decays = [
      { training: { optimizer: { name: 'muon', weightDecay: 0.05 } } },
      { training: { optimizer: { name: 'sgd' } } },
      { preset: 'autocnn' },
      { balance: [] },
    ].map((input) => settle(100, input).training.optimizer.weightDecay);
    expect(decays).toEqual([0.05, 0, 0, 0.05]);
  });

  it('changes nothing without a backbone, not even in the text of the configuration', () => {
    const plain = { dataset: { source: 'arrays' } };
    const config = resolveConfig(plain, 'a test');
    const settled = settleDecay({ ...config, balance: ['optimizer.weightDecay'] }, dataOf(100));
    expect(JSON.stringify(settled)).toBe(JSON.stringify(config));
  });

  it('decides again for other data, and without the backbone, from the configuration of a run', () => {
    const { backbone, ...stored } = JSON.parse(JSON.stringify(settle(100)));
    expect(settle(1000, stored).training.optimizer.weightDecay).toBe(0.48);
    expect(settle(100, { ...stored, backbone: undefined }).training.optimizer.weightDecay).toBe(0.05);
  });
});
