import { existsSync, readFileSync } from 'node:fs';
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
import { runtime as nativeRuntime } from '../../../test/support/run-graph.ts';
import { readPackedDataset } from '../../data/cache/packed-file.ts';
import { loadWasmRuntime } from '../../engine/node/onnxruntime-web.ts';
import type { Runtime } from '../../engine/runtime.ts';
import { fileStorage } from '../../files/file-storage.ts';
import { evaluateTask } from '../evaluate-task.ts';
import type { EvaluationOutcome, EvaluationTask } from '../task.ts';
import { ProcessPoolEvaluator } from './process-pool-evaluator.ts';

/** Children run the built script: this test file itself is TypeScript. */
const BUILT = new URL('../../../dist/evaluation/node/worker.js', import.meta.url);
const RECORDING = new URL('../../../test/support/workers/recording.mjs', import.meta.url);
const DYING = new URL('../../../test/support/workers/dying.mjs', import.meta.url);
const WITHOUT_NATIVE = new URL('../../../test/support/workers/without-native.mjs', import.meta.url);
const LOSING = new URL('../../../test/support/workers/losing.mjs', import.meta.url);
const COUNTING_HOLDERS = new URL('../../../test/support/workers/counting-holders.mjs', import.meta.url);
const NO_LIMIT = 600_000;

describeEvaluator(
  'ProcessPoolEvaluator',
  () => new ProcessPoolEvaluator({ workers: 2, timeoutMs: NO_LIMIT, script: BUILT }),
);

describe('ProcessPoolEvaluator', () => {
  let folder: EvaluationFolder;
  let pids: () => number[];
  let evaluator: ProcessPoolEvaluator;
  let count = 0;
  beforeAll(async () => {
    folder = await createEvaluationFolder();
  });
  afterAll(() => folder.remove());
  beforeEach(() => {
    const pidFile = join(folder.path, `pids-${count++}`);
    process.env.PID_FILE = pidFile;
    pids = () => pidsIn(pidFile);
  });
  afterEach(() => evaluator.close());

  const start = (script: URL, timeoutMs = NO_LIMIT) => new ProcessPoolEvaluator({ workers: 1, timeoutMs, script });
  const latestPid = () => pids().at(-1) ?? Number.NaN;

  it('trains on WebAssembly where onnxruntime-node is not installed', async () => {
    evaluator = start(WITHOUT_NATIVE);
    const task = toyTask(folder, { genome: 'mean-4-2' });
    const dataset = await readPackedDataset(folder.datasetPath);
    const evaluate = (runtime: Runtime) => evaluateTask({ runtime, storage: fileStorage }, dataset, task);
    const expected = await evaluate(await loadWasmRuntime());
    expect(await evaluator.evaluate(task)).toEqual(expected);
    expect(expected).not.toEqual(await evaluate(nativeRuntime));
  });

  it.each([
    { lost: '1', device: 'webgpu', loss: 'error', fitness: 0.5, processes: 2 },
    { lost: '1', device: 'webgpu', loss: 'out-of-memory', fitness: 0.5, processes: 2 },
    { lost: '9', device: 'webgpu', loss: 'error', fitness: 0, processes: 2 },
    { lost: '1', device: 'webgpu', loss: 'diverged', fitness: 0, processes: 1 },
    { lost: '1', device: 'cpu', loss: 'error', fitness: 0, processes: 1 },
  ] as const)(
    'tries a task again in a new process if an accelerator fails ($device, $loss $lost times)',
    async ({ lost, device, loss, fitness, processes }) => {
      Object.assign(process.env, { LOST_DEVICES: lost, LOSS: loss });
      evaluator = new ProcessPoolEvaluator({ workers: 1, timeoutMs: NO_LIMIT, device, script: LOSING });
      const outcome = await evaluator.evaluate(toyTask(folder));
      expect(outcome.fitness).toBe(fitness);
      expect(outcome.failure?.message).toBe(fitness === 0 ? 'the device was lost' : undefined);
      expect(new Set(pids()).size).toBe(processes);
    },
  );

  it('gives a task up whose child dies three times in a row, with what is known', async () => {
    evaluator = start(DYING);
    const { failure, ...rest } = await evaluator.evaluate(toyTask(folder));
    expect(new Set(pids()).size).toBe(3);
    expect(rest).toEqual({ fitness: 0, history: [], bestEpoch: 0 });
    expect(failure).toEqual({
      reason: 'crashed',
      message: expect.stringMatching(
        /^its process died 3 times in a row while nothing else was trained \(exit code 3; [\d,]+ MiB of the machine's [\d,]+ MiB were free afterwards\); if memory ran out, limit the networks' size or train on fewer or smaller images$/,
      ),
    });
  });

  it('tells the last words of a child that dies on an accelerator', async () => {
    process.env.LAST_WORDS = 'driver: the device is gone';
    evaluator = new ProcessPoolEvaluator({ workers: 1, timeoutMs: NO_LIMIT, device: 'webgpu', script: DYING });
    const { failure } = await evaluator.evaluate(toyTask(folder));
    delete process.env.LAST_WORDS;
    expect(failure?.reason).toBe('crashed');
    expect(failure?.message).toContain('; its last words: driver: the device is gone); if memory ran out');
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
    const [first = Number.NaN, second] = pids();
    expect(second).toBeDefined();
    await untilGone(first);
  });

  it('lets a final training take as long as it takes', async () => {
    evaluator = start(RECORDING, 1);
    const final = { ...toyTask(folder), selection: { seed: 'split', validation: 0.25, purpose: 'final' } as const };
    expect(await evaluator.evaluate(toyTask(folder))).toMatchObject({ failure: { reason: 'timeout' } });
    expect(await evaluator.evaluate(final)).not.toHaveProperty('failure');
  });

  it('gives a task up that takes too long, though its child is stopped', async () => {
    evaluator = start(RECORDING, 3000);
    const { started, outcome } = startTask(evaluator, endlessTask(folder));
    await started;
    const pid = latestPid();
    process.kill(pid, 'SIGSTOP');
    expect(await outcome).toMatchObject({ failure: { reason: 'timeout' } });
    await untilGone(pid);
    expect(await evaluator.evaluate(toyTask(folder))).not.toHaveProperty('failure');
  });

  it('measures its speed though a child is killed, and says so if they always die', async () => {
    evaluator = start(RECORDING);
    const speed = evaluator.measureSpeed('plain');
    while (pids().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill(latestPid(), 'SIGKILL');
    expect((await speed).rate).toBeGreaterThan(0);
    expect((await speed).byteWork).toBeGreaterThan(0);
    await evaluator.close();
    evaluator = start(DYING);
    await expect(evaluator.measureSpeed('plain')).rejects.toThrow(
      /child processes died 3 times while this machine's speed was measured \(exit code 3; .*try again with fewer workers/,
    );
  });

  it('ends the measuring of its speed, and the child, when it is interrupted', async () => {
    evaluator = start(RECORDING);
    const interruption = new AbortController();
    const speed = evaluator.measureSpeed('plain', interruption.signal);
    while (pids().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const pid = latestPid();
    interruption.abort();
    await expect(speed).rejects.toMatchObject({ name: 'AbortError' });
    await untilGone(pid);
    expect(pids()).toEqual([pid]);
  });

  it.each([1, 3])('tells a child of %d that so many hold the data', async (workers) => {
    evaluator = new ProcessPoolEvaluator({ workers, timeoutMs: NO_LIMIT, script: COUNTING_HOLDERS });
    expect(await evaluator.evaluate(toyTask(folder))).toMatchObject({ fitness: workers });
  });
});

describe('ProcessPoolEvaluator with one child, time and again', () => {
  let folder: EvaluationFolder;
  let evaluator: ProcessPoolEvaluator;
  let pids: () => number[];
  let undisturbed: EvaluationOutcome;
  beforeAll(async () => {
    folder = await createEvaluationFolder();
    const pidFile = join(folder.path, 'pids');
    process.env.PID_FILE = pidFile;
    pids = () => pidsIn(pidFile);
    evaluator = new ProcessPoolEvaluator({ workers: 1, timeoutMs: 1000 * 3_600_000, script: RECORDING });
    undisturbed = await evaluator.evaluate(toyTask(folder));
  });
  afterAll(async () => {
    await evaluator.close();
    await folder.remove();
  });

  const latestPid = () => pids().at(-1) ?? Number.NaN;

  it('does not take a time-out of 1000 hours for none', () => {
    expect(undisturbed).not.toHaveProperty('failure');
  });

  it('replaces a child that is killed at work and gives the same outcome', async () => {
    const before = pids().length;
    const task = longerTask(folder, '2-2-max');
    const { started, outcome } = startTask(evaluator, task);
    await started;
    process.kill(latestPid(), 'SIGKILL');
    expect(await outcome).toEqual(await outcomeHere(task));
    expect(new Set(pids()).size).toBe(before + 1);
  });

  it('replaces a child that is killed while it waits for work', async () => {
    const pid = latestPid();
    process.kill(pid, 'SIGKILL');
    await untilGone(pid);
    expect(await evaluator.evaluate(toyTask(folder))).toEqual(undisturbed);
  });

  it('replaces a child that is found dead only when it is given work', async () => {
    const pid = latestPid();
    process.kill(pid, 'SIGKILL');
    // Blocks the event loop: the pool cannot have heard of the death.
    while (!isZombieOrGone(pid));
    expect(await evaluator.evaluate(toyTask(folder))).toEqual(undisturbed);
  });

  it('tells the signal, and the memory that the child last held', async () => {
    const killed = evaluator.evaluate(endlessTask(folder), {
      onProgress: () => process.kill(latestPid(), 'SIGKILL'),
    });
    expect((await killed).failure).toEqual({
      reason: 'crashed',
      message: expect.stringMatching(/\(signal SIGKILL; it last held [\d,]+ MiB; /),
    });
  });

  it('leaves no child behind, of cancelled tasks either', async () => {
    const controller = new AbortController();
    const { started, outcome } = startTask(evaluator, endlessTask(folder), controller.signal);
    await started;
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ reason: 'cancelled' });
    await evaluator.evaluate(toyTask(folder));
    await evaluator.close();
    for (const pid of pids()) await untilGone(pid);
  });
});

describe('ProcessPoolEvaluator with several children', () => {
  const DEADLY = new URL('../../../test/support/workers/deadly.mjs', import.meta.url);
  const genomes = ['mean', '2-2', '2-4', '4-2', '4-4'];
  let folder: EvaluationFolder;
  let evaluator: ProcessPoolEvaluator;
  let log: () => Promise<string[]>;
  let count = 0;
  beforeAll(async () => {
    folder = await createEvaluationFolder();
  });
  afterAll(() => folder.remove());
  beforeEach(() => {
    const path = join(folder.path, `log-${count++}`);
    process.env.TASK_LOG = path;
    log = async () => (await readFile(path, 'utf8')).trim().split('\n');
  });
  afterEach(async () => {
    await evaluator.close();
    for (const name of ['TASK_LOG', 'DEADLY_GENOME', 'DEADLY_IN_COMPANY']) delete process.env[name];
  });

  const startDeadly = (genome: string, always = true) => {
    process.env.DEADLY_GENOME = genome;
    if (!always) process.env.DEADLY_IN_COMPANY = 'yes';
    return new ProcessPoolEvaluator({ workers: 2, timeoutMs: NO_LIMIT, script: DEADLY });
  };
  const evaluateAll = (tasks: readonly EvaluationTask[]) => Promise.all(tasks.map((task) => evaluator.evaluate(task)));

  it('fails a task that always kills its child after three deaths alone; its neighbours succeed', async () => {
    evaluator = startDeadly('2-4');
    const outcomes = await evaluateAll(genomes.map((genome) => toyTask(folder, { genome })));
    expect(outcomes.map(({ failure }) => failure?.reason)).toEqual([
      undefined,
      undefined,
      'crashed',
      undefined,
      undefined,
    ]);
    const deaths = deathsOf(await log());
    expect(deaths.length).toBeGreaterThan(3);
    expect(deaths.slice(-3).map(({ beside }) => beside)).toEqual([[], [], []]);
    expect(new Set(deaths.map(({ pid }) => pid)).size).toBe(deaths.length);
  });

  it('fails two such tasks, one after the other', async () => {
    evaluator = startDeadly('2-4');
    const outcomes = await evaluateAll(['2-4', '2-2', '2-4'].map((genome) => toyTask(folder, { genome })));
    expect(outcomes.map(({ failure }) => failure?.reason)).toEqual(['crashed', undefined, 'crashed']);
  });

  it('holds deaths beside others against no task: alone it succeeds, with the same outcome', async () => {
    evaluator = startDeadly('2-4', false);
    const tasks = genomes.map((genome) => longerTask(folder, genome));
    const outcomes = await evaluateAll(tasks);
    for (const [i, task] of tasks.entries()) expect(outcomes[i]).toEqual(await outcomeHere(task));
    const deaths = deathsOf(await log());
    expect(deaths.length).toBeGreaterThan(0);
    for (const { beside } of deaths) expect(beside).not.toEqual([]);
  });

  it('lets a task be cancelled, and be closed, while it waits to be alone', async () => {
    evaluator = startDeadly('2-4');
    const { started, outcome: endless } = startTask(evaluator, endlessTask(folder));
    await started;
    const abort = new AbortController();
    const deadly = evaluator.evaluate(toyTask(folder, { genome: '2-4' }), { signal: abort.signal });
    const later = evaluator.evaluate(toyTask(folder, { genome: '4-4' }));
    while (deathsOf(await log()).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort();
    await expect(deadly).rejects.toMatchObject({ reason: 'cancelled' });
    expect(await later).not.toHaveProperty('failure');

    const again = evaluator.evaluate(toyTask(folder, { genome: '2-4' }));
    while (deathsOf(await log()).length < 6) await new Promise((resolve) => setTimeout(resolve, 20));
    const settled = Promise.allSettled([endless, again]);
    await evaluator.close();
    for (const result of await settled) {
      expect(result).toMatchObject({ status: 'rejected', reason: { reason: 'cancelled' } });
    }
  });
});

/** Long enough for others to begin beside it, and to be killed at work. */
function longerTask(folder: EvaluationFolder, genome: string) {
  return toyTask(folder, { genome, training: { ...toyTask(folder).training, epochs: 40 } });
}

/** What training in this process gives. */
async function outcomeHere(task: EvaluationTask): Promise<EvaluationOutcome> {
  const dataset = await readPackedDataset(task.dataset.path);
  return evaluateTask({ runtime: nativeRuntime, storage: fileStorage }, dataset, task);
}

/** Each death, and the tasks that were in training then, from the log of `deadly.mjs`. */
function deathsOf(log: readonly string[]): { readonly pid: string; readonly beside: readonly string[] }[] {
  const training = new Map<string, string>();
  const deaths: { pid: string; beside: readonly string[] }[] = [];
  for (const line of log) {
    const [what, genome = '', pid = ''] = line.split(' ');
    if (what === 'begins') training.set(pid, genome);
    else training.delete(pid);
    if (what === 'dies') deaths.push({ pid, beside: [...training.values()] });
  }
  return deaths;
}

/** Of whole lines only: what is being written may still be empty, and a signal to process 0 reaches this process, too. */
function pidsIn(path: string): number[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return [...text.matchAll(/^(\d+)\n/gm)].map(([, pid]) => Number(pid));
}

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
