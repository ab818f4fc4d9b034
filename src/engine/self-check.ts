// Whether an engine may be used: what it trains must be what plain graphs on the processor train, and the same bits each time.

import { imageSizeOf } from '../data/set/dataset.ts';
import { everyLayer, globallyPooled } from '../network/every-layer.ts';
import type { OptimiserSettings } from '../network/graph/optimiser.ts';
import type { Lowering } from '../network/lowering/lower.ts';
import { plain } from '../network/lowering/plain.ts';
import type { Network } from '../network/training-graph.ts';
import { createRng } from '../random/rng.ts';
import { BatchBuffers } from './batch-buffers.ts';
import type { Runtime } from './runtime.ts';
import { initialiseState } from './state/initialise.ts';
import { TrainingSession } from './training/training-session.ts';

/** Of the largest value. Rounding alone is about 25 times smaller. */
const TOLERANCE = 1e-4;

const STEPS = 3;
/** That of the probe for the kind of engine, which then finds its shaders compiled. */
const BATCH = 17;
const LEARNING_RATE = 0.01;

const SGD: OptimiserSettings = { name: 'sgd', momentum: 0.9, weightDecay: 0 };
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.05 };
const MUON: OptimiserSettings = { name: 'muon', momentum: 0.95, ...ADAM };

/** All layers; and, as Muon and Adam hide how long a gradient is, both kinds of update. */
const TRAININGS: readonly (readonly [name: string, network: () => Network, optimiser: OptimiserSettings])[] = [
  ['every layer', everyLayer, SGD],
  ['global pooling', globallyPooled, SGD],
  ['global pooling, Muon', globallyPooled, MUON],
];

/**
 * Trains tiny networks for three steps, twice each.
 *
 * @param engine     with its lowering.
 * @param reference  the processor's runtime.
 * @returns what is wrong; undefined if nothing is.
 * @throws {EngineError} if the engine does not train at all.
 */
export async function selfCheck(engine: Runtime, reference: Runtime): Promise<string | undefined> {
  // Each build of the runtime draws other masks of dropout.
  const withMasks = (runtime: Runtime, lowering: Lowering) => ({
    ...runtime,
    lowering: { ...lowering, takesMasks: true },
  });
  const [tested, plainly] = [withMasks(engine, engine.lowering), withMasks(reference, plain)];
  for (const [name, network, optimiser] of TRAININGS) {
    const first = await trainSteps(tested, network(), optimiser);
    const again = await trainSteps(tested, network(), optimiser);
    const expected = await trainSteps(plainly, network(), optimiser);
    for (const [key, values] of Object.entries(expected) as [keyof Trained, Float32Array][]) {
      const error = largestError(first[key], values);
      if (!(error <= TOLERANCE))
        return `after ${STEPS} steps (${name}), its ${key} differ by ${error.toPrecision(2)} from what plain graphs on the processor compute`;
      if (!first[key].every((value, i) => Object.is(value, again[key][i])))
        return `trained twice (${name}), its ${key} are not the same bits`;
    }
  }
  return undefined;
}

interface Trained {
  readonly losses: Float32Array;
  /** By how much each parameter has changed. */
  readonly changes: Float32Array;
  readonly statistics: Float32Array;
}

async function trainSteps(engine: Runtime, network: Network, optimiser: OptimiserSettings): Promise<Trained> {
  const rng = createRng('self-check');
  const initial = initialiseState(network.layout, rng.fork('initial state'));
  const { input, classes } = network.problem;
  const pixels = Uint8Array.from({ length: STEPS * BATCH * imageSizeOf(input) }, () => rng.integer(0, 255));
  const labels = Int32Array.from({ length: STEPS * BATCH }, (_, i) => i % classes);
  const examples = { count: STEPS * BATCH, pixels, labels };
  const buffers = new BatchBuffers(engine, input, BATCH);
  const session = await TrainingSession.create(engine, network, optimiser, initial, 0.9, { dropoutSeed: 1 });
  try {
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const batch = buffers.fill(examples, Int32Array.from(labels.keys()), step * BATCH, BATCH);
      losses.push((await session.step(batch, LEARNING_RATE)).loss);
    }
    const { parameters, statistics } = await session.snapshot();
    const changes = parameters.map((value, i) => value - (initial.parameters[i] ?? 0));
    return { losses: Float32Array.from(losses), changes, statistics };
  } finally {
    await session.release();
  }
}

/** In units of the largest expected value. */
function largestError(actual: Float32Array, expected: Float32Array): number {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
  return expected.reduce((largest, value, i) => {
    const error = Math.abs(value - (actual[i] ?? Number.NaN)) / scale;
    return error <= largest ? largest : error;
  }, 0);
}
