// Options of every command.

import type { Command } from 'commander';

export interface CommonOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

export function addCommonOptions(command: Command): void {
  command
    .option('--json', 'print one JSON object and nothing else')
    .option('--debug', 'print the stack trace of an error');
}
