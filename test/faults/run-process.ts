// The built command line at work on a run, as a process to be disturbed.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CLOCK = pathToFileURL(fileURLToPath(new URL('jumping-clock.mjs', import.meta.url))).href;

/** A search that its folder does not know of yet, and how to go on with it. */
export interface RunPlace {
  readonly folder: string;
  /** Arguments of `auto-cnn search`, without `--out`. */
  readonly search: readonly string[];
  readonly cacheDir: string;
  /** The queue whose workers train its candidates. */
  readonly queue?: string;
}

export class RunProcess {
  readonly pid: number;
  readonly ended: Promise<void>;
  /** Resolves when it has said something, or has ended. */
  readonly atWork: Promise<void>;
  readonly #child: ChildProcess;
  #output = '';

  /** Begins the search, or goes on with it if there is something to go on with. */
  static start({ folder, search, cacheDir, queue }: RunPlace): RunProcess {
    const isBegun = existsSync(join(folder, 'config.json'));
    if (!isBegun) rmSync(folder, { recursive: true, force: true });
    const by = queue === undefined ? [] : ['--queue', queue];
    const args = isBegun ? ['resume', folder] : ['search', ...search, '--out', folder];
    return new RunProcess([...args, ...by], cacheDir);
  }

  private constructor(args: readonly string[], cacheDir: string) {
    const { FORCE_COLOR: _, ...env } = process.env;
    // Files may become too large: the process hears of it as an error, not as a signal.
    const command = [process.execPath, '--import', CLOCK, CLI, ...args];
    this.#child = spawn('sh', ['-c', `trap '' XFSZ; exec "$@"`, 'sh', ...command], {
      env: { ...env, AUTO_CNN_CACHE: cacheDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', () => resolve());
    });
    this.atWork = new Promise((resolve) => {
      this.#child.stdout?.once('data', () => resolve());
      this.#child.on('close', () => resolve());
    });
    // Not 0: a signal to that reaches this process, too.
    this.pid = this.#child.pid ?? Number.NaN;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Null if it was killed. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** All that it has said. */
  get output(): string {
    return this.#output;
  }

  /** Linux only. */
  get children(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === this.pid);
  }
}

/** False if there is no such process any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
