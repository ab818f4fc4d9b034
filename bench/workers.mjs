// Measures the gain of a second worker: node bench/workers.mjs [GENOME…] [--rounds 5] [--seconds 3] [--json FILE]
// Two processes train the same genome, each on one thread; in each round first one alone, then both together. Startup and
// the first steps are not counted. Prints images per second of both together divided by those of one alone; medians over
// the rounds.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { describeMachine } from './support/provenance.mjs';
import { startSteppers } from './support/steppers.mjs';

const GENOMES = ['8-8-max-16-16', '16-16-max-32-32-max-64-64', '64-64-max-128-128'];
const BATCH = 64;
const INPUT = { channels: 1, height: 28, width: 28 };
const ADAM = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

await compare();

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
  const machine = describeMachine();
  console.log(`${machine.processor}, ${machine.cores} cores, batch ${BATCH}, ${rounds} rounds, images per second`);
  const results = [];
  for (const genome of positionals.length > 0 ? positionals : GENOMES) {
    const steppers = await startSteppers(2, { genome, input: INPUT, batch: BATCH, optimiser: ADAM });
    const rates = { one: [], two: [] };
    for (let round = 0; round < rounds; round++) {
      rates.one.push(await steppers.rateOf(seconds, [round % 2]));
      rates.two.push(await steppers.rateOf(seconds));
    }
    steppers.end();
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
