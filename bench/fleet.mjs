// What a queue costs with many workers: node bench/fleet.mjs RUN --workers 10,100,1000 [--strategies] [--json FILE]
// A real Redis and real workers, whose trainings only take the times that were recorded in the journal of RUN. First, tasks without a
// search: as many at a time as there are workers. Then, with --strategies, whole searches. Needs redis-server.

import { fork, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePacked } from '../dist/data/cache/cache-folder.js';
import { QueueEvaluator } from '../dist/evaluation/queue/queue-evaluator.js';
import { connectQueue } from '../dist/evaluation/queue/redis/redis-connection.js';
import { createSearch, datasetFromArrays } from '../dist/index.js';
import { commitOf, describeMachine } from './support/provenance.mjs';

const HOSTING = fileURLToPath(new URL('support/fleet-workers.mjs', import.meta.url));
/** Workers of one process. */
const PER_PROCESS = 250;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: 'string', default: '10,100,1000' },
    'tasks-per-worker': { type: 'string', default: '4' },
    'speed-up': { type: 'string', default: '1' },
    strategies: { type: 'boolean', default: false },
    port: { type: 'string', default: '26379' },
    json: { type: 'string' },
  },
});
const speedUp = Number(values['speed-up']);
const times = timesOf(positionals[0] ?? '');
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-fleet-'));
const url = `redis://127.0.0.1:${values.port}/0`;
const results = [];
const cacheDir = join(folder, 'cache');
mkdirSync(cacheDir);
const dataset = tinyDataset();
const path = await ensurePacked(dataset, cacheDir);
for (const count of values.workers.split(',').map(Number)) await measure(count);
rmSync(folder, { recursive: true, force: true });
if (values.json !== undefined) {
  const of = { date: new Date().toISOString().slice(0, 10), commit: commitOf('src'), machine: describeMachine() };
  writeFileSync(values.json, `${JSON.stringify({ ...of, times, speedUp, results }, null, 2)}\n`);
}

async function measure(count) {
  const redis = await startRedis();
  const hosts = await startWorkers(count);
  const { redis: client, close } = await connectQueue(url);
  try {
    results.push({ workers: count, ...(await withoutSearch(count, client)) });
    console.log(results.at(-1));
    for (const strategy of values.strategies ? ['generational', 'steady-state', 'random'] : []) {
      results.push({ workers: count, strategy, ...(await withSearch(count, strategy)) });
      console.log(results.at(-1));
    }
  } finally {
    close();
    for (const host of hosts) host.kill('SIGTERM');
    await Promise.all(hosts.map((host) => once(host, 'exit')));
    redis.kill();
    await once(redis, 'exit');
  }
}

/** Tasks that all wait at the beginning, as many at a time as there are workers. */
async function withoutSearch(count, client) {
  const evaluator = await connect();
  await evaluator.engineKind('plain');
  while (evaluator.concurrency < count) await new Promise((resolve) => setTimeout(resolve, 200));
  const total = count * Number(values['tasks-per-worker']);
  await client.config('RESETSTAT');
  const used = process.cpuUsage();
  const began = performance.now();
  let next = 0;
  const seconds = [];
  const work = async () => {
    while (next < total) {
      const seed = `${count}/${next++}`;
      const start = performance.now();
      await evaluator.evaluate(taskOf(seed));
      seconds.push((performance.now() - start) / 1000);
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  const wallSeconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(used);
  const info = await client.info();
  const figure = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  const busySeconds = sumOf(Array.from({ length: total }, (_, i) => recordedSeconds(`${count}/${i}`)));
  await evaluator.close();
  return {
    tasks: total,
    wallSeconds: round(wallSeconds),
    utilisation: round(busySeconds / (count * wallSeconds), 3),
    overheadMsPerTask: round((1000 * (sumOf(seconds) - busySeconds)) / total),
    commandsPerSecond: Math.round(figure('total_commands_processed') / wallSeconds),
    redisPeakMiB: round(figure('used_memory_peak') / 2 ** 20),
    searchMiB: round(process.memoryUsage.rss() / 2 ** 20),
    searchCpuMsPerTask: round((cpu.user + cpu.system) / 1000 / total),
  };
}

/** A search of its own size for each strategy: as many networks, and a population that could keep all workers busy. */
async function withSearch(count, strategy) {
  const evaluator = await connect();
  const population = strategy === 'steady-state' ? 2 * count : count;
  const config = {
    dataset: { source: 'tiny' },
    preset: 'fast',
    strategy,
    population,
    generations: strategy === 'steady-state' ? 1 : 3,
    lowering: 'plain',
    searchSpace: { channels: [8, 16, 32, 64] },
    tensorboard: false,
  };
  const out = join(folder, `${strategy}-${count}`);
  const search = await createSearch(config, { dataset, evaluator, out });
  const stop = new AbortController();
  const began = performance.now();
  const genomes = [];
  search.on('evaluation', ({ genome }) => genomes.push(genome));
  let wallSeconds = 0;
  search.on('finalStart', () => {
    wallSeconds = (performance.now() - began) / 1000;
    stop.abort();
  });
  await search.run({ signal: stop.signal }).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  rmSync(out, { recursive: true, force: true });
  const busySeconds = sumOf(genomes.map((genome) => recordedSeconds(`1/search/${genome}`)));
  return {
    evaluations: genomes.length,
    wallSeconds: round(wallSeconds),
    utilisation: round(busySeconds / (count * wallSeconds), 3),
  };
}

/** As the workers have it. */
function recordedSeconds(seed) {
  const digest = createHash('sha256').update(seed).digest();
  return times[digest.readUInt32LE(0) % times.length] / speedUp;
}

function taskOf(seed) {
  return {
    genome: '8-8',
    dataset: { path, fingerprint: dataset.fingerprint },
    selection: { seed: 'split', validation: 0.25, purpose: 'search' },
    training: {
      epochs: 1,
      batchSize: 16,
      learningRate: 0.01,
      optimiser: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
      schedule: { name: 'constant' },
      statisticsMomentum: 0.9,
    },
    lowering: 'plain',
    seed,
    checkpointPath: join(folder, 'checkpoints', `${seed.replace('/', '-')}.safetensors`),
  };
}

function connect() {
  const local = { concurrency: 1, evaluate: () => Promise.reject(new Error('not here')), close: async () => {} };
  return QueueEvaluator.connect({ url, local, timeoutMs: 1e9, name: 'fleet', listen: '127.0.0.1', notify() {} });
}

async function startRedis() {
  const settings = [
    '--port',
    values.port,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    folder,
    '--maxclients',
    '9000',
  ];
  const redis = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of redis.stdout) if (/Ready to accept/.test(chunk.toString())) break;
  return redis;
}

async function startWorkers(count) {
  const timesFile = join(folder, 'times.json');
  writeFileSync(timesFile, JSON.stringify(times));
  const hosts = [];
  for (let left = count; left > 0; left -= PER_PROCESS) {
    const own = String(Math.min(PER_PROCESS, left));
    hosts.push(fork(HOSTING, [url, cacheDir, own, String(speedUp), timesFile]));
  }
  await Promise.all(hosts.map((host) => once(host, 'message')));
  return hosts;
}

function timesOf(run) {
  const lines = readFileSync(join(run, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.filter(({ type, failure }) => type === 'evaluation' && !failure).map(({ seconds }) => seconds);
}

function tinyDataset() {
  const images = (count, from) => ({
    data: Uint8Array.from({ length: count * 64 }, (_, i) => (from + i * i) % 251),
    shape: [count, 8, 8, 1],
  });
  const labels = (count) => Array.from({ length: count }, (_, i) => i % 2);
  const [xTrain, xTest] = [images(40, 0), images(10, 100)];
  return datasetFromArrays({ xTrain, yTrain: labels(40), xTest, yTest: labels(10) });
}

function sumOf(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function round(value, digits = 1) {
  return Number(value.toFixed(digits));
}
