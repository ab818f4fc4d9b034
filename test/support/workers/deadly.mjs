// The pool's own child script, which dies of the genome that DEADLY_GENOME names: always, or only while another child
// trains (DEADLY_IN_COMPANY). What begins and ends is noted in the file that TASK_LOG names.

import { appendFileSync, readFileSync } from 'node:fs';

const { TASK_LOG = '', DEADLY_GENOME, DEADLY_IN_COMPANY } = process.env;
const note = (what, genome) => appendFileSync(TASK_LOG, `${what} ${genome} ${process.pid}\n`);
let genome;

process.on('message', ({ method, params }) => {
  if (method !== 'evaluate') return;
  genome = params[0].genome;
  note('begins', genome);
  if (genome !== DEADLY_GENOME) return;
  if (DEADLY_IN_COMPANY === undefined) die();
  // The first time, company is waited for: on a busy machine the training might end before another begins.
  if (!/^dies/m.test(readFileSync(TASK_LOG, 'utf8'))) {
    while (!hasCompany()) sleep(5);
    die();
  }
  setInterval(() => hasCompany() && die(), 5).unref();
});

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function die() {
  note('dies', genome);
  process.exit(3);
}

const send = process.send.bind(process);
process.send = (message, ...others) => {
  if (message?.isEvent !== true && message?.id !== undefined && genome !== undefined) note('ends', genome);
  return send(message, ...others);
};

await import('../../../dist/evaluation/node/worker.js');

/** Another task has begun and is not at its end yet. */
function hasCompany() {
  const open = new Set();
  for (const line of readFileSync(TASK_LOG, 'utf8').trim().split('\n')) {
    const [what, other] = line.split(' ');
    if (what === 'begins') open.add(other);
    else open.delete(other);
  }
  return open.has(genome) && open.size > 1;
}
