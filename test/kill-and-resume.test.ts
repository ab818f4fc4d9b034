// The promise that nothing is lost: whatever is killed whenever, a search ends as if nothing had happened.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../src/random/rng.ts';
import type { SearchSummary } from '../src/search/records/summary.ts';
import { readJournal } from '../src/search/run/journal.ts';
import { writeSmallMnist } from './support/small-mnist.ts';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const KILLS = 6;
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-kill-'));
const data = join(folder, 'data');
const rng = createRng('kill points');

let reference: Run;
let referenceMs: number;

beforeAll(async () => {
  await writeSmallMnist(data, 400, 100);
  reference = await readFinished('one worker', search('one worker', 1));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a search', () => {
  it('is the same with two workers', async () => {
    const began = Date.now();
    expect(await readFinished('two workers', search('two workers', 2))).toEqual(reference);
    referenceMs = Date.now() - began;
  });

  it(`is the same when it is killed at ${KILLS} random moments and resumed`, { timeout: 300_000 }, async () => {
    const out = 'killed parent';
    let kills = 0;
    while (kills < KILLS) {
      const run = start(existsSync(join(folder, out, 'config.json')) ? resume(out) : search(out, 2));
      await sleep(rng.uniform() * referenceMs * 0.6);
      if (run.exitCode !== null) {
        // It was done: begin another run, so that every kill hits a living one.
        expect(await readFinished(out)).toEqual(reference);
        rmSync(join(folder, out), { recursive: true });
        continue;
      }
      run.kill('SIGKILL');
      await ended(run);
      kills++;
      if (!existsSync(join(folder, out, 'config.json'))) rmSync(join(folder, out), { recursive: true, force: true });
    }
    const last = existsSync(join(folder, out)) ? resume(out) : search(out, 2);
    expect(await readFinished(out, last)).toEqual(reference);
  });

  it(`is the same when its children are killed at ${KILLS} random moments`, { timeout: 300_000 }, async () => {
    let kills = 0;
    for (let attempt = 0; kills < KILLS; attempt++) {
      const out = `killed child ${attempt}`;
      const run = start(search(out, 2));
      while (run.exitCode === null && kills < KILLS) {
        await sleep(rng.uniform() * referenceMs * 0.5);
        const children = run.pid === undefined ? [] : childrenOf(run.pid);
        if (children.length === 0) continue;
        process.kill(rng.pick(children), 'SIGKILL');
        kills++;
      }
      await ended(run);
      expect(await readFinished(out)).toEqual(reference);
    }
  });
});

interface Run {
  /** What each evaluation came to, by its identifier. */
  readonly evaluations: Readonly<Record<string, unknown>>;
  readonly best: unknown;
  readonly model: string;
}

function search(out: string, workers: number): string[] {
  const size = ['--population', '3', '--generations', '2', '--epochs', '2', '--final-epochs', '2'];
  const space = ['--channels', '8,16', '--max-depth', '4', '--seed', '7'];
  return ['search', data, '--out', join(folder, out), ...size, ...space, '--workers', String(workers)];
}

function resume(out: string): string[] {
  return ['resume', join(folder, out)];
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], {
    stdio: 'ignore',
    env: { ...process.env, AUTO_CNN_CACHE: join(folder, 'cache') },
  });
}

async function ended(run: ChildProcess): Promise<void> {
  if (run.exitCode === null && run.signalCode === null) await new Promise((resolve) => run.once('exit', resolve));
}

/** Runs the command to its end, if there is one, and reads what it left. */
async function readFinished(out: string, args?: readonly string[]): Promise<Run> {
  if (args !== undefined) {
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
      encoding: 'utf8',
      env: { ...process.env, AUTO_CNN_CACHE: join(folder, 'cache') },
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }
  const path = join(folder, out);
  const entries = readJournal(join(path, 'journal.jsonl')).map(({ elapsedSeconds, ...entry }) => ({
    ...entry,
    seconds: 0,
  }));
  const summary = JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8')) as SearchSummary;
  const { genome, validationAccuracy, testAccuracy, testLoss, evaluations, failures, cacheHits } = summary;
  expect(readdirSync(join(path, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  return {
    evaluations: Object.fromEntries(entries.map((entry) => [entry.id, entry])),
    best: { genome, validationAccuracy, testAccuracy, testLoss, evaluations, failures, cacheHits },
    model: readFileSync(join(path, 'model.onnx')).toString('base64'),
  };
}

/** Child processes of a process, from /proc. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
