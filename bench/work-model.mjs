// Does one rate predict the step time of any network? npm run build && node bench/work-model.mjs [--rounds 3] [--batch 64]
// Prints the measured and the predicted time of a training step for each network (work from genome/work.ts divided by the
// best fitting rate), and the value of BYTE_WORK that would fit these measurements best.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureTrainingStep } from '../dist/engine/measure.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { estimateCost } from '../dist/genome/cost.js';
import { parseGenome } from '../dist/genome/text.js';
import { trainingWork } from '../dist/genome/work.js';
import { madeUpNormalisation } from '../dist/network/normalisation.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { percent } from '../dist/text/figures.js';

const GREY = { channels: 1, height: 28, width: 28 };
const COLOUR = { channels: 3, height: 32, width: 32 };
const CASES = [
  ['max-8-8', GREY],
  ['8-8', GREY],
  ['8-8-max-16-16', GREY],
  ['16-16-max-32-32-max-64-64', GREY],
  ['32-32-max-64-64', GREY],
  ['max-32-32-32-32-max-64-64', GREY],
  ['max-max-64-128', GREY],
  ['8-16-16-8-max-16-32-32-16', GREY],
  ['64-8', GREY],
  ['max-16-16', COLOUR],
  ['16-32-max-32-64', COLOUR],
  ['16max32-32max64-64max128', COLOUR],
  ['32max32-64max64-128max128', COLOUR],
  ['32-32-max-64-64-max-128-128', COLOUR],
  ['max-64-64-max-128-128-max-128-128', COLOUR],
].map(([genome, input]) => ({ genome, input }));

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, batch: { type: 'string', default: '64' } },
});
const batch = Number(values.batch);
const runtime = await loadNodeRuntime();
const measured = CASES.map(({ genome, input }) => {
  const problem = { input, classes: 10 };
  const cost = estimateCost(parseGenome(genome), problem);
  const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));
  return { genome, input, cost, network, ms: Infinity };
});
// The minimum of several medians: other processes can only make a step slower.
for (let round = 0; round < Number(values.rounds); round++) {
  for (const entry of measured) {
    const { ms } = await measureTrainingStep(runtime, entry.network, { batch, repeats: 7 });
    entry.ms = Math.min(entry.ms, ms);
  }
}

console.log(`${cpus()[0]?.model}, Node ${process.version}, one thread, batch ${batch}, ${values.rounds} rounds`);
const { rate, error } = fitRate((cost) => trainingWork(cost));
console.log(`rate ${(rate / 1e9).toFixed(1)}e9 work/s, typical error ${percent(error, 0)}`);
for (const { genome, input, cost, ms } of measured) {
  const predicted = (trainingWork(cost) * batch * 1000) / rate;
  const size = `${input.height}x${input.width}x${input.channels}`;
  const figures = [ms, predicted].map((value) => `${value.toFixed(1).padStart(7)} ms`).join('   predicted ');
  console.log(`${size.padEnd(8)} ${genome.padEnd(34)} ${figures}   ${percent(predicted / ms - 1, 0)}`);
}

let best = { error: Infinity };
for (let byteWork = 5; byteWork <= 120; byteWork += 5) {
  const candidate = fitRate((cost) => trainingWork(cost, { byteWork }));
  if (candidate.error < best.error) best = { ...candidate, byteWork };
}
console.log(`best: BYTE_WORK ${best.byteWork}, typical error ${percent(best.error, 0)}`);

/** The rate that makes the logarithms of predictions unbiased, and their standard deviation. */
function fitRate(workOf) {
  const logs = measured.map(({ cost, ms }) => Math.log((workOf(cost) * batch * 1000) / ms));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return {
    rate: Math.exp(mean),
    error: Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length),
  };
}
