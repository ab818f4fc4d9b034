// The final training of a search on a worker that is clearly faster than its own machine. Whatever happens to it, the run comes
// to the same as one that never saw a queue.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { journalText } from './faults/faults.ts';
import { type FinishedRun, readFinished } from './faults/finished-run.ts';
import { type RunPlace, RunProcess, signal } from './faults/run-process.ts';
import { hasRedis, RedisServer } from './support/redis.ts';
import { runInProcess } from './support/run-program.ts';
import { writeTinyDigits } from './support/tiny-digits.ts';
import { FastWorkerProcess, SlowWorkerProcess, type WorkerProcess } from './support/worker-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-queue-final-'));
const ROUND_STEPS = 50;
const LONG = { timeout: 300_000 };

/** @param config  beyond the flags. */
function placeOf(name: string, config: object, finalEpochs = 100): RunPlace {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(config));
  const size = ['--population', '2', '--generations', '0', '--epochs', '1', '--final-epochs', `${finalEpochs}`];
  const space = ['--channels', '8', '--max-depth', '2', '--workers', '1', '--seed', '7', '--config', path];
  return {
    folder: join(folder, name),
    search: [join(folder, 'digits'), ...size, ...space],
    cacheDir: join(folder, 'cache'),
  };
}

describe.runIf(process.platform === 'linux' && hasRedis)('a final training on a faster worker', () => {
  let redis: RedisServer;
  let reference: FinishedRun;
  const workers: WorkerProcess[] = [];
  const runs: RunProcess[] = [];

  beforeAll(async () => {
    mkdirSync(join(folder, 'cache'));
    await writeTinyDigits(join(folder, 'digits'));
    redis = await RedisServer.start();
    reference = await alone(placeOf('reference', { roundSteps: ROUND_STEPS }));
  }, LONG.timeout);
  afterEach(async () => {
    for (const run of runs.splice(0)) await kill(run);
    for (const worker of workers.splice(0)) await worker.kill();
    redis.command('flushall');
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function alone(place: RunPlace): Promise<FinishedRun> {
    const run = RunProcess.start(place);
    await run.ended;
    expect({ code: run.exitCode, output: run.output }).toMatchObject({ code: 0 });
    return readFinished(place.folder);
  }
  async function startWorker(Kind: typeof WorkerProcess = FastWorkerProcess): Promise<WorkerProcess> {
    const worker = new Kind(redis.url, join(folder, 'data'), '--concurrency', '1');
    workers.push(worker);
    await worker.atWork();
    return worker;
  }
  function start(place: RunPlace): RunProcess {
    const run = RunProcess.start({ ...place, queue: redis.url });
    runs.push(run);
    return run;
  }
  async function expectSame(run: RunProcess, { folder: at }: RunPlace, expected = reference): Promise<void> {
    await run.ended;
    expect({ code: run.exitCode, output: run.output }).toMatchObject({ code: 0 });
    expect(readFinished(at)).toEqual(expected);
  }
  const inRounds = (name: string) => placeOf(name, { roundSteps: ROUND_STEPS });

  it('comes to the same, and the worker does nothing else meanwhile', LONG, async () => {
    const worker = await startWorker();
    const place = inRounds('undisturbed');
    const run = start(place);
    await atRound(run, place, 3);
    const shown = await runInProcess('queue', redis.url);
    expect(shown.stdout).toContain('(final training of ');
    await expectSame(run, place);
    expect(run.output).toMatch(/note: the final training is done by \S+, where it is [\d.]+ times as fast as on this/);
    // The search has let it go.
    while ((await runInProcess('queue', redis.url)).stdout.includes('final training')) await pause(200);
    expect(redis.command('keys', 'auto-cnn:reserved:*')).toBe('');
    expect(worker.child.exitCode).toBeNull();
  });

  it('stays with the search where no worker is clearly faster', LONG, async () => {
    await startWorker(SlowWorkerProcess);
    const place = inRounds('equal');
    const run = start(place);
    await expectSame(run, place);
    expect(run.output).not.toContain('the final training is done by');
  });

  it('goes on with the search when the worker is killed', LONG, async () => {
    const worker = await startWorker();
    const place = inRounds('killed');
    const run = start(place);
    await atRound(run, place, 3);
    await worker.kill();
    await expectSame(run, place);
    expect(run.output).toContain('which did the final training, is gone; it goes on from its last state');
  });

  it('goes on with another fast worker when the worker is told to end', LONG, async () => {
    const both = [await startWorker(), await startWorker()];
    const place = inRounds('stopped');
    const run = start(place);
    await atRound(run, place, 3);
    const chosen = both.find(({ child }) => run.output.includes(`-${child.pid}-`));
    expect(await chosen?.stop()).toBe(0);
    await expectSame(run, place);
    expect(run.output.match(/the final training is done by/g)).toHaveLength(2);
  });

  it('goes on from its last round when the search is killed and resumed', LONG, async () => {
    await startWorker();
    const place = inRounds('resumed');
    const first = start(place);
    await atRound(first, place, 3);
    await kill(first);
    await expectSame(start(place), place);
  });

  it('goes on when Redis loses everything', LONG, async () => {
    await startWorker();
    const place = inRounds('flushed');
    const run = start(place);
    await atRound(run, place, 3);
    redis.command('flushall');
    await expectSame(run, place);
  });

  it('goes on with the search when Redis does not come back', LONG, async () => {
    await startWorker();
    const place = inRounds('redis-gone');
    const run = start(place);
    await atRound(run, place, 3);
    await redis.kill();
    await expectSame(run, place);
    expect(run.output).toContain('which did the final training, cannot be reached; it goes on from its last state');
    await redis.restart();
  });

  describe('that has no rounds', () => {
    let whole: FinishedRun;
    beforeAll(async () => {
      whole = await alone(placeOf('whole', {}, 300));
    }, LONG.timeout);

    it('goes on from the last of its epochs that the search has when the worker is killed', LONG, async () => {
      const worker = await startWorker();
      const place = placeOf('whole-killed', {}, 300);
      const run = start(place);
      while (run.isRunning && !run.output.includes('Epoch 1/')) await pause(20);
      await worker.kill();
      await expectSame(run, place, whole);
      expect(run.output).toContain('which did the final training, is gone; it goes on from its last state');
      expect(run.output.match(/Epoch 1\//g)).toHaveLength(1);
    });
  });
});

if (!hasRedis) it.skip('no queue is tried: redis-server is missing ("apt-get install redis-server" installs it)');

/** Resolves when so many rounds of the final training are done. */
async function atRound(run: RunProcess, { folder: at }: RunPlace, count: number): Promise<void> {
  while (run.isRunning && (journalText(at).match(/"type":"round"/g) ?? []).length < count) await pause(20);
  expect({ isRunning: run.isRunning, output: run.output }).toMatchObject({ isRunning: true });
}

async function kill(run: RunProcess): Promise<void> {
  signal(run.pid, 'SIGKILL');
  await run.ended;
}
