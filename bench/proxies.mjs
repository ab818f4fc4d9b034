// Can proxies of untrained networks replace training? node bench/proxies.mjs --data mnist RUN [RUN …]
// For the candidates in the journals of runs, compares what a filter knows before training (parameters, FLOPs, NASWOT,
// gradient norm) with the fitness after training. See README.md.

import { parseArgs } from 'node:util';
import { mean, median } from '../dist/arithmetic/averages.js';
import { imageSizeOf, selectExamples } from '../dist/data/set/dataset.js';
import { stratifiedSample } from '../dist/data/set/split.js';
import { channelStatistics } from '../dist/data/set/statistics.js';
import { loadRuntime } from '../dist/engine/node/load-runtime.js';
import { initialiseState } from '../dist/engine/state/initialise.js';
import { createRng, estimateCost, loadDataset, parseGenome, readJournal } from '../dist/index.js';
import { compileGraph } from '../dist/network/compile.js';
import { buildForward } from '../dist/network/forward.js';
import { GraphBuilder } from '../dist/network/graph/graph.js';
import { float32, tensor } from '../dist/network/graph/tensor-type.js';
import { buildGradientGraph, createNetwork } from '../dist/network/training-graph.js';
import { openRunFolder } from '../dist/search/run/run-folder.js';
import { fitnessOfChosen, logDeterminant, spearman } from './compare/rank.mjs';

const { values, positionals: runs } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: 'mnist' },
    images: { type: 'string', default: '64' },
    /** Number of random networks from which a filter selects one. */
    of: { type: 'string', default: '4' },
  },
});
if (runs.length === 0) throw new Error('usage: node bench/proxies.mjs --data mnist RUN [RUN …]');
const dataset = await loadDataset(values.data);
const runtime = await loadRuntime();
const { channels, height, width } = dataset.shape;
const problem = { input: { channels, height, width }, classes: dataset.classes.length };
const normalisation = channelStatistics(dataset.train, [...dataset.train.labels.keys()], dataset.shape);
const batch = sampleBatch(Number(values.images));

const correlations = new Map();
const gains = new Map();
for (const run of runs) {
  const candidates = await measure(run);
  const fitness = candidates.map((candidate) => candidate.fitness);
  for (const proxy of Object.keys(candidates[0].proxies)) {
    const scores = candidates.map(({ proxies }) => proxies[proxy]);
    append(correlations, proxy, spearman(scores, fitness));
    append(gains, proxy, fitnessOfChosen(scores, fitness, Number(values.of)) - mean(fitness));
  }
  console.log(`${run}: ${candidates.length} networks, mean fitness ${(100 * mean(fitness)).toFixed(2)} %`);
}
console.log(
  `\n| proxy | Spearman’s ρ with fitness, median (least–most) | fitness gained by the best of ${values.of} |`,
);
console.log('|---|---:|---:|');
for (const [proxy, rhos] of correlations) {
  const points = gains.get(proxy).map((gain) => 100 * gain);
  console.log(`| ${proxy} | ${spread(rhos, 2)} | ${spread(points, 2)} points |`);
}

async function measure(run) {
  const entries = readJournal(openRunFolder(run).folder.journal);
  const seen = new Map();
  for (const entry of entries) {
    const isUsable = entry.type === 'evaluation' && entry.failure === undefined;
    if (isUsable) seen.set(entry.genome, entry);
  }
  const candidates = [];
  for (const { genome, fitness } of seen.values()) {
    const network = createNetwork(parseGenome(genome), problem, normalisation);
    const { parameters, flops } = estimateCost(network.genome, problem);
    const naswot = await naswotOf(network);
    const gradient = await gradientNormOf(network);
    candidates.push({
      fitness,
      proxies: { parameters, FLOPs: flops, NASWOT: naswot, 'norm of the gradient': gradient },
    });
  }
  return candidates;
}

/**
 * ln |det K| of the agreement matrix: K_ij counts the ReLUs that are on for both images or off for both, in an untrained
 * network that normalises with batch statistics.
 *
 * @see Mellor et al. 2021, "Neural Architecture Search without Training".
 */
async function naswotOf(network) {
  const builder = new GraphBuilder();
  const image = builder.input('image', tensor('uint8', batch.count, channels, height, width));
  const { layout } = network;
  const flat = builder.input('parameters', float32(layout.parameterCount));
  const parts = builder.addMany('unpack', [flat], { shapes: layout.parameters.map(({ shape }) => shape) });
  const parameters = new Map(layout.parameters.map(({ name }, i) => [name, parts[i]]));
  buildForward(builder, builder.add('normalise', [image], network.normalisation), network.layers, { parameters });
  const activations = builder.nodes.filter(({ op }) => op === 'relu').flatMap(({ outputs }) => outputs);
  if (activations.length === 0) return 0;
  for (const [i, value] of activations.entries()) builder.output(`relu${i}`, value);
  const outputs = await runOnce(
    builder.build(),
    network,
    Object.fromEntries(activations.map((_, i) => [`relu${i}`, null])),
  );
  const agreements = Array.from({ length: batch.count }, () => new Float64Array(batch.count));
  for (const { data } of Object.values(outputs)) {
    const size = data.length / batch.count;
    for (let i = 0; i < batch.count; i++) {
      for (let j = i; j < batch.count; j++) {
        let equal = 0;
        for (let k = 0; k < size; k++) if (data[i * size + k] > 0 === data[j * size + k] > 0) equal += 1;
        agreements[i][j] += equal;
        if (j > i) agreements[j][i] += equal;
      }
    }
  }
  return logDeterminant(agreements);
}

async function gradientNormOf(network) {
  const graph = buildGradientGraph(network, { batchSize: batch.count });
  const { gradient } = await runOnce(graph, network, { gradient: null });
  return Math.sqrt(gradient.data.reduce((sum, value) => sum + value * value, 0));
}

async function runOnce(graph, { layout }, fetches) {
  const { parameters } = initialiseState(layout, createRng('proxies'));
  const all = {
    image: runtime.createTensor('uint8', batch.pixels, [batch.count, channels, height, width]),
    labels: runtime.createTensor('int32', batch.labels, [batch.count]),
    parameters: runtime.createTensor('float32', parameters, [parameters.length]),
  };
  const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, all[name]]));
  const session = await runtime.createSession(compileGraph(graph));
  try {
    return await session.run(feeds, fetches);
  } finally {
    await session.release();
  }
}

function sampleBatch(count) {
  const { train, classes, shape } = dataset;
  const indices = stratifiedSample(train.labels, classes.length, count, createRng('proxies').fork('images'), 'images');
  const { pixels, labels } = selectExamples(train, imageSizeOf(shape), indices);
  return { count, pixels: Uint8Array.from(pixels), labels: Int32Array.from(labels) };
}

function append(map, key, value) {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function spread(numbers, digits) {
  const [middle, least, most] = [median(numbers), Math.min(...numbers), Math.max(...numbers)].map((n) =>
    n.toFixed(digits),
  );
  return numbers.length === 1 ? middle : `${middle} (${least}–${most})`;
}
