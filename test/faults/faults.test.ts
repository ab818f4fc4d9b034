// Faults on purpose: real processes meet what a machine has in store, at random moments. What comes of a run is the same as
// if nothing had happened, and nothing that was finished is lost.

import { existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../../src/random/rng.ts';
import { countFor } from '../support/tier.ts';
import { createSmallDisk, readOnlyFault } from './disk-faults.ts';
import { FAULTS, type FaultName, journalText } from './faults.ts';
import { type FinishedRun, readFinished } from './finished-run.ts';
import { placeIn, trainReference } from './reference-run.ts';
import { type RunPlace, RunProcess, signal } from './run-process.ts';
import { survive } from './survive.ts';

const COUNT = countFor({ quick: 20, slow: 300 });
const FAULTS_PER_RUN = 4;
const LONG = { timeout: 300_000 };
const SEED = process.env.AUTO_CNN_FAULTS_SEED ?? '1';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-faults-'));
const disk = createSmallDisk(join(folder, 'disk'));
const makeReadOnly = readOnlyFault(join(folder, 'probe'));
const runs = planRuns();

let reference: FinishedRun;
let referenceMs: number;

beforeAll(async () => {
  ({ reference, referenceMs } = await trainReference(folder));
  expect(existsSync(join(placeOf('reference').folder, 'lock'))).toBe(false);
});
afterAll(() => {
  disk?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(process.platform === 'linux')('a run', () => {
  for (const [number, faults] of runs.entries()) {
    it(`comes to the same although ${faults.join(', ')} (${number + 1} of ${runs.length})`, LONG, async () => {
      const isOnSmallDisk = faults.includes('the disk is full for a while');
      const place = placeOf(join(isOnSmallDisk ? 'disk' : '', `run-${number}`));
      const rng = createRng(`faults ${SEED}`).fork(`run ${number}`);
      const tools = { longestWaitMs: 0.4 * referenceMs, disk, makeReadOnly };
      expect(await survive(place, { faults, table: FAULTS, rng, reference, ...tools })).toEqual(reference);
      rmSync(place.folder, { recursive: true });
    });
  }

  it('that another process took over stops without writing when it comes back', LONG, async () => {
    const place = placeOf('taken-over');
    const first = RunProcess.start(place);
    while (journalText(place.folder).split('\n').length < 4) await pause(5);
    signal(first.pid, 'SIGSTOP');
    // A minute later.
    const silent = new Date(Date.now() - 61_000);
    utimesSync(join(place.folder, 'lock'), silent, silent);
    const second = RunProcess.start(place);
    await second.ended;
    expect({ exitCode: second.exitCode, output: second.output }).toEqual({
      exitCode: 0,
      output: expect.stringMatching(
        new RegExp(`The run was taken over from process ${first.pid} on .* no sign of life`),
      ),
    });
    const journal = journalText(place.folder);
    signal(first.pid, 'SIGCONT');
    await first.ended;
    expect({ exitCode: first.exitCode, output: first.output }).toEqual({
      exitCode: 2,
      output: expect.stringMatching(
        /^error: the lock of this run is gone .*resume the run when nobody else works on it\n$/m,
      ),
    });
    expect(journalText(place.folder)).toBe(journal);
    expect(readFinished(place.folder)).toEqual(reference);
  });
});

if (disk === undefined) it.skip('no full disk is tried: neither mount nor prlimit works here');
if (makeReadOnly === undefined) it.skip('no read-only folder is tried: chattr does not work here');

function placeOf(name: string): RunPlace {
  return placeIn(folder, name);
}

/** All kinds of faults in turn, some for each run; a disk of its own cannot become read-only as well. */
function planRuns(): readonly (readonly FaultName[])[] {
  const rng = createRng(`faults ${SEED}`);
  const known = (Object.keys(FAULTS) as FaultName[]).filter(
    (name) =>
      (name !== 'the disk is full for a while' || disk !== undefined) &&
      (name !== 'the folder is read-only for a while' || makeReadOnly !== undefined),
  );
  const [everywhere, onDisks] = [known.filter((name) => !isOfDisks(name)), known.filter(isOfDisks)];
  const plan: FaultName[][] = [];
  for (let planned = 0; planned < COUNT; ) {
    const size = Math.min(FAULTS_PER_RUN, COUNT - planned);
    const special = onDisks[plan.length % Math.max(1, onDisks.length)];
    const faults = Array.from({ length: size }, (_, i) => (i === 0 && special) || rng.pick(everywhere));
    plan.push(rng.shuffle(faults));
    planned += size;
  }
  return plan;
}

function isOfDisks(name: FaultName): boolean {
  return name === 'the disk is full for a while' || name === 'the folder is read-only for a while';
}
