// A web worker that trains: it does one job after the other.

import { engineKind } from '../../../dist/engine/engine-kind.js';
import { withLowering } from '../../../dist/engine/lowering/choose-lowering.js';
import { openTrainingStep } from '../../../dist/engine/measure.js';
import { loadWebRuntime } from '../../../dist/engine/web/load-web-runtime.js';
import { parseGenome } from '../../../dist/genome/text.js';
import { madeUpNormalisation } from '../../../dist/network/normalisation.js';
import { createNetwork } from '../../../dist/network/training-graph.js';
import { searchInMemory } from './search-in-memory.mjs';

const runtimes = new Map();
const opened = new Map();

function runtimeOf(device) {
  const loaded = runtimes.get(device) ?? loadWebRuntime(device);
  runtimes.set(device, loaded);
  return loaded;
}

const JOBS = {
  /** The kind of engine of a device; if asked, as it is without a memory of its own. */
  kind: async ({ device, lowering, inMainMemory = false }) => {
    const runtime = await runtimeOf(device);
    return engineKind(inMainMemory ? { ...runtime, memory: undefined } : runtime, lowering);
  },

  /** Tells the page what a page that is closed would lose. */
  search: async ({ device, ...search }) =>
    searchInMemory({ ...search, runtime: await runtimeOf(device), keep: (kept) => postMessage({ kept }) }),

  /** Runs models once each; what fails is an error in its place. */
  models: async ({ device, models }) => {
    const runtime = await runtimeOf(device);
    const answers = [];
    for (const model of models)
      answers.push(await runModel(runtime, model).catch((error) => ({ error: String(error) })));
    return answers;
  },

  /** Adapters that a browser may have: none, or one with these limits. */
  adapter: async ({ limits }) => {
    const adapter = limits === undefined ? null : { limits };
    return loadWebRuntime('webgpu', { requestAdapter: async () => adapter });
  },

  /** Milliseconds of training steps, one after the other, of a training that goes on with the next such job. */
  steps: async ({ device, lowering, genome, problem, batch, count }) => {
    const key = `${device} ${lowering}`;
    const engine = await withLowering(await runtimeOf(device), lowering);
    const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));
    const { run } = opened.get(key) ?? (await openTrainingStep(engine, network, batch));
    opened.set(key, { run });
    const times = [];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      await run();
      times.push(performance.now() - began);
    }
    return times;
  },
};

async function runModel(runtime, { bytes, feeds, outputs }) {
  const session = await runtime.createSession(bytes);
  const tensors = feeds.map(({ name, dtype, data, dims }) => [name, runtime.createTensor(dtype, data, dims)]);
  const answers = await session.run(
    Object.fromEntries(tensors),
    Object.fromEntries(outputs.map((name) => [name, null])),
  );
  await session.release();
  return outputs.map((name) => ({ data: answers[name].data, dims: answers[name].dims }));
}

addEventListener('message', async ({ data: { job, input } }) => {
  try {
    postMessage({ result: await JOBS[job](input) });
  } catch (error) {
    postMessage({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
});
