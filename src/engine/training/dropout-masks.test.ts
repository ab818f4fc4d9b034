import { describe, expect, it } from 'vitest';
import { runtime } from '../../../test/support/run-graph.ts';
import { everyLayer } from '../../network/every-layer.ts';
import { buildGradientGraph } from '../../network/training-graph.ts';
import { DropoutMasks } from './dropout-masks.ts';

/** Its dropout, of rate 0.25, is on 8 channels of 2×2 pixels. */
const graph = buildGradientGraph(everyLayer(), { batchSize: 200, takesMasks: true });

describe('DropoutMasks', () => {
  it('draws zeros at the rate of the layer, and ones', () => {
    const { mask0 } = new DropoutMasks(runtime, graph, 1).draw(1);
    const values = Array.from(mask0?.data ?? [], Number);
    expect(mask0?.dims).toEqual([200, 32]);
    expect(new Set(values)).toEqual(new Set([0, 1]));
    const zeros = values.filter((value) => value === 0).length / values.length;
    expect(zeros).toBeGreaterThan(0.22);
    expect(zeros).toBeLessThan(0.28);
  });

  it('depends on seed and step alone', () => {
    const maskOf = (seed: number, step: number) =>
      Array.from(new DropoutMasks(runtime, graph, seed).draw(step).mask0?.data ?? [], Number);
    expect(maskOf(1, 2)).toEqual(maskOf(1, 2));
    expect(maskOf(1, 2)).not.toEqual(maskOf(1, 3));
    expect(maskOf(1, 2)).not.toEqual(maskOf(2, 2));
  });

  it('has none where the runtime draws them', () => {
    expect(new DropoutMasks(runtime, buildGradientGraph(everyLayer(), { batchSize: 2 }), 1).draw(1)).toEqual({});
  });
});
