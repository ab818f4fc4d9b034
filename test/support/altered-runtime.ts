// A runtime whose arithmetic is a little off: what another processor is to ours.

import type { Runtime, RuntimeSession } from '../../src/engine/runtime.ts';

/** What a step writes, by name: null where it makes the tensor itself. */
type Fetches = Parameters<RuntimeSession['run']>[1];

/**
 * The given runtime, but for what each step of training comes to.
 *
 * @param alter  changes it; by default, the last bit of the first parameter.
 */
export function alteredRuntime(
  runtime: Runtime,
  alter: (fetches: Fetches, session: number) => void = flipFirstParameter,
): Runtime {
  let sessions = 0;
  return {
    ...runtime,
    async createSession(model, options) {
      const session = await runtime.createSession(model, options);
      const number = sessions++;
      return {
        async run(feeds, fetches) {
          const outputs = await session.run(feeds, fetches);
          alter(fetches, number);
          return outputs;
        },
        release: () => session.release(),
      };
    },
  };
}

export function flipFirstParameter({ next_parameters: next }: Fetches): void {
  const values = next?.data;
  if (!(values instanceof Float32Array)) return;
  const bits = new DataView(values.buffer, values.byteOffset, 4);
  bits.setUint32(0, bits.getUint32(0, true) ^ 1, true);
}
