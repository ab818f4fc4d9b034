#!/usr/bin/env node
// The process around the command line: its streams, its signals, its exit code.

import { EXIT } from './exit.ts';
import { invokedAs } from './invocation.ts';
import { runProgram } from './program.ts';

const { stdout, stderr, env, argv } = process;
const interruption = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Once: finish what is being written. Twice: the user means it.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
  });
}

// `auto-cnn … | head` closes the pipe: nobody reads on, so there is nothing to go on for.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  interruption.abort();
});
stderr.on('error', () => {});

const [, script = 'auto-cnn', ...args] = argv;
const command = invokedAs({ script, env, cwd: process.cwd() });
process.exitCode = await runProgram(args, { stdout, stderr, env, command, signal: interruption.signal });
