// Processes that take training steps on noise, each on one thread, to measure how fast several do so side by side. Their
// start and the first steps are not counted.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BatchBuffers } from '../../dist/engine/batch-buffers.js';
import { chooseLowering, withLowering } from '../../dist/engine/lowering/choose-lowering.js';
import { loadNodeRuntime } from '../../dist/engine/node/onnxruntime-node.js';
import { initialiseState } from '../../dist/engine/state/initialise.js';
import { TrainingSession } from '../../dist/engine/training/training-session.js';
import { createRng, parseGenome } from '../../dist/index.js';
import { madeUpNormalisation } from '../../dist/network/normalisation.js';
import { createNetwork } from '../../dist/network/training-graph.js';

const IMAGES = 10_000;
const WARM_UP = 5;

if (process.argv[1] === fileURLToPath(import.meta.url)) await step(JSON.parse(process.argv[2]));

/**
 * Starts processes for a training: its `genome`, the `input` of its images, its `batch`, its `optimiser`.
 *
 * @returns `rateOf(seconds, which)`: images per second of some of them, all unless given, together; and `end()`.
 */
export async function startSteppers(count, training) {
  const children = Array.from({ length: count }, () =>
    fork(fileURLToPath(import.meta.url), [JSON.stringify(training)]),
  );
  await Promise.all(children.map(answerOf));
  return {
    async rateOf(seconds, which = [...children.keys()]) {
      const some = which.map((i) => children[i]);
      const answers = some.map(answerOf);
      for (const child of some) child.send(seconds);
      return (await Promise.all(answers)).reduce((sum, rate) => sum + rate, 0);
    },
    end() {
      for (const child of children) child.disconnect();
    },
  };
}

/** Pixels of images, one after the other. */
export function noisePixels(count, { height, width, channels }) {
  return Uint8Array.from({ length: count * height * width * channels }, (_, i) => (i * 7919) % 256);
}

/** In a child process: on each request, trains for the requested number of seconds and replies with its rate. */
async function step({ genome, input, batch, optimiser }) {
  const rng = createRng('steppers');
  const runtime = await loadNodeRuntime();
  const { name } = await chooseLowering(runtime, 'auto');
  const problem = { input, classes: 10 };
  const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));
  const initial = initialiseState(network.layout, rng);
  const session = await TrainingSession.create(await withLowering(runtime, name), network, optimiser, initial, 0.9);
  const pixels = noisePixels(IMAGES, input);
  const labels = Int32Array.from({ length: IMAGES }, (_, i) => i % 10);
  const order = rng.shuffle(Int32Array.from(labels.keys()));
  const buffers = new BatchBuffers(runtime, input, batch);
  let next = 0;
  const takeStep = async () => {
    if (next + batch > IMAGES) next = 0;
    await session.step(buffers.fill({ count: IMAGES, pixels, labels }, order, next, batch), 1e-4);
    next += batch;
  };
  for (let i = 0; i < WARM_UP; i++) await takeStep();
  process.on('message', async (seconds) => {
    const began = performance.now();
    let images = 0;
    while (performance.now() - began < 1000 * seconds) {
      await takeStep();
      images += batch;
    }
    process.send((1000 * images) / (performance.now() - began));
  });
  process.send('ready');
}

function answerOf(child) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`a child ended with exit code ${code}`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.removeListener('exit', onExit);
      resolve(answer);
    });
  });
}
