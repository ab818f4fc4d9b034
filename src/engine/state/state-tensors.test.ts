import { describe, expect, it } from 'vitest';
import { runtime } from '../../../test/support/run-graph.ts';
import type { DeviceMemory, Runtime, RuntimeTensor } from '../runtime.ts';
import { StateTensors } from './state-tensors.ts';

const vector = (...values: number[]) => runtime.createTensor('float32', Float32Array.from(values), [values.length]);
const initial = { parameters: Float32Array.of(1, 2), momentum: Float32Array.of(3, 4) };

/** Main memory stands in for a device's. */
function withMemory(): { readonly engine: Runtime; readonly freed: number[][] } {
  const freed: number[][] = [];
  const memory: DeviceMemory = {
    read: async ({ data }) => (data as Float32Array).slice(),
    free: ({ data }) => freed.push(Array.from(data, Number)),
  };
  return { engine: { ...runtime, memory }, freed };
}

describe('StateTensors', () => {
  it('has two sets of buffers take turns', async () => {
    const state = new StateTensors(runtime, initial);
    const { current, fetches } = state;
    expect(Object.keys(fetches)).toEqual(['next_parameters', 'next_momentum']);
    (fetches.next_parameters?.data as Float32Array)[0] = 7;
    state.advance({});
    expect(state.current.parameters).toBe(fetches.next_parameters);
    expect(state.fetches.next_parameters).toBe(current.parameters);
    expect(await state.read('parameters')).toEqual(Float32Array.of(7, 2));
    expect(initial.parameters).toEqual(Float32Array.of(1, 2));
  });

  it('takes what a device with memory of its own has written, and frees what was read', async () => {
    const { engine, freed } = withMemory();
    const state = new StateTensors(engine, initial);
    expect(state.fetches).toEqual({ next_parameters: null, next_momentum: null });
    const outputs: Record<string, RuntimeTensor> = { next_parameters: vector(5, 6), next_momentum: vector(7, 8) };
    state.advance(outputs);
    expect(state.current).toEqual({ parameters: outputs.next_parameters, momentum: outputs.next_momentum });
    expect(freed).toEqual([
      [1, 2],
      [3, 4],
    ]);
    state.write({ ...initial, unknown: Float32Array.of(9) });
    expect(freed.slice(2)).toEqual([
      [5, 6],
      [7, 8],
    ]);
    expect(await state.read('momentum')).toEqual(Float32Array.of(3, 4));
    expect(await state.read('unknown')).toEqual(new Float32Array());
  });
});
