// The built command line as its users run it: a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { writeTinyDigits } from './tiny-digits.ts';

const CLI_SCRIPT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** How its messages call it. */
export const PROGRAM = `node ${CLI_SCRIPT}`;

export interface CliOptions {
  readonly cwd: string;
  /** Where packed data goes, so that a test neither uses nor fills the user's cache. */
  readonly cacheDir: string;
  /** Called with the process when it has begun, and with all of stdout so far whenever there is more. */
  readonly onStdout?: (process: ChildProcess, text: string) => void;
  /** A shell line in which `"$@"` stands for the command. */
  readonly shell?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCli(args: readonly string[], { cwd, cacheDir, onStdout, shell }: CliOptions): Promise<CliResult> {
  const { FORCE_COLOR: _, npm_command: __, ...env } = process.env;
  const command = [process.execPath, CLI_SCRIPT, ...args];
  const [file = '', ...rest] = shell === undefined ? command : ['sh', '-c', shell, 'sh', ...command];
  const child = spawn(file, rest, {
    cwd,
    env: { ...env, AUTO_CNN_CACHE: cacheDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onStdout?.(child, stdout);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export interface CliFolder {
  /** Its absolute path; the data set `digits` lies in it. */
  readonly work: string;
  /** Runs a command in it; spaces part the arguments. */
  cli(command: string, options?: Partial<CliOptions>): Promise<CliResult>;
  /** The text of a file in it. */
  read(...path: readonly string[]): string;
}

/** A folder to run commands in, for one test file; it is gone afterwards. */
export function cliFolder(): CliFolder {
  const work = mkdtempSync(join(tmpdir(), 'auto-cnn-cli-'));
  const cacheDir = join(work, 'cache');
  beforeAll(async () => {
    mkdirSync(cacheDir);
    await writeTinyDigits(join(work, 'digits'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));
  return {
    work,
    cli: (command, options = {}) => runCli(command.split(' '), { cwd: work, cacheDir, ...options }),
    read: (...path) => readFileSync(join(work, ...path), 'utf8'),
  };
}
