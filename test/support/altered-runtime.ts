// A runtime whose arithmetic is a little off: what another processor is to ours.

import type { Runtime } from '../../src/engine/runtime.ts';

/** The given runtime, but for the last bit of the first parameter that each step of training comes to. */
export function alteredRuntime(runtime: Runtime): Runtime {
  return {
    ...runtime,
    async createSession(model, options) {
      const session = await runtime.createSession(model, options);
      return {
        async run(feeds, fetches) {
          const outputs = await session.run(feeds, fetches);
          const next = fetches.next_parameters?.data;
          if (next instanceof Float32Array) flipLastBit(next);
          return outputs;
        },
        release: () => session.release(),
      };
    },
  };
}

function flipLastBit(values: Float32Array): void {
  const bits = new DataView(values.buffer, values.byteOffset, 4);
  bits.setUint32(0, bits.getUint32(0, true) ^ 1, true);
}
