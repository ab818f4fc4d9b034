// Measures the gain of a second worker: node bench/workers.mjs [GENOME…] [--rounds 5] [--seconds 3] [--json FILE]
// Two processes train the same genome, each on one thread; in each round first one alone, then both together. Startup and
// the first steps are not counted. Prints images per second of both together divided by those of one alone; medians over
// the rounds.

import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BatchBuffers } from '../dist/engine/batch-buffers.js';
import { chooseLowering, withLowering } from '../dist/engine/lowering/choose-lowering.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { initialiseState } from '../dist/engine/state/initialise.js';
import { TrainingSession } from '../dist/engine/training/training-session.js';
import { parseGenome } from '../dist/genome/text.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { createRng } from '../dist/random/rng.js';
import { median } from '../dist/text/figures.js';

const GENOMES = ['8-8-max-16-16', '16-16-max-32-32-max-64-64', '64-64-max-128-128'];
const BATCH = 64;
const IMAGES = 10_000;
const WARM_UP = 5;
const ADAM = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

if (process.send === undefined) await compare();
else await train(process.argv[2]);

async function compare() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
  console.log(`${machine.processor}, ${machine.cores} cores, batch ${BATCH}, ${rounds} rounds, images per second`);
  const results = [];
  for (const genome of positionals.length > 0 ? positionals : GENOMES) {
    const children = [0, 1].map(() => fork(fileURLToPath(import.meta.url), [genome]));
    await Promise.all(children.map(answerOf));
    const rateOf = async (some) => {
      const answers = some.map(answerOf);
      for (const child of some) child.send(seconds);
      return (await Promise.all(answers)).reduce((sum, rate) => sum + rate, 0);
    };
    const rates = { one: [], two: [] };
    for (let round = 0; round < rounds; round++) {
      rates.one.push(await rateOf([children[round % 2]]));
      rates.two.push(await rateOf(children));
    }
    for (const child of children) child.disconnect();
    const [one, two] = [median(rates.one), median(rates.two)];
    const ratio = median(rates.two.map((rate, round) => rate / rates.one[round]));
    results.push({ genome, imagesPerSecond: { one, two }, ratio, rounds: rates });
    console.log(
      `${genome.padEnd(28)} one ${one.toFixed(0).padStart(6)}   two ${two.toFixed(0).padStart(6)}   ratio ${ratio.toFixed(2)}`,
    );
  }
  if (values.json === undefined) return;
  const report = { date: new Date().toISOString().slice(0, 10), machine, batch: BATCH, seconds, results };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

/** In a child process: on each request, trains for the requested number of seconds and replies with its rate. */
async function train(genome) {
  const rng = createRng('workers');
  const runtime = await loadNodeRuntime();
  const { name } = await chooseLowering(runtime, 'auto');
  const input = { channels: 1, height: 28, width: 28 };
  const network = createNetwork(parseGenome(genome), { input, classes: 10 }, { mean: [33], std: [79] });
  const initial = initialiseState(network.layout, rng);
  const session = await TrainingSession.create(await withLowering(runtime, name), network, ADAM, initial, 0.9);
  const pixels = Uint8Array.from({ length: IMAGES * 28 * 28 }, (_, i) => (i * 7919) % 256);
  const labels = Int32Array.from({ length: IMAGES }, (_, i) => i % 10);
  const order = rng.shuffle(Int32Array.from(labels.keys()));
  const buffers = new BatchBuffers(runtime, input, BATCH);
  let next = 0;
  const step = async () => {
    if (next + BATCH > IMAGES) next = 0;
    await session.step(buffers.fill({ count: IMAGES, pixels, labels }, order, next, BATCH), 1e-4);
    next += BATCH;
  };
  for (let i = 0; i < WARM_UP; i++) await step();
  process.on('message', async (seconds) => {
    const began = performance.now();
    let images = 0;
    while (performance.now() - began < 1000 * seconds) {
      await step();
      images += BATCH;
    }
    process.send((1000 * images) / (performance.now() - began));
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
