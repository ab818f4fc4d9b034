// The command line within the test's process.

import { PassThrough } from 'node:stream';
import { runProgram } from '../../src/cli/program.ts';

export async function runInProcess(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const signal = new AbortController().signal;
  const code = await runProgram(args, { stdout, stderr, env: {}, command: 'auto-cnn', signal });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}
