#!/usr/bin/env node
// The process around the command line: its streams, its signals, its exit code.

import { EXIT } from './exit.ts';
import { invokedAs } from './invocation.ts';
import { runProgram } from './program.ts';

const { stdout, stderr, env, argv } = process;
const interruption = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first signal lets the program finish what it writes; the second ends it at once.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
  });
}

// `auto-cnn … | head` closes the pipe. Nobody reads the rest, so the program stops.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  interruption.abort();
});
stderr.on('error', () => {});

const [, script = 'auto-cnn', ...args] = argv;
const command = invokedAs({ script, env, cwd: process.cwd() });
process.exitCode = await runProgram(args, { stdout, stderr, env, command, signal: interruption.signal });
