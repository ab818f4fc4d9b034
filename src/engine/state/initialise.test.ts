import { describe, expect, it } from 'vitest';
import { toyNetwork } from '../../../test/support/toy-data.ts';
import type { ParameterSpec } from '../../network/parameters.ts';
import { createRng } from '../../random/rng.ts';
import { initialiseState } from './initialise.ts';

const { layout } = toyNetwork('16-8-max');
const slice = (flat: Float32Array, { offset, size }: ParameterSpec) => flat.slice(offset, offset + size);
const specOf = (specs: readonly ParameterSpec[], name: string): ParameterSpec => {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new Error(`no tensor ${name}`);
  return spec;
};

describe('initialiseState', () => {
  const state = initialiseState(layout, createRng(1));

  it.each([
    // √(6 / (fan in + fan out)), fans with the 3×3 positions.
    ['layers.0.conv1.weight', Math.sqrt(6 / (9 + 144))],
    ['layers.0.conv2.weight', Math.sqrt(6 / (144 + 72))],
    ['layers.0.shortcut.weight', Math.sqrt(6 / (1 + 8))],
    ['head.dense.weight', Math.sqrt(6 / (128 + 2))],
  ])('draws %s uniformly within Glorot’s limit', (name, limit) => {
    const values = slice(state.parameters, specOf(layout.parameters, name));
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.8 * limit);
    expect(Math.min(...values)).toBeLessThan(0);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    // Four standard errors of a uniform variable's mean.
    expect(Math.abs(mean)).toBeLessThan((4 * limit) / Math.sqrt(3 * values.length));
  });

  it('starts biases, offsets and running means at 0, scales and running variances at 1', () => {
    for (const spec of layout.parameters.filter(({ name }) => !name.endsWith('weight'))) {
      const expected = new Float32Array(spec.size).fill(spec.name.endsWith('scale') ? 1 : 0);
      expect(slice(state.parameters, spec), spec.name).toEqual(expected);
    }
    for (const spec of layout.statistics) {
      const expected = new Float32Array(spec.size).fill(spec.name.endsWith('variance') ? 1 : 0);
      expect(slice(state.statistics, spec), spec.name).toEqual(expected);
    }
  });

  it('draws the same for the same seed, something else for another', () => {
    expect(initialiseState(layout, createRng(1))).toEqual(state);
    expect(initialiseState(layout, createRng(2)).parameters).not.toEqual(state.parameters);
  });

  it('draws each tensor from a stream of its name: layers behind it change nothing', () => {
    const longer = toyNetwork('16-8-max-4-4').layout;
    const other = initialiseState(longer, createRng(1)).parameters;
    for (const name of ['layers.0.conv1.weight', 'layers.0.conv2.weight', 'layers.0.shortcut.weight']) {
      const expected = slice(state.parameters, specOf(layout.parameters, name));
      expect(slice(other, specOf(longer.parameters, name))).toEqual(expected);
    }
  });

  it('does not depend on what was drawn from the stream before', () => {
    const used = createRng(1);
    used.uniform();
    expect(initialiseState(layout, used)).toEqual(state);
  });

  it('draws different numbers for tensors of one shape', () => {
    const twins = toyNetwork('4-4-4-4').layout;
    const { parameters } = initialiseState(twins, createRng(1));
    const [a, b] = ['layers.0.conv2.weight', 'layers.1.conv2.weight'].map((name) =>
      slice(parameters, specOf(twins.parameters, name)),
    );
    expect(a).not.toEqual(b);
  });

  it('pins the first weights of a seed', () => {
    expect(Array.from(state.parameters.subarray(0, 3))).toMatchInlineSnapshot(`
      [
        -0.07430565357208252,
        0.013230317272245884,
        -0.17258554697036743,
      ]
    `);
  });
});
