// A process with many workers of a queue, real but for their trainings, which take the times that were recorded.
//   fleet-workers.mjs URL FOLDER COUNT SPEED_UP TIMES.json

import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { QueueWorker } from '../../dist/evaluation/queue/worker/queue-worker.js';

const [url, dataDir, count, speedUp, timesFile] = process.argv.slice(2);
const times = JSON.parse(readFileSync(timesFile, 'utf8'));
const stop = new AbortController();
setMaxListeners(0, stop.signal);
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => process.exit());

/** The same task takes the same time, and comes to the same, wherever. */
function secondsOf({ seed }) {
  const digest = createHash('sha256').update(seed).digest();
  return times[digest.readUInt32LE(0) % times.length];
}

const evaluator = {
  concurrency: 1,
  measureSpeed: async () => ({ rate: 1e10, byteWork: 30 }),
  async evaluate(task, { signal }) {
    await pause((1000 * secondsOf(task)) / Number(speedUp), undefined, { signal });
    const fitness = createHash('sha256').update(task.seed).digest().readUInt32LE(4) / 2 ** 32;
    if (task.checkpointPath !== undefined) writeFileSync(task.checkpointPath, task.seed);
    return { fitness, history: [{ epoch: 1, loss: 1, accuracy: fitness, validationAccuracy: fitness }], bestEpoch: 1 };
  },
  async close() {},
};

const workers = [];
for (let i = 0; i < Number(count); i++) {
  const options = { url, evaluator, lowering: 'plain', dataDir, timeoutMs: 1e9, drain: false, notify() {} };
  workers.push(await QueueWorker.start(options));
}
const running = workers.map((worker) => worker.run(stop.signal));
process.send?.('ready');
await Promise.all(running);
process.disconnect?.();
