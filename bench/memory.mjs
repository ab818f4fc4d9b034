// Measures memory of parent and children over a long search: node bench/memory.mjs [--candidates 260] (some are duplicates)
// Searches over a few images of MNIST and reads the resident size of each process from /proc every second (Linux).
// --peak 3m: peak memory (VmHWM) of a worker that trains the largest of 2,000 random networks that such a budget allows, on
// all images, for --seconds 20 each.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { createRng, createSearch, estimateCost, formatGenome, randomGenome } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    candidates: { type: 'string', default: '260' },
    peak: { type: 'string' },
    seconds: { type: 'string', default: '20' },
  },
});
const candidates = Number(values.candidates);
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-memory-'));
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
if (values.peak === undefined) watchSearch();
else await measurePeak(values.peak);

async function measurePeak(budget) {
  const out = join(folder, 'plan');
  const search = await createSearch({ dataset: { source: 'mnist' }, budget }, { out });
  await search.close();
  const { searchSpace } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  // In the file, null means no limit.
  const space = Object.fromEntries(Object.entries(searchSpace).filter(([, value]) => value !== null));
  const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
  const rng = createRng('memory');
  const memoryOf = (genome) => estimateCost(genome, problem).activationBytes;
  const genomes = Array.from({ length: 2000 }, () => randomGenome(rng, space, problem));
  const largest = genomes.toSorted((a, b) => memoryOf(b) - memoryOf(a)).map(formatGenome);
  for (const genome of [...new Set(largest)].slice(0, 3)) {
    const train = ['train', genome, 'mnist', '--workers', '1', '--out', join(folder, genome)];
    const training = spawn(process.execPath, [cli, ...train], { stdio: ['ignore', 'ignore', 'inherit'] });
    const done = new Promise((resolve) => training.once('exit', resolve));
    let peak = 0;
    const timer = setInterval(() => {
      const children = processes().filter(({ parent }) => parent === training.pid);
      peak = Math.max(peak, ...children.map(({ pid }) => megabytes(pid, 'VmHWM')));
    }, 250);
    setTimeout(() => training.kill('SIGINT'), 1000 * Number(values.seconds));
    await done;
    clearInterval(timer);
    console.log(`${genome.padEnd(48)} ${peak.toFixed(0).padStart(6)} MB at most`);
  }
  rmSync(folder, { recursive: true, force: true });
}

function watchSearch() {
  const args = [
    'search',
    'mnist',
    '--strategy',
    'random',
    '--population',
    '10',
    '--generations',
    String(candidates / 10 - 1),
  ];
  const small = [
    '--train-limit',
    '400',
    '--epochs',
    '1',
    '--final-epochs',
    '1',
    '--channels',
    '8,16,32,64',
    '--max-depth',
    '10',
  ];
  const run = spawn(process.execPath, [cli, ...args, ...small, '--out', join(folder, 'run')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

  /** [evaluations done, megabytes of the parent, megabytes of the largest child] */
  const samples = [];
  const timer = setInterval(() => {
    const children = processes().filter(({ parent }) => parent === run.pid);
    samples.push([journalLines(), megabytes(run.pid), Math.max(0, ...children.map(({ pid }) => megabytes(pid)))]);
  }, 1000);
  run.once('exit', (code) => {
    clearInterval(timer);
    console.log(`exit code ${code}, ${journalLines()} evaluations`);
    console.log('evaluations   parent MB   largest child MB   (medians)');
    for (let quarter = 0; quarter < 4; quarter++) {
      const part = samples.slice((quarter * samples.length) / 4, ((quarter + 1) * samples.length) / 4);
      const column = (i) => median(part.map((sample) => sample[i]));
      const range = `${part[0]?.[0]}–${part.at(-1)?.[0]}`;
      console.log(`${range.padStart(11)} ${column(1).toFixed(0).padStart(11)} ${column(2).toFixed(0).padStart(18)}`);
    }
    rmSync(folder, { recursive: true, force: true });
  });
}

function journalLines() {
  try {
    return readFileSync(join(folder, 'run', 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"evaluation"')).length;
  } catch {
    return 0;
  }
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, parent: Number(read(pid, 'stat').split(') ').at(-1)?.split(' ')[1]) }));
}

function megabytes(pid, field = 'VmRSS') {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read(pid, 'status'))?.[1] ?? 0) / 1024;
}

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
