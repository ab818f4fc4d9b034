// Prints the path of a configuration from `createSearch` to the first training step: the files on the call path, in order,
// and the total number of files that run until then, by room.
//
//   node scripts/trace-config.mjs [DIST]
//
// DIST is the folder of a build (default: `dist`), so that versions can be compared.

import { mkdtempSync, rmSync } from 'node:fs';
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
const rooms = new Map();
for (const file of ran) rooms.set(dirname(file), (rooms.get(dirname(file)) ?? 0) + 1);
console.log(`Files that ran until then: ${ran.length}`);
for (const [room, count] of [...rooms].sort()) console.log(`  ${String(count).padStart(3)}  ${room}`);

/** Files of the package in which a function has run since coverage started. */
async function coverage() {
  const { result } = await profiler.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => url.startsWith(pathToFileURL(`${dist}/`).href))
    .filter(({ functions }) =>
      functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0]?.count > 0),
    )
    .map(({ url }) => url.slice(pathToFileURL(`${dist}/`).href.length).replace(/\.js$/, '.ts'));
}
