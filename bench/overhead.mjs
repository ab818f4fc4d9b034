// Measures the time a search spends outside training: node bench/overhead.mjs [--data mnist] [--budget 3m] [--workers 2]
// [--json FILE] Covers the search phase, from the start of the run to the end of the last candidate. Times are seen from
// the parent: a candidate trains from its first reported step to its last reported epoch, scoring included.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSearch } from '../dist/index.js';
import { percent } from '../dist/text/figures.js';
import { describeMachine } from './support/provenance.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    budget: { type: 'string', default: '3m' },
    workers: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
const workers = Number(values.workers);
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-overhead-'));
const created = performance.now();
const config = { dataset: { source: values.data }, budget: values.budget, workers };
const search = await createSearch(config, { out: join(folder, 'run') });
const began = performance.now();

/** Evaluations in the order of their start; times in ms. */
const evaluations = [];
const running = new Map();
search.on('evaluationStart', ({ id }) => {
  const evaluation = { start: performance.now(), isFirst: evaluations.length < workers };
  evaluations.push(evaluation);
  running.set(id, evaluation);
});
search.on('progress', ({ id, progress }) => {
  const evaluation = running.get(id);
  const now = performance.now();
  evaluation.firstStep ??= { at: now, step: progress.step };
  evaluation.last = { at: now, step: progress.step };
});
search.on('evaluation', ({ id }) => {
  running.get(id).end = performance.now();
});
const stop = new AbortController();
search.on('finalStart', () => stop.abort());
await search.run({ signal: stop.signal }).catch((error) => {
  if (!stop.signal.aborted) throw error;
});
rmSync(folder, { recursive: true, force: true });
report();

function report() {
  const done = evaluations.filter(({ end, firstStep }) => end !== undefined && firstStep !== undefined);
  const end = Math.max(...done.map((evaluation) => evaluation.end));
  const wall = end - began;
  const sum = (of, some = done) => some.reduce((all, evaluation) => all + of(evaluation), 0);
  // Assumes that the steps before the first report took as long as the others.
  const early = ({ firstStep: first, last }) => {
    const steps = last.step - first.step;
    return steps > 0 ? (first.step * (last.at - first.at)) / steps : 0;
  };
  const before = (evaluation) => evaluation.firstStep.at - evaluation.start - early(evaluation);
  const training = sum((evaluation) => evaluation.last.at - evaluation.firstStep.at + early(evaluation));
  const busy = sum((evaluation) => evaluation.end - evaluation.start);
  const parts = {
    training,
    'start of processes, data, first graph': sum(
      before,
      done.filter(({ isFirst }) => isFirst),
    ),
    'split, compiling, initial state': sum(
      before,
      done.filter(({ isFirst }) => !isFirst),
    ),
    'checkpoint, answer, journal': sum((evaluation) => evaluation.end - evaluation.last.at),
    ...idleParts(done, end),
    'failed or cut off': Math.max(0, workers * wall - busy - idle(done, end)),
  };
  const capacity = workers * wall;
  const waiting = parts['waiting for the last of a generation'];
  const overhead = 1 - training / capacity;
  const withoutWaiting = 1 - training / (capacity - waiting);
  const machine = describeMachine();
  const seconds = (ms) => (ms / 1000).toFixed(2);
  console.log(`${machine.processor}, ${workers} workers, --budget ${values.budget}, ${done.length} evaluations`);
  console.log(`search phase ${seconds(wall)} s, after ${seconds(began - created)} s of loading and calibration`);
  for (const [name, ms] of Object.entries(parts)) {
    console.log(
      `${name.padEnd(40)} ${seconds(ms).padStart(8)} s ${((100 * ms) / capacity).toFixed(2).padStart(6)} %  of workers × wall`,
    );
  }
  console.log(
    `outside training ${percent(overhead)}; besides waiting for the last of a generation ${percent(withoutWaiting)}`,
  );
  if (values.json === undefined) return;
  const result = { date: new Date().toISOString().slice(0, 10), machine, workers, budget: values.budget };
  writeFileSync(
    values.json,
    `${JSON.stringify({ ...result, evaluations: done.length, wallMs: wall, partsMs: parts, overhead, withoutWaiting }, null, 2)}\n`,
  );
}

/** Idle time of workers: while others still train, they wait for them; otherwise, for the search itself. */
function idleParts(done, end) {
  const times = [began, ...done.flatMap((evaluation) => [evaluation.start, evaluation.end])].sort((a, b) => a - b);
  let waiting = 0;
  let between = 0;
  for (const [i, from] of times.entries()) {
    const span = (times[i + 1] ?? end) - from;
    const active = done.filter((evaluation) => evaluation.start <= from && evaluation.end > from).length;
    const free = Math.max(0, workers - active) * span;
    if (active > 0) waiting += free;
    else between += free;
  }
  return { 'waiting for the last of a generation': waiting, 'between generations': between };
}

function idle(done, end) {
  return Object.values(idleParts(done, end)).reduce((sum, ms) => sum + ms, 0);
}
