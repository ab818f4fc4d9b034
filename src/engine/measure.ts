// Measures how long a network takes on this machine: one training step, one inference.

import { median } from '../arithmetic/averages.ts';
import { imageSizeOf } from '../data/set/dataset.ts';
import { compileDeployable } from '../network/deployable-graph.ts';
import type { OptimiserSettings } from '../network/graph/optimiser.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';
import type { Network } from '../network/training-graph.ts';
import { createRng, type Rng } from '../random/rng.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { chooseLowering, type LoweringChoice, withLowering } from './lowering/choose-lowering.ts';
import type { Runtime } from './runtime.ts';
import { initialiseState } from './state/initialise.ts';
import { TrainingSession } from './training/training-session.ts';

export interface Timing {
  readonly batch: number;
  readonly threads: number;
  /** Median over the repeats. */
  readonly ms: number;
}

export interface MeasureOptions {
  readonly batch: number;
  /** Lowering of the training step. Default: the fastest that works. */
  readonly lowering?: LoweringChoice;
  /** Number of timed runs, after those that warm up. */
  readonly repeats?: number;
}

/** The first runs are slower, because they touch memory for the first time. A runtime may need more. */
const WARM_UP_RUNS = 2;
const ADAM: OptimiserSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

/** Time of one training step (forward, backward, Adam) on random images, on one thread. */
export async function measureTrainingStep(
  runtime: Runtime,
  network: Network,
  { batch, repeats = 12, lowering = 'auto' }: MeasureOptions,
): Promise<Timing> {
  const engine = await withLowering(runtime, (await chooseLowering(runtime, lowering)).name);
  const { run, release } = await openTrainingStep(engine, network, batch);
  try {
    return { batch, threads: 1, ms: await medianMs(engine, run, repeats) };
  } finally {
    await release();
  }
}

/** A training step (forward, backward, Adam) on random images, to be run as often as needed. */
export async function openTrainingStep(
  engine: Runtime,
  network: Network,
  batch: number,
): Promise<{ readonly run: () => Promise<unknown>; readonly release: () => Promise<void> }> {
  const rng = createRng('measure');
  const initial = initialiseState(network.layout, rng);
  const session = await TrainingSession.create(engine, network, ADAM, initial, 0.9);
  const { input, classes } = network.problem;
  const pixels = randomBytes(batch * imageSizeOf(input), rng);
  const labels = Int32Array.from({ length: batch }, () => rng.integer(0, classes - 1));
  const buffers = new BatchBuffers(engine, input, batch);
  const images = buffers.fill({ count: batch, pixels, labels }, Int32Array.from(labels.keys()), 0, batch);
  return { run: () => session.step(images, 1e-3), release: () => session.release() };
}

/** Time of one run of the deployable model on random images, on one thread. */
export async function measureInference(
  runtime: Runtime,
  network: Network,
  { batch, repeats = 30 }: MeasureOptions,
): Promise<Timing> {
  const rng = createRng('measure');
  const state = initialiseState(network.layout, rng);
  const session = await runtime.createSession(encodeOnnx(compileDeployable(network, state)));
  const { channels, height, width } = network.problem.input;
  const pixels = Float32Array.from(randomBytes(batch * imageSizeOf(network.problem.input), rng));
  const image = runtime.createTensor('float32', pixels, [batch, channels, height, width]);
  try {
    return {
      batch,
      threads: 1,
      ms: await medianMs(runtime, () => session.run({ image }, { probabilities: null }), repeats),
    };
  } finally {
    await session.release();
  }
}

async function medianMs(
  { warmUpRuns = WARM_UP_RUNS }: Runtime,
  run: () => Promise<unknown>,
  repeats: number,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < warmUpRuns + repeats; i++) {
    const began = performance.now();
    await run();
    if (i >= warmUpRuns) times.push(performance.now() - began);
  }
  return median(times);
}

function randomBytes(count: number, rng: Rng): Uint8Array {
  return Uint8Array.from({ length: count }, () => rng.integer(0, 255));
}
