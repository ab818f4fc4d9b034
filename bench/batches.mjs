// Measures the cost of filling batches: node bench/batches.mjs [GENOME…] [--steps 40]
// Prints the time to gather and augment a batch of 64 images of MNIST's size, as a share of the whole training step;
// medians. Pixels are normalised inside the graph, so normalisation is part of the step.

import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { createAugmenter } from '../dist/data/set/augment.js';
import { BatchBuffers } from '../dist/engine/batch-buffers.js';
import { measureTrainingStep } from '../dist/engine/measure.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { parseGenome } from '../dist/genome/text.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { createRng } from '../dist/random/rng.js';

const GENOMES = ['8-8-max-16-16', '16-16-max-32-32-max-64-64', '32-32-max-64-64'];
const COLOURS = { brightness: 0.5, contrast: 0.5 };
const AUGMENTATIONS = {
  none: {},
  shift: { padAndCrop: 2 },
  'shift, colours, mix': { padAndCrop: 2, ...COLOURS, cutmix: 0.5 },
  'shift, rotation': { padAndCrop: 2, rotation: 10 },
};
const BATCH = 64;
const IMAGES = 60_000;
const INPUT = { channels: 1, height: 28, width: 28 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string', default: '40' } },
});
const steps = Number(values.steps);
const runtime = await loadNodeRuntime();
const rng = createRng('batches');
const pixels = Uint8Array.from({ length: IMAGES * 28 * 28 }, (_, i) => (i * 7919) % 256);
const labels = new Int32Array(IMAGES);
const order = rng.shuffle(Int32Array.from(labels.keys()));
const fillMs = Object.fromEntries(Object.entries(AUGMENTATIONS).map(([name, settings]) => [name, timeFill(settings)]));
for (const genome of positionals.length > 0 ? positionals : GENOMES) {
  const network = createNetwork(parseGenome(genome), { input: INPUT, classes: 10 }, { mean: [33], std: [79] });
  const { ms } = await measureTrainingStep(runtime, network, { batch: BATCH, repeats: steps });
  const shares = Object.entries(fillMs).map(
    ([name, fill]) => `${name} ${fill.toFixed(2)} ms ${((100 * fill) / (ms + fill)).toFixed(1)} %`,
  );
  console.log([genome.padEnd(28), `step ${ms.toFixed(1).padStart(6)} ms`, ...shares].join('   '));
}

function timeFill(settings) {
  const buffers = new BatchBuffers(runtime, INPUT, BATCH);
  const augmenter = createAugmenter(settings, INPUT, IMAGES, rng);
  const times = [];
  for (let i = 0; i < steps + 5; i++) {
    const began = performance.now();
    const { image, labels: shown } = buffers.fill({ count: IMAGES, pixels, labels }, order, i * BATCH, BATCH);
    augmenter?.augment(image.data, shown.data, order.subarray(i * BATCH, (i + 1) * BATCH), 1, rng);
    if (i >= 5) times.push(performance.now() - began);
  }
  return median(times);
}
