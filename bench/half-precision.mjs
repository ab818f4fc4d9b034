// What 16-bit numbers do to a training step: convolutions and matrix products in float16 or bfloat16, all else and the weights in
// float32. For each engine: whether it takes such graphs, how far three steps are from float32, and the time of a step:
// npm run build && node bench/half-precision.mjs [--genome 16-16-max-32-32] [--input 28x28x1] [--batch 64] [--steps 10]
// [--devices cpu,wasm,webgpu]

import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { BatchBuffers } from '../dist/engine/batch-buffers.js';
import { withLowering } from '../dist/engine/lowering/choose-lowering.js';
import { loadRuntime } from '../dist/engine/node/load-runtime.js';
import { initialiseState } from '../dist/engine/state/initialise.js';
import { StateTensors } from '../dist/engine/state/state-tensors.js';
import { parseImageShape } from '../dist/genome/image-shape.js';
import { parseGenome } from '../dist/genome/text.js';
import { createOptimiser } from '../dist/network/graph/optimiser.js';
import { lower } from '../dist/network/lowering/lower.js';
import { madeUpNormalisation } from '../dist/network/normalisation.js';
import { encodeOnnx } from '../dist/network/onnx/onnx-bytes.js';
import { buildTrainingGraph, createNetwork } from '../dist/network/training-graph.js';
import { createRng } from '../dist/random/rng.js';

const PRODUCTS = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];
/** Numbers of ONNX's element types. */
const ELEMENTS = { float16: 10, bfloat16: 16 };
const FLOAT32 = 1;
const CHECKED_STEPS = 3;
const SGD = { name: 'sgd', momentum: 0.9, weightDecay: 0 };
const RATE = 0.01;

const { values } = parseArgs({
  options: {
    genome: { type: 'string', default: '16-16-max-32-32' },
    input: { type: 'string', default: '28x28x1' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '10' },
    devices: { type: 'string', default: 'cpu,wasm,webgpu' },
  },
});
const [batchSize, steps] = [Number(values.batch), Number(values.steps)];
const problem = { input: parseImageShape(values.input), classes: 10 };
const network = createNetwork(parseGenome(values.genome), problem, madeUpNormalisation(problem));

let reference;
for (const device of values.devices.split(',')) {
  for (const type of ['float32', ...Object.keys(ELEMENTS)]) {
    const label = `${device} ${type}`.padEnd(18);
    try {
      const { losses, changes, stepMs } = await train(device, type);
      reference ??= { losses, changes };
      const errors = [losses, changes].map((found, i) =>
        largestError(found, Object.values(reference)[i]).toExponential(1),
      );
      console.log(`${label} loss differs by ${errors[0]}, changes by ${errors[1]}, ${stepMs.toPrecision(3)} ms a step`);
    } catch (error) {
      console.log(`${label} is refused: ${error.message.split('\n')[0]}`);
    }
  }
}
process.exit(0);

async function train(device, type) {
  const engine = await withLowering(await loadRuntime(device), device === 'webgpu' ? 'gpu' : 'plain');
  const graph = buildTrainingGraph(network, SGD, { batchSize });
  const session = await engine.createSession(encodeOnnx(inHalf(lower(graph, engine.lowering), ELEMENTS[type])));
  const rng = createRng('half');
  const initial = initialiseState(network.layout, rng);
  const state = new StateTensors({ ...engine, memory: undefined }, { ...initial, ...slotsOf(initial) });
  const scalars = createOptimiser(SGD);
  const size = network.problem.input.channels * network.problem.input.height * network.problem.input.width;
  const pixels = Uint8Array.from({ length: batchSize * size }, () => rng.integer(0, 255));
  const labels = Int32Array.from({ length: batchSize }, (_, i) => i % problem.classes);
  const buffers = new BatchBuffers(engine, problem.input, batchSize);
  const batch = buffers.fill(
    { count: batchSize, pixels, labels },
    labels.map((_, i) => i),
    0,
    batchSize,
  );
  const [losses, times] = [[], []];
  let changes;
  for (let step = 1; step <= CHECKED_STEPS + steps; step++) {
    const named = [
      ...scalars.scalars.map((name, i) => [name, scalars.scalarValues(RATE, step)[i]]),
      ['statisticsRate', 0.1],
    ];
    const rates = named.map(([name, value]) => [name, engine.createTensor('float32', Float32Array.of(value), [])]);
    const began = performance.now();
    const outputs = await session.run(
      { ...batch, ...state.current, ...Object.fromEntries(rates) },
      { loss: null, ...state.fetches },
    );
    if (step > CHECKED_STEPS) times.push(performance.now() - began);
    else losses.push(Number(outputs.loss.data[0]));
    state.advance(outputs);
    if (step === CHECKED_STEPS)
      changes = (await state.read('parameters')).map((value, i) => value - initial.parameters[i]);
  }
  await session.release();
  return { losses, changes, stepMs: median(times) };
}

function slotsOf({ parameters }) {
  return Object.fromEntries(createOptimiser(SGD).slots.map((name) => [name, new Float32Array(parameters.length)]));
}

/** The same graph with casts around each product. */
function inHalf(graph, element) {
  if (element === undefined) return graph;
  const cast = (input, output, to) => ({
    opType: 'Cast',
    domain: '',
    inputs: [input],
    outputs: [output],
    attributes: { to: { kind: 'int', value: to } },
  });
  const nodes = graph.nodes.flatMap((node, i) => {
    if (!PRODUCTS.includes(node.opType)) return [node];
    const inputs = node.inputs.map((_, k) => `half ${i} ${k}`);
    const outputs = node.outputs.map((name) => `half ${name}`);
    return [
      ...node.inputs.map((name, k) => cast(name, inputs[k], element)),
      { ...node, inputs, outputs },
      ...node.outputs.map((name, k) => cast(outputs[k], name, FLOAT32)),
    ];
  });
  return { ...graph, nodes };
}

/** In units of the largest expected value. */
function largestError(actual, expected) {
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - actual[i]) / scale));
}
