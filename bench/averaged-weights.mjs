// Are the mean weights of the last steps of a final training better than its last weights?
// node bench/averaged-weights.mjs --data mnist --images 10000 --epochs 4 GENOME …
// Uses the recipe of the final training in one process; some training images are held out for scoring. See README.md.

import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { channelStatistics } from '../dist/data/set/statistics.js';
import { loadRuntime } from '../dist/engine/node/load-runtime.js';
import { averageStates } from '../dist/engine/state/training-state.js';
import { stepsPerEpoch } from '../dist/engine/training/epoch-runner.js';
import { PartTrainer } from '../dist/engine/training/part-trainer.js';
import { stepsOf } from '../dist/engine/training/train.js';
import { createRng, parseGenome } from '../dist/index.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { finalTask } from '../dist/search/candidates/identified-task.js';
import { resolveConfig } from '../dist/search/run/resolve-config.js';
import { percent } from '../dist/text/figures.js';
import { loadComparison } from './compare/data.mjs';
import { scoreStates } from './support/score-states.mjs';

/** A training is divided into this many equal parts; the state after each is kept. */
const PARTS = 100;
/** Numbers of last states that are averaged; 1 means the last weights. */
const WINDOWS = [1, 5, 10, 20, 40];

const { values, positionals: genomes } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: 'mnist' },
    images: { type: 'string' },
    'scoring-images': { type: 'string', default: '10000' },
    epochs: { type: 'string', default: '4' },
    augmentation: { type: 'string', default: '{"padAndCrop":2}' },
    seeds: { type: 'string', default: '1,2,3' },
  },
});
if (genomes.length === 0) throw new Error('usage: node bench/averaged-weights.mjs --data mnist GENOME …');
const dataset = await loadComparison(
  values.data,
  values.images && Number(values.images),
  Number(values['scoring-images']),
);
const { channels, height, width } = dataset.shape;
const problem = { input: { channels, height, width }, classes: dataset.classes.length };
const train = Int32Array.from(dataset.train.labels.keys());
const normalisation = channelStatistics(dataset.train, train, dataset.shape);
const runtime = await loadRuntime();

console.log(`${dataset.train.count} training images, ${dataset.test.count} others to score, ${values.epochs} epochs`);
console.log('mean over the last (% of the steps):', WINDOWS.join(', '));
for (const genome of genomes) {
  const runs = [];
  for (const seed of values.seeds.split(',')) {
    const accuracies = await trainAndScore(genome, Number(seed));
    runs.push(accuracies);
    console.log(`${genome}, seed ${seed}: ${accuracies.map((accuracy) => percent(accuracy)).join(', ')}`);
  }
  const gains = WINDOWS.map((_, i) => median(runs.map((accuracies) => accuracies[i] - accuracies[0])));
  console.log(`${genome}: median gain in points ${gains.map((gain) => (100 * gain).toFixed(2)).join(', ')}`);
}

async function trainAndScore(text, seed) {
  const genome = parseGenome(text);
  const asked = { dataset: { source: 'averaged' }, seed, finalEpochs: Number(values.epochs) };
  const finalTraining = { augmentation: JSON.parse(values.augmentation), labelSmoothing: 0.05 };
  const config = resolveConfig({ ...asked, finalTraining }, 'the bench');
  const { task } = finalTask(genome, { config, dataset: { path: '', fingerprint: '' }, checkpoint: () => '' });
  const network = createNetwork(genome, problem, normalisation);
  const data = { examples: dataset.train, train, validation: new Int32Array() };
  const trainer = new PartTrainer(runtime, network, task.training, data, createRng(task.seed));
  const total = stepsOf(task.training, stepsPerEpoch(data, task.training.batchSize));
  const plan = [{ at: 0, total }];
  const ends = Array.from({ length: PARTS }, (_, i) => Math.round(((i + 1) * total) / PARTS));
  const states = [];
  let from = 0;
  for (const to of ends) {
    const { state } = await trainer.train({ from, to, replica: 0, replicas: 1, plan }, states.at(-1));
    states.push(state);
    if (states.length > Math.max(...WINDOWS)) states.shift();
    from = to;
  }
  await trainer.release();
  const means = WINDOWS.map((window) => averageStates(states.slice(-window)));
  return scoreStates(runtime, network, means, dataset);
}
