// Compares the deployed model with a handmade one: node bench/inference.mjs [GENOME…] [--rounds 5] [--json FILE]
// The handmade model uses standard operators, folds normalisation into the convolution weights, and scales the pixels
// first. Both have the same weights and must agree. They take turns, on one thread each; medians over the rounds.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { initialiseState } from '../dist/engine/state/initialise.js';
import { parseGenome } from '../dist/genome/text.js';
import { compileDeployable } from '../dist/network/deployable-graph.js';
import { int, ints, OnnxBuilder } from '../dist/network/lowering/onnx-graph.js';
import { encodeOnnx } from '../dist/network/onnx/onnx-bytes.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { createRng } from '../dist/random/rng.js';
import { describeMachine } from './support/provenance.mjs';

const GENOMES = ['8-8-max-16-16', '16-16-max-32-32-max-64-64', '32-32-max-64-64'];
const BATCHES = [1, 256];
const EPSILON = 1e-3;
const TOLERANCE = 1e-4;
const SHAPE = [1, 28, 28];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
});
const rounds = Number(values.rounds);
const runtime = await loadNodeRuntime();
const rng = createRng('inference');
const machine = { ...describeMachine(), runtime: runtime.name };
console.log(`${machine.processor}, ${machine.runtime}, one thread, ${rounds} rounds, images per second`);
const results = [];
for (const genome of positionals.length > 0 ? positionals : GENOMES) await compare(genome);
if (values.json !== undefined) {
  const report = { date: new Date().toISOString().slice(0, 10), machine, rounds, results };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function compare(genome) {
  const [channels, height, width] = SHAPE;
  const problem = { input: { channels, height, width }, classes: 10 };
  const network = createNetwork(parseGenome(genome), problem, { mean: [33], std: [79] });
  const initial = initialiseState(network.layout, rng);
  // Like after a training: no scale is 1, no mean is 0.
  const state = {
    parameters: initial.parameters.map((value) => value + 0.1 * rng.uniform()),
    statistics: initial.statistics.map((value) => value + 0.2 * rng.uniform()),
  };
  const models = {
    deployed: await runtime.createSession(encodeOnnx(compileDeployable(network, state))),
    byHand: await runtime.createSession(encodeOnnx(handMade(network, state))),
  };
  for (const batch of BATCHES) {
    const pixels = Float32Array.from({ length: batch * channels * height * width }, () => rng.integer(0, 255));
    const image = runtime.createTensor('float32', pixels, [batch, channels, height, width]);
    const run = (name) => models[name].run({ image }, { probabilities: null });
    const [ours, other] = [await run('deployed'), await run('byHand')].map(({ probabilities }) => probabilities.data);
    const difference = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0);
    if (!(difference <= TOLERANCE)) throw new Error(`${genome}: the probabilities differ by ${difference}`);
    const times = { deployed: [], byHand: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const name of ['deployed', 'byHand']) {
        const seconds = await secondsOf(() => run(name), batch);
        if (round > 0) times[name].push(seconds);
      }
    }
    const rate = (name) => batch / median(times[name]);
    const figures = { deployed: rate('deployed'), byHand: rate('byHand') };
    const ratio = figures.deployed / figures.byHand;
    results.push({ genome, batch, imagesPerSecond: figures, ratio, difference });
    const [a, b] = [figures.deployed, figures.byHand].map((value) => value.toFixed(0).padStart(7));
    console.log(
      `${genome.padEnd(28)} batch ${String(batch).padEnd(4)} deployed ${a}   by hand ${b}   ratio ${ratio.toFixed(2)}`,
    );
  }
  for (const model of Object.values(models)) await model.release();
}

/** Seconds per run, averaged over enough runs to take about a fifth of a second. */
async function secondsOf(run, batch) {
  const runs = batch === 1 ? 200 : 5;
  const began = performance.now();
  for (let i = 0; i < runs; i++) await run();
  return (performance.now() - began) / 1000 / runs;
}

/** The model as one would write it only for inference. */
function handMade({ layers, layout, normalisation, problem }, { parameters, statistics }) {
  const onnx = new OnnxBuilder();
  const views = [
    [layout.parameters, parameters],
    [layout.statistics, statistics],
  ];
  const tensors = new Map(
    views.flatMap(([specs, flat]) => specs.map((spec) => [spec.name, { ...spec, data: sliceOf(flat, spec) }])),
  );
  const data = (name) => tensors.get(name).data;

  const convolution = (x, name, norm) => {
    const { shape, data: kernel } = tensors.get(`${name}.weight`);
    const [filters, , size] = shape;
    const perFilter = kernel.length / filters;
    const factors = Array.from({ length: filters }, (_, i) =>
      norm ? data(`${norm}.scale`)[i] / Math.sqrt(data(`${norm}.variance`)[i] + EPSILON) : 1,
    );
    const biases = factors.map((factor, i) =>
      norm
        ? (data(`${name}.bias`)[i] - data(`${norm}.mean`)[i]) * factor + data(`${norm}.offset`)[i]
        : data(`${name}.bias`)[i],
    );
    const weights = kernel.map((value, i) => value * factors[Math.floor(i / perFilter)]);
    const pad = (size - 1) / 2;
    return onnx.add('Conv', [x, onnx.floats(weights, shape), onnx.floats(biases)], {
      kernel_shape: ints(size, size),
      pads: ints(pad, pad, pad, pad),
    });
  };
  const apply = (x, layer) => {
    const { name } = layer;
    switch (layer.kind) {
      case 'skip': {
        const hidden = onnx.add('Relu', [convolution(x, `${name}.conv1`, `${name}.norm1`)]);
        const main = convolution(hidden, `${name}.conv2`, `${name}.norm2`);
        const shortcut = layer.convolvesShortcut ? convolution(x, `${name}.shortcut`) : x;
        return onnx.add('Relu', [onnx.add('Add', [main, shortcut])]);
      }
      case 'pooling':
        return onnx.add(layer.pooling === 'max' ? 'MaxPool' : 'AveragePool', [x], {
          kernel_shape: ints(2, 2),
          strides: ints(2, 2),
        });
      case 'flatten':
        return onnx.add('Flatten', [x], { axis: int(1) });
      case 'dense': {
        const { shape } = tensors.get(`${name}.weight`);
        return onnx.add('Gemm', [x, onnx.floats(data(`${name}.weight`), shape), onnx.floats(data(`${name}.bias`))]);
      }
      default:
        throw new Error(`the model by hand has no ${layer.kind}`);
    }
  };
  const { channels, height, width } = problem.input;
  const centred = onnx.add('Sub', ['image', onnx.floats(normalisation.mean, [1, channels, 1, 1])]);
  const scaled = onnx.add('Div', [centred, onnx.floats(normalisation.std, [1, channels, 1, 1])]);
  onnx.addNamed('Softmax', [layers.reduce(apply, scaled)], ['probabilities'], { axis: int(1) });
  return {
    inputs: [{ name: 'image', type: { dtype: 'float32', shape: ['N', channels, height, width] } }],
    outputs: [{ name: 'probabilities', type: { dtype: 'float32', shape: ['N', problem.classes] } }],
    nodes: onnx.nodes,
    constants: onnx.constants,
  };
}

function sliceOf(flat, { offset, size }) {
  return flat.subarray(offset, offset + size);
}
