import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPORTABLE, largestDifference } from '../../test/support/exported.ts';
import { runtime } from '../../test/support/run-graph.ts';
import { noiseImages } from '../../test/support/small-model.ts';
import { DeployedModel } from '../engine/scoring/deployed-model.ts';
import { toFloat16 } from './compress-weights.ts';
import { compressedOnnx } from './onnx.ts';

/** IEEE 754 binary16, as the standard defines it. */
function fromFloat16(bits: number): number {
  const [sign, exponent, mantissa] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

describe('toFloat16', () => {
  it('gives back every float16 that there is', () => {
    const all = Array.from({ length: 0x7c00 }, (_, bits) => bits);
    expect(all.filter((bits) => toFloat16(fromFloat16(bits)) !== bits)).toEqual([]);
    expect(all.filter((bits) => bits > 0 && toFloat16(-fromFloat16(bits)) !== (bits | 0x8000))).toEqual([]);
  });

  it('takes the nearest, of two equally near the even one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }), (bits, share) => {
        const [low, high] = [fromFloat16(bits), fromFloat16(bits + 1)];
        const value = Math.fround(low + share * (high - low));
        const middle = (low + high) / 2;
        const expected = value === middle ? bits + (bits % 2) : value < middle ? bits : bits + 1;
        expect(toFloat16(value)).toBe(expected);
      }),
      {
        seed: 1,
        numRuns: 2000,
        examples: [
          [0, 0.5],
          [1, 0.5],
          [0x3ff, 0.5],
          [0x3c00, 0.5],
          [0x3c01, 0.5],
        ],
      },
    );
  });

  it('takes the largest where the value is beyond all', () => {
    for (const value of [65_504, 65_519, 65_520, 1e30, Number.POSITIVE_INFINITY]) {
      expect(fromFloat16(toFloat16(value))).toBe(65_504);
      expect(fromFloat16(toFloat16(-value))).toBe(-65_504);
    }
  });
});

describe.each(EXPORTABLE)('compressed weights: $name', ({ model }) => {
  it.each([
    ['fp16', 0.002, 0.5],
    ['int8', 0.06, 0.25],
  ] as const)('%s: run in the same runtime and answer nearly alike', async (precision, tolerance, share) => {
    const bytes = compressedOnnx(model, precision);
    const deployed = await DeployedModel.load(runtime, bytes, 'compressed');
    expect(deployed.metadata).toEqual(model.metadata);
    const input = model.metadata.input;
    const { probabilities } = await deployed.predict(noiseImages(100, input), input);
    await deployed.release();
    const difference = await largestDifference(model, probabilities);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(tolerance);
    const weights = model.network.layout.parameters.filter(({ shape }) => shape.length > 1);
    const saved = weights.reduce((sum, { size }) => sum + 4 * size, 0) * (1 - share);
    // Each weight has a node, and in int8 a step for each channel.
    expect(model.bytes.length - bytes.length).toBeGreaterThan(saved - 400 * weights.length);
  });
});
