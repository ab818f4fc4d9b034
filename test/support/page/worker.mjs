// A web worker that trains: it does one job and answers.

import { engineKind } from '../../../dist/engine/engine-kind.js';
import { withLowering } from '../../../dist/engine/lowering/choose-lowering.js';
import { openTrainingStep } from '../../../dist/engine/measure.js';
import { loadWebRuntime } from '../../../dist/engine/web/load-web-runtime.js';
import { parseGenome } from '../../../dist/genome/text.js';
import { madeUpNormalisation } from '../../../dist/network/normalisation.js';
import { createNetwork } from '../../../dist/network/training-graph.js';
import { searchInMemory } from './search-in-memory.mjs';

const JOBS = {
  /** The kind of engine of a device. */
  kind: async ({ device, lowering }) => engineKind(await loadWebRuntime(device), lowering),

  search: async ({ device, config, dataset }) =>
    searchInMemory({ config, dataset, runtime: await loadWebRuntime(device) }),

  /** Runs a model once. */
  run: async ({ device, model, feeds, outputs }) => {
    const runtime = await loadWebRuntime(device);
    const session = await runtime.createSession(model);
    const tensors = Object.entries(feeds).map(([name, { dtype, data, dims }]) => [
      name,
      runtime.createTensor(dtype, data, dims),
    ]);
    const fetches = Object.fromEntries(outputs.map((name) => [name, null]));
    const answers = await session.run(Object.fromEntries(tensors), fetches);
    await session.release();
    return Object.fromEntries(Object.entries(answers).map(([name, { data, dims }]) => [name, { data, dims }]));
  },

  /** Adapters that a browser may have: none, or one with these limits. */
  adapter: async ({ limits }) => {
    const adapter = limits === undefined ? null : { limits };
    return loadWebRuntime('webgpu', { requestAdapter: async () => adapter });
  },

  /** Milliseconds of training steps, one after the other. */
  steps: async ({ device, lowering, genome, problem, batch, count }) => {
    const engine = await withLowering(await loadWebRuntime(device), lowering);
    const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));
    const { run, release } = await openTrainingStep(engine, network, batch);
    const times = [];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      await run();
      times.push(performance.now() - began);
    }
    await release();
    return times;
  },
};

addEventListener('message', async ({ data: { job, input } }) => {
  try {
    postMessage({ result: await JOBS[job](input) });
  } catch (error) {
    postMessage({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
});
