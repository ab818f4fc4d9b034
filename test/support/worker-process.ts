// The built `auto-cnn worker` as a process.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const SPEED = new URL('declares-speed.mjs', import.meta.url).href;

export class WorkerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  #output = '';

  /** @param args  of `auto-cnn worker`, besides the queue. */
  constructor(url: string, dataDir: string, ...args: readonly string[]) {
    const { FORCE_COLOR: _, ...env } = process.env;
    const command = [...this.nodeOptions, CLI, 'worker', '--queue', url, '--data-dir', dataDir, ...args];
    this.child = spawn(process.execPath, command, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.ended = once(this.child, 'close');
  }

  protected get nodeOptions(): readonly string[] {
    return [];
  }

  /** All that it has said. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when it takes tasks, or has ended. */
  async atWork(): Promise<void> {
    while (!this.#output.includes('takes tasks') && this.child.exitCode === null && this.child.signalCode === null) {
      await Promise.race([once(this.child.stdout ?? this.child, 'data'), this.ended]);
    }
  }

  /** As `systemctl stop` does. @returns its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.ended;
    return this.child.exitCode;
  }

  /** As in a power cut. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** One that says it is far faster than any machine, so that searches have it do their final trainings. */
export class FastWorkerProcess extends WorkerProcess {
  protected override get nodeOptions(): readonly string[] {
    return ['--import', `${SPEED}?times=100`];
  }
}

/** One that says it is far slower than any machine: what is measured beside other work varies. */
export class SlowWorkerProcess extends WorkerProcess {
  protected override get nodeOptions(): readonly string[] {
    return ['--import', `${SPEED}?times=0.01`];
  }
}
