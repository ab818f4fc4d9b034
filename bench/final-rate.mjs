// How much of the raw speed of two processes does a final training with two replicas reach?
// node bench/final-rate.mjs [GENOME…] [--input 32x32x3] [--rounds 3] [--seconds 20] [--json FILE]
// Raw: two processes that only take training steps, side by side. Final: the rounds of a final training, without the first,
// which includes starting the processes. Both take turns. Images per second, and medians of the ratios.

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BatchBuffers } from '../dist/engine/batch-buffers.js';
import { chooseLowering, withLowering } from '../dist/engine/lowering/choose-lowering.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { initialiseState } from '../dist/engine/state/initialise.js';
import { TrainingSession } from '../dist/engine/training/training-session.js';
import { parseImageShape } from '../dist/genome/image-shape.js';
import { createRng, createSearch, datasetFromArrays, parseGenome, readJournal } from '../dist/index.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { resolveConfig } from '../dist/search/run/resolve-config.js';
import { median } from '../dist/text/figures.js';

const GENOMES = ['max-16-16-max-32-32', '32-32-max-64-64-max-128-128-max-256-256'];
const IMAGES = 10_000;
const WARM_UP = 5;

if (process.send === undefined) await compare();
else await step(JSON.parse(process.argv[2]));

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
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
  console.log(`${machine.processor}, ${machine.cores} cores, ${values.input}, images per second of two replicas`);
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
  const children = [0, 1].map(() => fork(fileURLToPath(import.meta.url), [JSON.stringify({ genome, input, seconds })]));
  await Promise.all(children.map(answerOf));
  const rates = Promise.all(children.map(answerOf));
  for (const child of children) child.send('go');
  return (await rates).reduce((sum, rate) => sum + rate, 0);
}

/** @param images  about as many are shown. */
async function finalRate(genome, input, images) {
  const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-final-rate-'));
  try {
    const finalTraining = { augmentation: { padAndCrop: 2, horizontalFlip: true } };
    const config = { genome, finalTraining, finalEpochs: images / IMAGES, replicas: 2, workers: 2, tensorboard: false };
    const search = await createSearch(
      { ...config, dataset: { source: 'noise' } },
      { dataset: await noise(input), out: join(folder, 'run'), cacheDir: join(folder, 'cache') },
    );
    await search.run();
    const [, ...rounds] = readJournal(join(folder, 'run', 'journal.jsonl')).filter(({ type }) => type === 'round');
    const steps = rounds.reduce((sum, { from, to }) => sum + to - from, 0);
    return (steps * batchSize()) / rounds.reduce((sum, { seconds }) => sum + seconds, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function noise({ height, width, channels }) {
  const part = (count) => ({
    data: Uint8Array.from({ length: count * height * width * channels }, (_, i) => (i * 7919) % 256),
    shape: [count, height, width, channels],
  });
  const labels = (count) => Int32Array.from({ length: count }, (_, i) => i % 10);
  return datasetFromArrays({ xTrain: part(IMAGES), yTrain: labels(IMAGES), xTest: part(100), yTest: labels(100) });
}

function training() {
  return resolveConfig({ dataset: { source: 'noise' } }, 'the defaults').training;
}

function batchSize() {
  return training().batchSize;
}

/** In a child process: takes steps for the given time, and answers with its rate. */
async function step({ genome, input, seconds }) {
  const rng = createRng('final rate');
  const runtime = await loadNodeRuntime();
  const { name } = await chooseLowering(runtime, 'auto');
  const size = { count: IMAGES, each: input.channels * input.height * input.width };
  const network = createNetwork(
    parseGenome(genome),
    { input, classes: 10 },
    { mean: Array(input.channels).fill(127), std: Array(input.channels).fill(74) },
  );
  const { optimizer, statisticsMomentum } = training();
  const initial = initialiseState(network.layout, rng);
  const engine = await withLowering(runtime, name);
  const session = await TrainingSession.create(engine, network, optimizer, initial, statisticsMomentum);
  const pixels = Uint8Array.from({ length: size.count * size.each }, (_, i) => (i * 7919) % 256);
  const labels = Int32Array.from({ length: IMAGES }, (_, i) => i % 10);
  const order = rng.shuffle(Int32Array.from(labels.keys()));
  const batch = batchSize();
  const buffers = new BatchBuffers(runtime, input, batch);
  let next = 0;
  const takeStep = async () => {
    if (next + batch > IMAGES) next = 0;
    await session.step(buffers.fill({ count: IMAGES, pixels, labels }, order, next, batch), 1e-4);
    next += batch;
  };
  for (let i = 0; i < WARM_UP; i++) await takeStep();
  process.on('message', async () => {
    const began = performance.now();
    let images = 0;
    while (performance.now() - began < 1000 * seconds) {
      await takeStep();
      images += batch;
    }
    process.send((1000 * images) / (performance.now() - began));
    process.disconnect();
  });
  process.send('ready');
}

function answerOf(child) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`a child ended with exit code ${code}`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.removeListener('exit', onExit);
      resolve(answer);
    });
  });
}
