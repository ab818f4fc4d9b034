// A runtime whose arithmetic is a little off: what another processor is to ours.

import type { Runtime, RuntimeTensor } from '../../src/engine/runtime.ts';

/** What a step has written, by name: into the tensors that it was given, where there were any. */
type Outputs = Readonly<Record<string, RuntimeTensor>>;

/**
 * The given runtime, but for what each step of training comes to.
 *
 * @param alter  changes it; by default, the last bit of the first parameter.
 */
export function alteredRuntime(
  runtime: Runtime,
  alter: (outputs: Outputs, session: number) => void = flipFirstParameter,
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
          const given = Object.entries(fetches).filter((entry): entry is [string, RuntimeTensor] => entry[1] !== null);
          alter({ ...outputs, ...Object.fromEntries(given) }, number);
          return outputs;
        },
        release: () => session.release(),
      };
    },
  };
}

export function flipFirstParameter({ next_parameters: next }: Outputs): void {
  const values = next?.data;
  if (!(values instanceof Float32Array)) return;
  const bits = new DataView(values.buffer, values.byteOffset, 4);
  bits.setUint32(0, bits.getUint32(0, true) ^ 1, true);
}
