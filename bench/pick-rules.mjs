// Which network should a search train at its end? node bench/pick-rules.mjs --data mnist COMPARISON …
// Uses the runs of the arm `ours` of comparisons (bench/compare.mjs). Every candidate within a standard error of the best
// gets the final training that the run gave to one of them. Each rule is scored by the network it would have picked. See
// README.md.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mean, median } from '../dist/arithmetic/averages.js';
import { mapCancelling } from '../dist/concurrency.js';
import { createSearch, estimateCost, parseGenome, readJournal } from '../dist/index.js';
import { scoredImages } from '../dist/search/budget/candidate-work.js';
import { dataSizeOf } from '../dist/search/config/network-input.js';
import { openRunFolder } from '../dist/search/run/run-folder.js';
import { percent } from '../dist/text/figures.js';
import { loadComparison } from './compare/data.mjs';

/** Larger is better; ties go to the fitter. */
const RULES = {
  fittest: ({ fitness }) => [fitness],
  'deepest, then parameters': ({ depth, skipParameters }) => [depth, skipParameters],
  'most parameters of skip layers': ({ skipParameters }) => [skipParameters],
  'most FLOPs': ({ flops }) => [flops],
  'most FLOPs, half a standard error': ({ flops, isNear }) => [isNear ? 1 : 0, flops],
  'deepest, half a standard error': ({ depth, skipParameters, isNear }) => [isNear ? 1 : 0, depth, skipParameters],
};
const TRAINED = 'near-best.json';

const { values, positionals: comparisons } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: 'mnist' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
if (comparisons.length === 0) throw new Error('usage: node bench/pick-rules.mjs --data mnist COMPARISON …');

const cases = [];
for (const comparison of comparisons) {
  const { trainImages, scoringImages, work } = JSON.parse(readFileSync(join(comparison, 'comparison.json'), 'utf8'));
  const dataset = await loadComparison(values.data, trainImages, scoringImages);
  const runs = readdirSync(comparison)
    .filter((name) => /^ours-\d+$/.test(name))
    .map((name) => join(comparison, name));
  for (const run of runs.filter((path) => existsSync(join(path, 'summary.json')))) {
    cases.push(await trainedNearBest(run, dataset, work));
  }
}
report();

/**
 * The candidates near the best, each with its accuracy after a final training. Cached beside the run, because it takes
 * long.
 */
async function trainedNearBest(run, dataset, work) {
  const kept = join(run, TRAINED);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const { folder, config } = openRunFolder(run);
  const data = dataSizeOf(config, dataset);
  const entries = readJournal(folder.journal).filter(({ type, failure }) => type === 'evaluation' && !failure);
  const spent = entries.reduce((sum, entry) => sum + entry.work, 0);
  const best = Math.max(...entries.map(({ fitness }) => fitness));
  const error = Math.sqrt((best * (1 - best)) / scoredImages(config, data));
  const near = entries.filter(({ fitness }) => fitness >= best - error);
  const trained = await mapCancelling(near, Number(values.jobs), async ({ genome, fitness }) => {
    const { flops, layers } = estimateCost(parseGenome(genome), data.problem);
    const skips = layers.filter(({ kind }) => kind === 'skip');
    const skipParameters = skips.reduce((sum, { parameters }) => sum + parameters, 0);
    const accuracy = await accuracyAfterFinal(genome, config, dataset, work - spent);
    console.error(`${run}: ${genome} ${percent(fitness)}, in the end ${percent(accuracy)}`);
    const isNear = fitness >= best - error / 2;
    return { genome, fitness, accuracy, flops, depth: skips.length, skipParameters, isNear };
  });
  writeFileSync(kept, JSON.stringify(trained, null, 2));
  return trained;
}

async function accuracyAfterFinal(genome, { seed, training, finalTraining, lowering, validation }, dataset, flops) {
  const out = join(mkdtempSync(join(tmpdir(), 'auto-cnn-pick-')), 'run');
  const settings = { seed, training, finalTraining, lowering, validation, workers: 1, tensorboard: false };
  const search = await createSearch(
    { ...settings, dataset: { source: 'comparison' }, genome, budget: { flops } },
    { dataset, out },
  );
  const { testAccuracy } = await search.run();
  rmSync(join(out, '..'), { recursive: true });
  return testAccuracy;
}

function report() {
  const contested = cases.filter((trained) => trained.length > 1);
  console.log(`${cases.length} runs, ${contested.length} of them with more than one candidate within a standard error`);
  console.log('| rule | mean accuracy | median | below the best of them | picks the best |\n|---|---:|---:|---:|---:|');
  for (const [name, keyOf] of Object.entries(RULES)) {
    const picks = contested.map((trained) => pick(trained, keyOf));
    const bests = contested.map((trained) => Math.max(...trained.map(({ accuracy }) => accuracy)));
    const accuracies = picks.map(({ accuracy }) => accuracy);
    const regret = mean(bests.map((best, i) => best - accuracies[i]));
    const hits = accuracies.filter((accuracy, i) => accuracy === bests[i]).length;
    console.log(
      `| ${name} | ${percent(mean(accuracies))} | ${percent(median(accuracies))} | ${(100 * regret).toFixed(2)} points | ${hits} of ${picks.length} |`,
    );
  }
}

function pick(trained, keyOf) {
  const keyed = trained.map((candidate) => ({ candidate, key: [...keyOf(candidate), candidate.fitness] }));
  return keyed.reduce((a, b) => (isLarger(b.key, a.key) ? b : a)).candidate;
}

function isLarger(a, b) {
  const i = a.findIndex((value, index) => value !== b[index]);
  return i >= 0 && a[i] > b[i];
}
