// Compares the time of one training step with PyTorch on the same core: npm run bench [-- --rounds 5 --lowering auto --json
// FILE] Blocked, plain and PyTorch take turns, genome by genome, so that all run under the same conditions; medians over
// the rounds. Genomes as arguments limit it to those. --lowering plain skips blocked, and vice versa. The comparison needs
// Debian's python3-torch.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { chooseLowering } from '../dist/engine/lowering/choose-lowering.js';
import { measureTrainingStep } from '../dist/engine/measure.js';
import { loadNodeRuntime } from '../dist/engine/node/onnxruntime-node.js';
import { parseGenome } from '../dist/genome/text.js';
import { madeUpNormalisation } from '../dist/network/normalisation.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { describeMachine } from './support/provenance.mjs';

const CASES = [
  { genome: '16-16-max-32-32-max-64-64', channels: 1, size: 28 },
  { genome: '32-32-max-64-64', channels: 1, size: 28 },
  { genome: '128-64', channels: 1, size: 28 },
  { genome: '8-8-max-16-16', channels: 1, size: 28 },
  { genome: '64-64-max-128-128-max-256-256', channels: 3, size: 32 },
  { genome: '128-128-max-128-256', channels: 3, size: 16 },
  // Reference designs.
  { genome: '16max32-32max64', channels: 1, size: 28 },
  { genome: '32max32-64max64-128max128', channels: 3, size: 32 },
  { genome: '32max64-64max128-128max256', channels: 3, size: 32 },
];
const PYTHON = '/usr/bin/python3';
const BATCH = 64;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    lowering: { type: 'string', default: 'auto' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const runtime = await loadNodeRuntime();
const { name: fastest } = await chooseLowering(runtime, values.lowering);
const lowerings = values.lowering === 'auto' && fastest !== 'plain' ? [fastest, 'plain'] : [fastest];
const torchScript = fileURLToPath(new URL('torch_step.py', import.meta.url));
const hasTorch = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import torch']).status === 0;
const engines = [...lowerings, ...(hasTorch ? ['PyTorch'] : [])];

const machine = { ...describeMachine(), runtime: runtime.name };
console.log(
  `${machine.processor}, ${machine.runtime}, one thread, batch ${BATCH}, ${rounds} rounds, images per second`,
);
if (!hasTorch)
  console.log('PyTorch is not installed (Debian: apt-get install python3-torch); only our times are measured');

const results = [];
const cases = CASES.filter(({ genome }) => positionals.length === 0 || positionals.includes(genome));
for (const { genome, channels, size } of cases) {
  const times = Object.fromEntries(engines.map((engine) => [engine, []]));
  for (let round = 0; round < rounds; round++) {
    for (const engine of engines) times[engine].push(await stepMs(engine, { genome, channels, size }));
  }
  const imagesPerSecond = Object.fromEntries(engines.map((engine) => [engine, (BATCH * 1000) / median(times[engine])]));
  results.push({ genome, input: [channels, size, size], imagesPerSecond, stepMs: times });
  const figures = engines.map((engine) => `${engine} ${imagesPerSecond[engine].toFixed(0).padStart(6)}`).join('   ');
  const ratios = hasTorch
    ? lowerings.map((name) => `${name}/PyTorch ${(imagesPerSecond[name] / imagesPerSecond.PyTorch).toFixed(2)}`)
    : [];
  console.log([genome.padEnd(30), figures, ...ratios].join('   '));
}
const means = {};
for (const name of hasTorch ? lowerings : []) {
  const logs = results.map(({ imagesPerSecond }) => Math.log(imagesPerSecond[name] / imagesPerSecond.PyTorch));
  means[name] = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  console.log(`geometric mean, ${name}/PyTorch: ${means[name].toFixed(2)}`);
}
if (values.json !== undefined) {
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    batch: BATCH,
    rounds,
    geometricMeans: means,
    results,
  };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function stepMs(engine, step) {
  if (engine === 'PyTorch') return torchStepMs(step);
  const { genome, channels, size } = step;
  const problem = { input: { channels, height: size, width: size }, classes: 10 };
  const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));
  const { ms } = await measureTrainingStep(runtime, network, { batch: BATCH, lowering: engine });
  return ms;
}

function torchStepMs({ genome, channels, size }) {
  const args = [torchScript, genome, String(channels), String(size)];
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`PyTorch failed: ${stderr}`);
  return JSON.parse(stdout).msPerStep;
}
