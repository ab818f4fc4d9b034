// Shows where a training step spends its time:
// node bench/profile.mjs GENOME [--input 1x28x28] [--lowering auto] [--nodes 20] [--threads 1]
// Prints the time of each kind of operator from the runtime's profiler: for each node, the median over all steps but the
// first, or with --fastest the minimum, which a busy machine affects less. --scoring: profiles the scoring graph instead.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { median } from '../dist/arithmetic/averages.js';
import { chooseLowering } from '../dist/engine/lowering/choose-lowering.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { initialiseState } from '../dist/engine/state/initialise.js';
import { parseGenome } from '../dist/genome/text.js';
import { createOptimiser } from '../dist/network/graph/optimiser.js';
import { lower } from '../dist/network/lowering/lower.js';
import { loweringNamed } from '../dist/network/lowering/lowerings.js';
import { encodeOnnx } from '../dist/network/onnx/onnx-bytes.js';
import { buildEvaluationGraph, buildTrainingGraph, createNetwork } from '../dist/network/training-graph.js';
import { createRng } from '../dist/random/rng.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    input: { type: 'string', default: '1x28x28' },
    lowering: { type: 'string', default: 'auto' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '20' },
    threads: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '0' },
    fastest: { type: 'boolean', default: false },
    scoring: { type: 'boolean', default: false },
  },
});
const [genome] = positionals;
if (genome === undefined) throw new Error('usage: node bench/profile.mjs GENOME [--input 1x28x28] [--lowering auto]');
const [channels, height, width] = values.input.split('x').map(Number);
const batch = Number(values.batch);
const ADAM = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

const { name } = await chooseLowering(await loadNodeRuntime(), values.lowering);
const network = createNetwork(
  parseGenome(genome),
  { input: { channels, height, width }, classes: 10 },
  { mean: new Array(channels).fill(128), std: new Array(channels).fill(64) },
);
const graph = values.scoring ? buildEvaluationGraph(network) : buildTrainingGraph(network, ADAM, { batchSize: batch });
const lowered = lower(graph, loweringNamed(name));
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-profile-'));
const session = await InferenceSession.create(encodeOnnx(lowered), {
  executionProviders: ['cpu'],
  intraOpNumThreads: Number(values.threads),
  interOpNumThreads: 1,
  enableProfiling: true,
  profileFilePrefix: join(folder, 'profile'),
});
const feeds = makeFeeds();
const steps = Number(values.steps);
const times = [];
for (let step = 0; step <= steps; step++) {
  const began = performance.now();
  await session.run(feeds);
  if (step > 0) times.push(performance.now() - began);
}
session.endProfiling();
await session.release();
report();
rmSync(folder, { recursive: true });

function makeFeeds() {
  const rng = createRng('profile');
  const state = initialiseState(network.layout, rng);
  const optimiser = createOptimiser(ADAM);
  const vector = (data) => new Tensor('float32', data, [data.length]);
  const pixels = Uint8Array.from({ length: batch * channels * height * width }, () => rng.integer(0, 255));
  const all = {
    image: new Tensor('uint8', pixels, [batch, channels, height, width]),
    labels: new Tensor(
      'int32',
      Int32Array.from({ length: batch }, (_, i) => i % 10),
      [batch],
    ),
    parameters: vector(state.parameters),
    statistics: vector(state.statistics),
    ...Object.fromEntries(optimiser.slots.map((slot) => [slot, vector(new Float32Array(state.parameters.length))])),
    ...Object.fromEntries(
      [...optimiser.scalars, 'statisticsRate'].map((scalar) => [scalar, new Tensor('float32', [1e-3], [])]),
    ),
  };
  return Object.fromEntries(graph.inputs.map((input) => [input.name, all[input.name]]));
}

function report() {
  const [file] = readdirSync(folder);
  const kinds = new Map(lowered.nodes.map((node) => [node.outputs[0], kindOf(node)]));
  /** By node name: its kind, its output shapes and its durations in ms. */
  const nodes = new Map();
  for (const { cat, name: title, dur, args } of JSON.parse(readFileSync(join(folder, file), 'utf8'))) {
    if (cat !== 'Node' || !title.endsWith('_kernel_time')) continue;
    const node = title.slice(0, -'_kernel_time'.length);
    const entry = nodes.get(node) ?? { kind: kinds.get(node) ?? args.op_name, shape: shapeOf(args), durations: [] };
    entry.durations.push(dur / 1000);
    nodes.set(node, entry);
  }
  const sums = new Map();
  for (const entry of nodes.values()) {
    entry.ms = typical(entry.durations.slice(1));
    const sum = sums.get(entry.kind) ?? { ms: 0, count: 0 };
    sums.set(entry.kind, { ms: sum.ms + entry.ms, count: sum.count + 1 });
  }
  const total = [...sums.values()].reduce((sum, { ms }) => sum + ms, 0);
  console.log(
    `${genome} ${values.input}, batch ${batch}, ${name}: ${typical(times).toFixed(1)} ms per step, of which nodes:`,
  );
  for (const [kind, { ms, count }] of [...sums].sort(([, a], [, b]) => b.ms - a.ms)) {
    if (ms < total / 500) continue;
    console.log(
      `${kind.padEnd(28)} ${ms.toFixed(2).padStart(8)} ms ${((100 * ms) / total).toFixed(1).padStart(5)} %  ${count} nodes`,
    );
  }
  const dearest = [...nodes].sort(([, a], [, b]) => b.ms - a.ms).slice(0, Number(values.nodes));
  for (const [node, { kind, shape, ms }] of dearest) {
    console.log(`${node.padEnd(24)} ${kind.padEnd(28)} ${shape.padEnd(24)} ${ms.toFixed(2).padStart(8)} ms`);
  }
}

/** Distinguishes convolutions by purpose: a kernel as large as the image belongs to a weight gradient. */
function kindOf({ opType, attributes }) {
  if (opType !== 'Conv') return opType;
  if (attributes.group !== undefined) return 'Conv, a·x + b';
  const kernel = attributes.kernel_shape?.value.join('×') ?? '';
  return attributes.dilations === undefined ? `Conv ${kernel}` : 'Conv, weight gradient';
}

function shapeOf({ output_type_shape: outputs = [] }) {
  return outputs.map((output) => `[${Object.values(output)[0]}]`).join(' ');
}

function typical(numbers) {
  if (values.fastest) return Math.min(...numbers);
  return numbers.length > 0 ? median(numbers) : 0;
}
