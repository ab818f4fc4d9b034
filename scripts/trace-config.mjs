// Prints what runs between `createSearch` and the first training step: the files on the path of calls, in order; the files
// that handle the configuration on the way, which are the ones to read to follow it; and all files, by room.
//
//   node scripts/trace-config.mjs [DIST]
//
// DIST is the folder of a build (default: `dist`), so that versions can be compared.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

Error.stackTraceLimit = 200;
const dist = resolve(process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url)));
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { createSearch, datasetFromArrays } = await load('index.js');
const { loadNodeRuntime } = await load('engine/node/onnxruntime-node.js');
// Version 0.1.0 had it one folder higher.
const { InProcessEvaluator } = await load('evaluation/node/in-process-evaluator.js').catch(() =>
  load('evaluation/in-process-evaluator.js'),
);

/** Files on the stack, outermost first, each at its first occurrence. */
const filesOnStack = () =>
  [
    ...(new Error().stack ?? '').matchAll(
      /\((?:async )?(?:file:\/\/)?([^():]+):\d+:\d+\)|at (?:async )?(?:file:\/\/)?([^():\s]+):\d+:\d+/g,
    ),
  ]
    .map(([, a, b]) => a ?? b ?? '')
    .filter((path) => path.startsWith(`${dist}/`))
    .map((path) => path.slice(dist.length + 1).replace(/\.js$/, '.ts'))
    .reverse();

const runtime = await loadNodeRuntime();
let began;
const stepped = new Promise((resolveFirst) => {
  began = resolveFirst;
});
let isTraining = false;
const inner = new InProcessEvaluator({
  ...runtime,
  async createSession(...options) {
    const session = await runtime.createSession(...options);
    return {
      run(feeds, fetches) {
        if (isTraining) began({ path: filesOnStack(), coverage: coverage() });
        return session.run(feeds, fetches);
      },
      release: () => session.release(),
    };
  },
});
const before = [];
const evaluator = {
  concurrency: 1,
  evaluate(task, options) {
    if (before.length === 0) before.push(...filesOnStack());
    isTraining = true;
    return inner.evaluate(task, options);
  },
  close: () => inner.close(),
};

const profiler = new Session();
profiler.connect();
await profiler.post('Profiler.enable');
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-trace-'));
const pixels = Uint8Array.from({ length: 200 * 64 }, (_, i) => (i * 7) % 256);
const labels = Array.from({ length: 200 }, (_, i) => i % 2);
const images = { data: pixels, shape: [200, 8, 8] };
const dataset = await datasetFromArrays({ xTrain: images, yTrain: labels, xTest: images, yTest: labels });
await profiler.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
const config = {
  dataset: { source: 'arrays' },
  population: 2,
  generations: 1,
  validation: 0.2,
  training: { epochs: 1, batchSize: 32 },
  // The blocked lowering is first tried out with separate steps.
  lowering: 'plain',
  tensorboard: false,
};
const options = { out: join(folder, 'run'), cacheDir: join(folder, 'cache'), dataset, evaluator };
const search = await createSearch(config, options);
const abort = new AbortController();
const ended = search.run({ signal: abort.signal }).catch(() => {});
const { path, coverage: covered } = await stepped;
abort.abort();
await ended;
rmSync(folder, { recursive: true, force: true });

const way = [...new Set(['search/create-search.ts', 'search/start-run.ts', ...before, ...path])];
console.log(`Path to the first training step, ${way.length} files:`);
for (const file of way) console.log(`  ${file}`);
const ran = await covered;
const handling = ran.filter(({ handlesConfig }) => handlesConfig).map(({ file }) => file);
console.log(`Files that handle the configuration until then: ${handling.length}`);
for (const file of handling) console.log(`  ${file}`);
const rooms = new Map();
for (const { file } of ran) rooms.set(dirname(file), (rooms.get(dirname(file)) ?? 0) + 1);
console.log(`Files that run until then: ${ran.length}`);
for (const [room, count] of [...rooms].sort()) console.log(`  ${String(count).padStart(3)}  ${room}`);

/** Files of the package in which a function has run since coverage started, and whether one of these names the `config`. */
async function coverage() {
  const { result } = await profiler.post('Profiler.takePreciseCoverage');
  const root = pathToFileURL(`${dist}/`).href;
  return result
    .filter(({ url }) => url.startsWith(root))
    .map(({ url, functions }) => {
      const source = readFileSync(fileURLToPath(url), 'utf8');
      const bodies = functions
        .filter(({ functionName, ranges }) => functionName !== '' && ranges[0]?.count > 0)
        .map(({ ranges: [{ startOffset, endOffset }] }) => source.slice(startOffset, endOffset));
      const file = url.slice(root.length).replace(/\.js$/, '.ts');
      return { file, ran: bodies.length > 0, handlesConfig: bodies.some(namesConfig) };
    })
    .filter(({ ran }) => ran);
}

/** Whether code, comments aside, names a `config`. */
function namesConfig(code) {
  return /\bconfig\b/.test(code.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, ''));
}
