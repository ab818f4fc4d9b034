// Time of one training step against PyTorch on the same core: npm run bench [-- --rounds 5]
// The two take turns, genome by genome, so that both see the same machine; medians and their ratio are printed.
// Needs Debian's python3-torch for the comparison; without it, our times alone.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CASES = [
  { genome: '16-16-max-32-32-max-64-64', channels: 1, size: 28 },
  { genome: '32-32-max-64-64', channels: 1, size: 28 },
  { genome: '128-64', channels: 1, size: 28 },
  { genome: '8-8-max-16-16', channels: 1, size: 28 },
  { genome: '64-64-max-128-128-max-256-256', channels: 3, size: 32 },
];
const PYTHON = '/usr/bin/python3';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const rounds = Number(values.rounds);
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const torchScript = fileURLToPath(new URL('torch_step.py', import.meta.url));
const hasTorch = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import torch']).status === 0;

console.log(`${cpus()[0]?.model}, Node ${process.version}, one thread, batch 64, ${rounds} rounds`);
if (!hasTorch) console.log('PyTorch is not installed (Debian: apt-get install python3-torch): only our times follow');
const ratios = [];
for (const { genome, channels, size } of CASES) {
  const ours = [];
  const torch = [];
  for (let round = 0; round < rounds; round++) {
    const input = `${size}x${size}x${channels}`;
    ours.push(run(process.execPath, [cli, 'inspect', genome, '--input', input, '--measure', '--json']).trainingStep.ms);
    if (hasTorch) torch.push(run(PYTHON, [torchScript, genome, String(channels), String(size)]).msPerStep);
  }
  let line = `${genome.padEnd(32)} ours ${median(ours).toFixed(1).padStart(7)} ms`;
  if (hasTorch) {
    const ratio = median(torch) / median(ours);
    ratios.push(ratio);
    line += `   PyTorch ${median(torch).toFixed(1).padStart(7)} ms   ${ratio.toFixed(2)} times as many images per second`;
  }
  console.log(line);
}
if (hasTorch) {
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  console.log(`geometric mean: ${mean.toFixed(2)}`);
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return JSON.parse(stdout);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
