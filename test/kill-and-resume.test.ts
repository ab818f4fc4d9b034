// The promise that nothing is lost: whatever is killed whenever, a search ends as if nothing had happened.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../src/random/rng.ts';
import { FAULTS } from './faults/faults.ts';
import { type FinishedRun, readFinished } from './faults/finished-run.ts';
import { type RunPlace, RunProcess } from './faults/run-process.ts';
import { survive } from './faults/survive.ts';
import { countFor } from './support/tier.ts';
import { writeTinyDigits } from './support/tiny-digits.ts';

const KILLS = countFor({ quick: 20, slow: 250 });
/** In a test of its own each, so that it is seen how far it got. */
const KILLS_PER_TEST = countFor({ quick: 20, slow: 25 });
/** Longest time until the next kill, as a share of an undisturbed run: a run that is killed has to start again, too. */
const WAIT = { 'the run is killed': 0.5, 'a child is killed': 0.12 };
const LONG = { timeout: 600_000 };
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-kill-'));

let reference: FinishedRun;
let referenceMs: number;

beforeAll(async () => {
  mkdirSync(join(folder, 'cache'));
  await writeTinyDigits(join(folder, 'digits'));
  writeFileSync(join(folder, 'replicas.json'), JSON.stringify({ replicas: 2, roundSteps: 8 }));
  reference = await finish(placeOf('one worker', 1));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(process.platform === 'linux')('a search', () => {
  it('is the same with two workers', async () => {
    const began = performance.now();
    expect(await finish(placeOf('two workers', 2))).toEqual(reference);
    referenceMs = performance.now() - began;
  });

  for (let kills = KILLS_PER_TEST; kills <= KILLS; kills += KILLS_PER_TEST) {
    it(`is the same when it is killed at random moments and resumed, ${kills} of ${KILLS} times`, LONG, async () => {
      expect(await survived('the run is killed', kills)).toEqual(reference);
    });

    it(`is the same when its children are killed at random moments, ${kills} of ${KILLS} times`, LONG, async () => {
      expect(await survived('a child is killed', kills)).toEqual(reference);
    });
  }
});

async function survived(fault: keyof typeof WAIT, number: number): Promise<FinishedRun> {
  const faults = Array.from({ length: KILLS_PER_TEST }, () => fault);
  const rng = createRng('kill points').fork(`${fault} ${number}`);
  const place = placeOf(`${fault} ${number}`, 2);
  const longestWaitMs = WAIT[fault] * referenceMs;
  const finished = await survive(place, { faults, table: FAULTS, rng, longestWaitMs, reference });
  // Also if the last kill came while it was written.
  expect(existsSync(join(place.folder, 'report.html'))).toBe(true);
  return finished;
}

async function finish(place: RunPlace): Promise<FinishedRun> {
  const run = RunProcess.start(place);
  await run.ended;
  expect(run.output).not.toContain('error:');
  expect(run.exitCode).toBe(0);
  expect(existsSync(join(place.folder, 'lock'))).toBe(false);
  return readFinished(place.folder);
}

/** The final training has two replicas, in three rounds. */
function placeOf(name: string, workers: number): RunPlace {
  const size = ['--population', '3', '--generations', '2', '--epochs', '2', '--final-epochs', '6'];
  const space = ['--channels', '4,8', '--max-depth', '2', '--seed', '7'];
  const config = ['--config', join(folder, 'replicas.json')];
  const search = [join(folder, 'digits'), ...config, ...size, ...space, '--workers', String(workers)];
  return { folder: join(folder, name), search, cacheDir: join(folder, 'cache') };
}
