// How much of the raw speed of two processes does a final training with two threads reach?
// node bench/final-rate.mjs [GENOME…] [--input 32x32x3] [--rounds 3] [--seconds 20] [--json FILE]
// Raw: two processes that only take training steps, side by side. Final: the rounds of a final training, without the first,
// which includes starting the processes. Both take turns. Images per second, and medians of the ratios.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { parseImageShape } from '../dist/genome/image-shape.js';
import { createSearch, datasetFromArrays, readJournal } from '../dist/index.js';
import { resolveConfig } from '../dist/search/run/resolve-config.js';
import { describeMachine } from './support/provenance.mjs';
import { noisePixels, startSteppers } from './support/steppers.mjs';

const GENOMES = ['max-16-16-max-32-32', '32-32-max-64-64-max-128-128-max-256-256'];
const IMAGES = 10_000;
/** About what a run under a budget has. */
const ROUND_STEPS = 50;
const { batchSize, optimizer } = resolveConfig({ dataset: { source: 'noise' } }, 'the defaults').training;

await compare();

async function compare() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      input: { type: 'string', default: '32x32x3' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '20' },
      json: { type: 'string' },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const input = parseImageShape(values.input);
  const machine = describeMachine();
  console.log(`${machine.processor}, ${machine.cores} cores, ${values.input}, images per second on two cores`);
  const results = [];
  for (const genome of positionals.length > 0 ? positionals : GENOMES) {
    const figures = [];
    for (let round = 0; round < rounds; round++) {
      const raw = await rawRate(genome, input, seconds);
      figures.push({ raw, final: await finalRate(genome, input, raw * seconds) });
    }
    const ratio = median(figures.map(({ raw, final }) => final / raw));
    const shown = ['raw', 'final'].map((name) => `${name} ${median(figures.map((each) => each[name])).toFixed(0)}`);
    console.log(`${genome.padEnd(42)} ${shown.join('   ')}   ratio ${ratio.toFixed(3)}`);
    results.push({ genome, ratio, figures });
  }
  if (values.json === undefined) return;
  const report = { date: new Date().toISOString().slice(0, 10), machine, input: values.input, seconds, results };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function rawRate(genome, input, seconds) {
  const steppers = await startSteppers(2, { genome, input, batch: batchSize, optimiser: optimizer });
  const rate = await steppers.rateOf(seconds);
  steppers.end();
  return rate;
}

/** @param images  about as many are shown. */
async function finalRate(genome, input, images) {
  const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-final-rate-'));
  try {
    const finalTraining = { augmentation: { padAndCrop: 2, horizontalFlip: true } };
    const length = { finalEpochs: images / IMAGES, roundSteps: ROUND_STEPS };
    const config = { genome, finalTraining, ...length, workers: 2, tensorboard: false };
    const search = await createSearch(
      { ...config, dataset: { source: 'noise' } },
      { dataset: await noise(input), out: join(folder, 'run'), cacheDir: join(folder, 'cache') },
    );
    await search.run();
    const [, ...rounds] = readJournal(join(folder, 'run', 'journal.jsonl')).filter(({ type }) => type === 'round');
    const steps = rounds.reduce((sum, { from, to }) => sum + to - from, 0);
    return (steps * batchSize) / rounds.reduce((sum, { seconds }) => sum + seconds, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function noise(input) {
  const { height, width, channels } = input;
  const part = (count) => ({ data: noisePixels(count, input), shape: [count, height, width, channels] });
  const labels = (count) => Int32Array.from({ length: count }, (_, i) => i % 10);
  return datasetFromArrays({ xTrain: part(IMAGES), yTrain: labels(IMAGES), xTest: part(100), yTest: labels(100) });
}
