import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createEvaluationFolder,
  describeEvaluator,
  type EvaluationFolder,
  endlessTask,
  startTask,
  toyTask,
} from '../../../test/support/evaluator-contract.ts';
import { ProcessPoolEvaluator } from './process-pool-evaluator.ts';

/** Children run the built script: this test file itself is TypeScript. */
const BUILT = new URL('../../../dist/evaluation/node/worker.js', import.meta.url);
const RECORDING = new URL('../../../test/support/workers/recording.mjs', import.meta.url);
const DYING = new URL('../../../test/support/workers/dying.mjs', import.meta.url);
const NO_LIMIT = 600_000;

describeEvaluator(
  'ProcessPoolEvaluator',
  () => new ProcessPoolEvaluator({ workers: 2, timeoutMs: NO_LIMIT, script: BUILT }),
);

describe('ProcessPoolEvaluator', () => {
  let folder: EvaluationFolder;
  let pids: () => Promise<number[]>;
  let evaluator: ProcessPoolEvaluator;
  let count = 0;
  beforeAll(async () => {
    folder = await createEvaluationFolder();
  });
  afterAll(() => folder.remove());
  beforeEach(() => {
    const pidFile = join(folder.path, `pids-${count++}`);
    process.env.PID_FILE = pidFile;
    pids = async () => (await readFile(pidFile, 'utf8')).trim().split('\n').map(Number);
  });
  afterEach(() => evaluator.close());

  const start = (script: URL, timeoutMs = NO_LIMIT) => new ProcessPoolEvaluator({ workers: 1, timeoutMs, script });
  const latestPid = async () => (await pids()).at(-1) ?? Number.NaN;

  it('replaces a child that is killed at work and gives the same outcome', async () => {
    evaluator = start(RECORDING);
    const task = toyTask(folder, { training: { ...toyTask(folder).training, epochs: 60 } });
    const undisturbed = await evaluator.evaluate(task);
    const { started, outcome } = startTask(evaluator, task);
    await started;
    process.kill(await latestPid(), 'SIGKILL');
    expect(await outcome).toEqual(undisturbed);
    expect(new Set(await pids()).size).toBe(2);
  });

  it('replaces a child that is killed while it waits for work', async () => {
    evaluator = start(RECORDING);
    const before = await evaluator.evaluate(toyTask(folder));
    const pid = await latestPid();
    process.kill(pid, 'SIGKILL');
    await untilGone(pid);
    expect(await evaluator.evaluate(toyTask(folder))).toEqual(before);
  });

  it('replaces a child that is found dead only when it is given work', async () => {
    evaluator = start(RECORDING);
    const before = await evaluator.evaluate(toyTask(folder));
    const pid = await latestPid();
    process.kill(pid, 'SIGKILL');
    // Blocks the event loop: the pool cannot have heard of the death.
    while (!isZombieOrGone(pid));
    expect(await evaluator.evaluate(toyTask(folder))).toEqual(before);
  });

  it('gives a task up whose child dies each time, after a few attempts', async () => {
    evaluator = start(DYING);
    const { failure, ...rest } = await evaluator.evaluate(toyTask(folder));
    const attempts = new Set(await pids()).size;
    expect(attempts).toBeGreaterThan(1);
    expect(rest).toEqual({ fitness: 0, history: [], bestEpoch: 0 });
    expect(failure).toEqual({
      reason: 'crashed',
      message: `its process died ${attempts} times (exit code 3); perhaps memory ran out`,
    });
  });

  it('gives a task up that takes too long, not counting the time it waits, ends its child and works on', async () => {
    evaluator = start(RECORDING, 4000);
    const tasks = [endlessTask(folder), toyTask(folder)];
    const [slow, quick] = await Promise.all(tasks.map((task) => evaluator.evaluate(task)));
    expect(slow).toEqual({
      fitness: 0,
      history: [],
      bestEpoch: 0,
      failure: { reason: 'timeout', message: 'it took longer than 4 s' },
    });
    expect(quick).toMatchObject({ bestEpoch: expect.any(Number) });
    expect(quick).not.toHaveProperty('failure');
    const [first = Number.NaN, second] = await pids();
    expect(second).toBeDefined();
    await untilGone(first);
  });

  it('leaves no child behind, of cancelled tasks either', async () => {
    evaluator = start(RECORDING);
    const controller = new AbortController();
    const { started, outcome } = startTask(evaluator, endlessTask(folder), controller.signal);
    await started;
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ reason: 'cancelled' });
    await evaluator.evaluate(toyTask(folder));
    await evaluator.close();
    for (const pid of await pids()) await untilGone(pid);
  });
});

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Dead, whether or not this process has taken notice. Linux only; elsewhere a while passes. */
function isZombieOrGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
