import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunLockedError } from '../errors.ts';
import { acquireLock, isLocked } from './lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auto-cnn-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('acquireLock', () => {
  it('lets one owner in, and the next after the release', () => {
    const lock = acquireLock(path);
    expect(() => acquireLock(path)).toThrow(RunLockedError);
    lock.release();
    expect(existsSync(path)).toBe(false);
    acquireLock(path).release();
  });

  it('names the living process and the cure', () => {
    acquireLock(path);
    expect(() => acquireLock(path)).toThrow(new RegExp(`process ${process.pid} on .*; wait for it, or stop it first`));
  });

  it('takes over the lock of a dead process and leaves no other file', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(path, JSON.stringify({ pid, host: hostname(), started: '1' }));
    const lock = acquireLock(path);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual(['lock']);
    lock.release();
  });

  it.runIf(process.platform === 'linux')('is not fooled by a process id that passed to another process', () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    try {
      writeFileSync(path, JSON.stringify({ pid: other.pid, host: hostname(), started: '1' }));
      acquireLock(path).release();
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('believes an owner on another host', () => {
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }));
    expect(() => acquireLock(path)).toThrow(/on elsewhere/);
  });

  it('takes over a lock file that a kill left empty', () => {
    writeFileSync(path, '');
    acquireLock(path).release();
  });

  it('does not release a lock that has passed to somebody else', () => {
    const lock = acquireLock(path);
    writeFileSync(path, 'theirs');
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });
});

describe('isLocked', () => {
  it('is true while a living process holds the lock, and takes nothing over', () => {
    expect(isLocked(path)).toBe(false);
    const lock = acquireLock(path);
    expect(isLocked(path)).toBe(true);
    lock.release();
    const { pid } = spawnSync(process.execPath, ['--version']);
    const stale = JSON.stringify({ pid, host: hostname(), started: '1' });
    writeFileSync(path, stale);
    expect(isLocked(path)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(stale);
  });
});
