// The inputs of graphs: learning rates, the scalars of optimisers, rotated images, initial weights; and the graphs
// themselves.

import { createAugmenter } from '../../dist/data/set/augment.js';
import { stratifiedSplit } from '../../dist/data/set/split.js';
import { channelStatistics } from '../../dist/data/set/statistics.js';
import { initialiseState } from '../../dist/engine/state/initialise.js';
import { createSchedule } from '../../dist/engine/training/schedule.js';
import { compileGraph } from '../../dist/network/compile.js';
import { everyLayer } from '../../dist/network/every-layer.js';
import { createOptimiser } from '../../dist/network/graph/optimiser.js';
import { loweringNamed } from '../../dist/network/lowering/lowerings.js';
import { buildTrainingGraph } from '../../dist/network/training-graph.js';
import { createRng } from '../../dist/random/rng.js';

const STEPS = 20_000;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.05 };
const OPTIMISERS = [
  { name: 'adam', ...ADAM },
  { name: 'adamw', ...ADAM, beta1: 0.95, beta2: 0.99 },
  { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
];
const SCHEDULES = [
  { name: 'constant' },
  { name: 'step', steps: [1, 149, 249].map((epoch, i) => ({ epoch, factor: [10, 1, 0.1][i] })) },
  { name: 'cosine' },
  { name: 'one-cycle', warmUp: 0.3 },
  { name: 'reduce-on-plateau', factor: 0.3, patience: 2 },
];

/** @returns arrays of numbers by name. */
export function feeds() {
  return {
    ...Object.fromEntries(SCHEDULES.map((schedule) => [`rates, ${schedule.name}`, ratesOf(schedule)])),
    ...Object.fromEntries(OPTIMISERS.map((settings) => [`scalars, ${settings.name}`, scalarsOf(settings)])),
    'augmented images': augmented(),
    ...drawn(),
    ...Object.fromEntries(['plain', 'blocked-8', 'blocked-16'].map((name) => [`graph, ${name}`, graphOf(name)])),
  };
}

function ratesOf(schedule) {
  return [0.001, 0.005, 0.1].flatMap((base) =>
    [1, 7, 469, 3158, STEPS].flatMap((total) => {
      const perEpoch = Math.ceil(total / 40);
      const { rateAt, epochEnded } = createSchedule(schedule, base, total, perEpoch, 2);
      return Array.from({ length: total }, (_, step) => {
        if (step > 0 && step % perEpoch === 0) epochEnded(1 / Math.min(step, total / 2));
        return Math.fround(rateAt(step));
      });
    }),
  );
}

function scalarsOf(settings) {
  const optimiser = createOptimiser(settings);
  return Array.from({ length: STEPS }, (_, i) => optimiser.scalarValues(0.005, i + 1).map(Math.fround)).flat();
}

function augmented() {
  const all = { rotation: 20, padAndCrop: 2, horizontalFlip: true, brightness: 0.2, cutout: 4 };
  const inTurn = { padAndCrop: 3, padding: 'reflect', horizontalFlip: 'alternating' };
  const colours = { brightness: 0.5, contrast: 0.5, saturation: 0.5, cutmix: 0.5 };
  return [{ rotation: 15 }, { rotation: 180 }, all, inTurn, { cutmix: 1 }, colours].flatMap((settings, place) => {
    const shape = { channels: 1 + 2 * (place % 2), height: 28, width: 27 };
    const rng = createRng(`augmentation ${place}`);
    const count = 60;
    const labels = Int32Array.from({ length: count }, (_, i) => i);
    const pixels = randomBytes(count * shape.channels * shape.height * shape.width, rng);
    createAugmenter(settings, shape, count, rng).augment(
      pixels,
      labels,
      Int32Array.from({ length: count }, (_, i) => i),
      1,
      rng,
    );
    return [...pixels, ...labels];
  });
}

function drawn() {
  const { layout } = everyLayer();
  const rng = createRng('drawn');
  const shape = { channels: 3, height: 5, width: 7 };
  const count = 300;
  const examples = {
    count,
    pixels: randomBytes(count * 105, rng),
    labels: Int32Array.from({ length: count }, () => rng.integer(0, 6)),
  };
  const { train, validation } = stratifiedSplit(examples.labels, 7, 0.1, rng.fork('split'));
  const { mean, std } = channelStatistics(examples, train, shape);
  return {
    'initial weights': [...initialiseState(layout, rng.fork('weights')).parameters],
    split: [...train, ...validation],
    statistics: [...mean, ...std],
  };
}

function graphOf(name) {
  const graph = buildTrainingGraph(everyLayer(), OPTIMISERS[1], { batchSize: 9 });
  return [...compileGraph(graph, loweringNamed(name))];
}

function randomBytes(length, rng) {
  return Uint8Array.from({ length }, () => rng.integer(0, 255));
}
