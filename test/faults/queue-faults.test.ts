// Faults on purpose while candidates are trained by workers of a queue. What comes of a run is the same as that of a run that
// never saw a queue, and nothing that was finished is lost.

import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../../src/random/rng.ts';
import { hasRedis } from '../support/redis.ts';
import { countFor } from '../support/tier.ts';
import type { FinishedRun } from './finished-run.ts';
import { type QueueFaultName, queueFaults } from './queue-faults.ts';
import { placeIn, trainReference } from './reference-run.ts';
import type { RunPlace } from './run-process.ts';
import { survive } from './survive.ts';
import { WorkerFleet } from './worker-fleet.ts';

const COUNT = countFor({ quick: 10, slow: 300 });
const FAULTS_PER_RUN = 4;
/** Enough for faults to come in between. */
const FINAL_EPOCHS = 100;
const LONG = { timeout: 400_000 };
const SEED = process.env.AUTO_CNN_FAULTS_SEED ?? '1';
/** A file to which each run that came to the same is added, over any number of seeds. */
const LOG = process.env.AUTO_CNN_FAULTS_LOG;
/** The first has its append-only file, as Redis should. */
const REDIS_SETTINGS = [['--appendonly', 'yes', '--appendfsync', 'always'], []];

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-queue-faults-'));

describe.runIf(process.platform === 'linux' && hasRedis)('a run on a queue', () => {
  const fleets: WorkerFleet[] = [];
  let reference: FinishedRun;
  let referenceMs: number;

  beforeAll(async () => {
    ({ reference, referenceMs } = await trainReference(folder, FINAL_EPOCHS));
    for (const settings of REDIS_SETTINGS) fleets.push(await WorkerFleet.start(2, folder, settings));
    for (const fleet of fleets) await fleet.atWork();
  }, LONG.timeout);
  afterAll(async () => {
    for (const fleet of fleets) await fleet.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const plan = planRuns();
  for (const [number, faults] of plan.entries()) {
    it(
      `comes to the same as without one although ${faults.join(', ')} (${number + 1} of ${plan.length})`,
      LONG,
      async () => {
        const fleet = fleets[number % fleets.length] as WorkerFleet;
        const place = { ...placeOf(`run-${number}`), queue: fleet.redis.url };
        const rng = createRng(`queue faults ${SEED}`).fork(`run ${number}`);
        const disturbance = { faults, table: queueFaults(fleet), rng, reference, longestWaitMs: 0.6 * referenceMs };
        expect(await survive(place, disturbance)).toEqual(reference);
        rmSync(place.folder, { recursive: true });
        if (LOG !== undefined) appendFileSync(LOG, `${JSON.stringify({ seed: SEED, run: number, faults })}\n`);
        // A result that was computed once would be found: each run trains its own.
        fleet.redis.command('flushall');
      },
    );
  }
});

if (!hasRedis) it.skip('no queue is tried: redis-server is missing ("apt-get install redis-server" installs it)');

function placeOf(name: string): RunPlace {
  return placeIn(folder, name, FINAL_EPOCHS);
}

/** All kinds of faults in turn, in random order, some for each run. */
function planRuns(): readonly (readonly QueueFaultName[])[] {
  const rng = createRng(`queue faults ${SEED}`);
  const names = Object.keys(queueFaults({} as WorkerFleet)) as QueueFaultName[];
  const all: QueueFaultName[] = [];
  while (all.length < COUNT) all.push(...rng.shuffle(names));
  return Array.from({ length: Math.ceil(COUNT / FAULTS_PER_RUN) }, (_, i) =>
    all.slice(i * FAULTS_PER_RUN, Math.min(COUNT, (i + 1) * FAULTS_PER_RUN)),
  );
}
