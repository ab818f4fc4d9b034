// The command line within the test's process and a folder of its own: for commands that start no children.

import { join } from 'node:path';
import { vi } from 'vitest';
import { runInProcess } from './run-program.ts';

/** Runs a command in a folder that has its cache, as of `cliFolder`; spaces part the arguments. */
export async function runInFolder(folder: string, command: string) {
  const startedFrom = process.cwd();
  process.chdir(folder);
  vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
  try {
    return await runInProcess(...command.split(' '));
  } finally {
    process.chdir(startedFrom);
    vi.unstubAllEnvs();
  }
}
