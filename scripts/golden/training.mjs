// The results of one small search with real training, read from the run folder. The bits depend on the kind of engine.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engineKind } from '../../dist/engine/engine-kind.js';
import { loadNodeRuntime } from '../../dist/engine/node/onnxruntime-node.js';
import { createRng } from '../../dist/random/rng.js';
import { sortedJson } from './hashes.mjs';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SETTINGS =
  '--population 3 --generations 1 --epochs 2 --final-epochs 3 --max-depth 4 --rotate 10 --schedule cosine --optimizer adam ' +
  '--seed 5 --workers 1 --lowering plain --json';
const SIDE = 10;
const CLASSES = 4;
const TIMES = new Set(['seconds', 'elapsedSeconds', 'memory', 'check', 'id']);

/** The kind of engine, on which the bits of a training depend. */
export async function kindOfEngine() {
  return engineKind(await loadNodeRuntime(), 'plain');
}

/** @returns texts and bytes of the run folder by name, without times, ids, paths, version and kind of engine. */
export async function training() {
  const folder = await mkdtemp(join(tmpdir(), 'auto-cnn-golden-'));
  try {
    await writePart(folder, 'train', 240, 1);
    await writePart(folder, 't10k', 60, 2);
    const run = join(folder, 'run');
    await promisify(execFile)(process.execPath, [CLI, 'search', folder, ...SETTINGS.split(' '), '--out', run], {
      env: { ...process.env, AUTO_CNN_CACHE: join(folder, 'cache') },
    });
    const journal = (await readFile(join(run, 'journal.jsonl'), 'utf8')).trim().split('\n').slice(1);
    const { dataset, engineKind: _, ...config } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
    const summary = JSON.parse(await readFile(join(run, 'summary.json'), 'utf8'));
    const model = await readFile(join(run, 'model.onnx'), 'latin1');
    return {
      journal: journal.map((line) => sortedJson(withoutTimes(JSON.parse(line)))).join('\n'),
      config: sortedJson({ ...config, fingerprint: dataset.fingerprint }),
      score: JSON.stringify([summary.testAccuracy, summary.testLoss]),
      model: model.replace(summary.versions.autoCnn, 'any version'),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes noise with one bright row that determines the class, as IDX files. */
async function writePart(folder, name, count, seed) {
  const rng = createRng(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  const pixels = randomBytes(count * SIDE * SIDE, rng).map((value, i) => {
    const row = Math.floor(i / SIDE) % SIDE;
    return row === 2 * labels[Math.floor(i / SIDE / SIDE)] + 1 ? 255 - (value >> 2) : value >> 1;
  });
  await writeFile(join(folder, `${name}-images-idx3-ubyte`), idx([count, SIDE, SIDE], pixels));
  await writeFile(join(folder, `${name}-labels-idx1-ubyte`), idx([count], labels));
}

function idx(dimensions, data) {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt8(8, 2);
  header.writeUInt8(dimensions.length, 3);
  for (const [i, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

function withoutTimes(value) {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !TIMES.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutTimes(inner)]));
}

function randomBytes(length, rng) {
  return Uint8Array.from({ length }, () => rng.integer(0, 255));
}
