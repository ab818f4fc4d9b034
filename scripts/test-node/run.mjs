// Child processes whose output is kept.

import { spawn } from 'node:child_process';

const LIMIT_MS = 300_000;

/**
 * Runs a program to its end.
 *
 * @param onStart  told of the process, which it may kill; any way to end is then right.
 * @throws {Error} with the end of what it printed, if it fails or takes longer than five minutes.
 */
export function run(file, args, { cwd, env = process.env, onStart }) {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (chunk) => {
      output[name] += chunk;
    });
  }
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || onStart !== undefined) return resolve(output);
      const last = (output.stderr.trim() || output.stdout.trim()).split('\n').slice(-5).join('\n');
      reject(new Error(`${args.join(' ')} ended with ${signal ?? code}: ${last}`));
    });
  });
}
