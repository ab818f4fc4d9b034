// Runs the built command line.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this checkout. */
export const HERE = fileURLToPath(new URL('../..', import.meta.url));
/** Predictions and suspects of a large data set are long. */
const LONGEST_OUTPUT = 2 ** 28;

/**
 * @param checkout  of another version, which is built.
 * @returns what the command prints with `--json`; notes go to the terminal.
 */
export function autoCnn(args, checkout = HERE) {
  const output = execFileSync(process.execPath, [join(checkout, 'dist/cli/main.js'), ...args, '--json'], {
    maxBuffer: LONGEST_OUTPUT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output);
}

/**
 * Runs a command that makes a run folder, unless the run is finished.
 *
 * @returns the summary of the run.
 */
export function finishedRun(run, args, checkout) {
  const summary = join(run, 'summary.json');
  if (!existsSync(summary)) {
    rmSync(run, { recursive: true, force: true });
    autoCnn([...args, '--out', run, '--no-tensorboard'], checkout);
  }
  return JSON.parse(readFileSync(summary, 'utf8'));
}
