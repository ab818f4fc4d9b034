import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError, RunLockedError } from '../errors.ts';
import { acquireLock, isLocked, type RunLock } from './lock.ts';

const OWNER = fileURLToPath(new URL('../../test/support/workers/lock-owner.mjs', import.meta.url));
/** A minute for the impatient. */
const FAST = { beatMs: 40, silentMs: 1000 };
/** For others whom a busy machine may keep from giving a sign. */
const PATIENT = { beatMs: 1500, silentMs: 5000 };

let folder: string;
let path: string;
let written: string;
let owners: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auto-cnn-lock-'));
  path = join(folder, 'lock');
  written = join(folder, 'written');
  owners = [];
});
afterEach(() => {
  for (const owner of owners) owner.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('acquireLock', () => {
  it('lets one owner in, and the next after the release', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toThrow(RunLockedError);
    lock.release();
    expect(existsSync(path)).toBe(false);
    (await acquireLock(path)).release();
  });

  it('names the living process and the cure', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toThrow(
      new RegExp(`process ${process.pid} on .*; wait for it, or stop it first; if it is gone, try again in \\d+ s$`),
    );
    lock.release();
  });

  it('takes over the lock of a dead process at once and leaves no other file', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeLock({ pid, host: hostname() });
    const lock = await acquireLock(path);
    expect(lock.notice).toBeUndefined();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual(['lock']);
    lock.release();
  });

  it.runIf(process.platform === 'linux')('is not fooled by a process id that passed to another process', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    try {
      writeLock({ pid: other.pid, host: hostname() });
      (await acquireLock(path)).release();
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('takes over a lock file that a kill left empty', async () => {
    writeFileSync(path, '');
    (await acquireLock(path)).release();
  });

  it('says what is wrong with a folder that it cannot write to', async () => {
    await expect(acquireLock(join(folder, 'none', 'lock'))).rejects.toThrow(InvalidInputError);
    await expect(acquireLock(join(folder, 'none', 'lock'))).rejects.toThrow(/lock.*it does not exist; check the path/);
  });

  it('lets one in of many that find the lock of a dead process', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeLock({ pid, host: hostname() });
    const answers = await Promise.all(Array.from({ length: 6 }, () => startOwner().answer));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    for (const answer of answers) expect(answer).toMatch(/^held$|^RUN_LOCKED: the run is being worked on by process/);
    expect(readdirSync(folder).filter((name) => name !== 'written')).toEqual(['lock']);
  });
});

describe('an owner on another host', () => {
  const elsewhere = { pid: 1, host: 'elsewhere' };

  it('is believed if it gave a sign of life lately, and the message has the cure', async () => {
    writeLock(elsewhere);
    await expect(acquireLock(path)).rejects.toThrow(
      /process 1 on elsewhere .* sign of life \d+ s ago; .*; if it is gone, try again in \d+ s$/,
    );
  });

  it('loses its lock after a silent minute, with a notice', async () => {
    writeLock(elsewhere);
    setAge(70_000);
    const lock = await acquireLock(path, { beatMs: 40 });
    expect(lock.notice).toMatch(/^The run was taken over from process 1 on elsewhere, .* no sign of life for 60 s\./);
    lock.check();
    lock.release();
  });

  it('loses its lock after a silent minute that is watched, if its clock or the disk’s was set back', async () => {
    writeLock(elsewhere);
    setAge(-3_600_000);
    const began = performance.now();
    (await acquireLock(path, FAST)).release();
    expect(performance.now() - began).toBeGreaterThan(FAST.silentMs / 2);
  });

  it('keeps its lock if it gives a sign while it is watched', async () => {
    writeLock(elsewhere);
    setAge(70_000);
    const attempt = acquireLock(path, { beatMs: 1000 });
    attempt.catch(() => {});
    await pause(300);
    writeLock({ ...elsewhere, beat: 8 });
    await expect(attempt).rejects.toThrow(RunLockedError);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(elsewhere);
  });
});

describe('a living owner', () => {
  it('gives signs of life that need no room', async () => {
    const lock = await acquireLock(path, FAST);
    const before = readFileSync(path, 'utf8');
    while (readFileSync(path, 'utf8') === before) await pause(5);
    expect(statSync(path).size).toBe(before.length);
    lock.release();
  });

  it.each([-3_600_000, 3_600_000])('keeps its lock when the clock jumps by %i ms', async (jumpMs) => {
    const { answer, owner } = startOwner();
    expect(await answer).toBe('held');
    setAge(jumpMs);
    await expect(acquireLock(path, PATIENT)).rejects.toThrow(RunLockedError);
    const lines = countWritten();
    while (countWritten() < lines + 5) await pause(5);
    expect(owner.exitCode).toBeNull();
  });

  it('is told when its lock was removed, and writes nothing more', async () => {
    const { answer, said } = startOwner();
    expect(await answer).toBe('held');
    rmSync(path);
    expect(await said(2)).toMatch(
      /^RUN_LOCKED: the lock of this run is gone .*resume the run when nobody else works on it$/,
    );
  });

  it('hears of its loss without asking', async () => {
    const lock = await acquireLock(path, FAST);
    writeLock({ pid: 1, host: 'elsewhere' });
    await new Promise((resolve) => lock.lost.addEventListener('abort', resolve));
    expect(lock.lost.reason).toBeInstanceOf(RunLockedError);
    lock.release();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ host: 'elsewhere' });
  });
});

describe('an owner that was stopped for longer than a minute', () => {
  it('has lost its lock, and stops without writing when it goes on', async () => {
    const { answer, owner, said } = startOwner();
    expect(await answer).toBe('held');
    while (countWritten() === 0) await pause(5);
    owner.kill('SIGSTOP');
    await pause(FAST.silentMs + 100);
    const lock = await acquireLock(path, FAST);
    expect(lock.notice).toContain(`process ${owner.pid} on ${hostname()}`);
    const lines = countWritten();
    owner.kill('SIGCONT');
    expect(await said(2)).toMatch(
      new RegExp(`^RUN_LOCKED: process ${process.pid} on .* has taken this run over .* it writes nothing more`),
    );
    expect(countWritten()).toBe(lines);
    lock.check();
    lock.release();
  });
});

describe('isLocked', () => {
  let lock: RunLock | undefined;
  afterEach(() => lock?.release());

  it('is true while a living process holds the lock, and takes nothing over', async () => {
    expect(isLocked(path)).toBe(false);
    lock = await acquireLock(path);
    expect(isLocked(path)).toBe(true);
    lock.release();
    expect(isLocked(path)).toBe(false);
    const { pid } = spawnSync(process.execPath, ['--version']);
    const stale = writeLock({ pid, host: hostname() });
    expect(isLocked(path)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(stale);
  });

  it('is false once an owner has been silent for a minute', () => {
    writeLock({ pid: 1, host: 'elsewhere' });
    expect(isLocked(path)).toBe(true);
    setAge(70_000);
    expect(isLocked(path)).toBe(false);
  });
});

function writeLock(content: { pid: number | undefined; host: string; beat?: number }): string {
  const text = JSON.stringify({ started: '1', token: 'theirs', beat: 7, ...content });
  writeFileSync(path, text);
  return text;
}

/** As if the lock had been written so long ago. */
function setAge(ms: number): void {
  const time = new Date(Date.now() - ms);
  utimesSync(path, time, time);
}

function countWritten(): number {
  return existsSync(written) ? readFileSync(written, 'utf8').split('\n').length - 1 : 0;
}

/** A process that wants the lock. */
function startOwner() {
  const args = [OWNER, path, written, String(FAST.beatMs)];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  let text = '';
  owner.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  /** Its so manieth line. */
  const said = async (line: number): Promise<string> => {
    while (text.split('\n').length <= line) await pause(5);
    return text.split('\n')[line - 1] ?? '';
  };
  return { owner, said, answer: said(1) };
}
