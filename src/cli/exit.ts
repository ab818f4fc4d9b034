// How a command ends: its exit code, and the one line that says why.

import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { AutoCnnError, type ErrorCode } from '../index.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** 2 for what the user can mend: wrong input, and the disk that holds the journal. */
const CODES: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: EXIT.usage,
  DATA_FORMAT: EXIT.usage,
  RUN_LOCKED: EXIT.usage,
  JOURNAL: EXIT.usage,
  EVALUATION: EXIT.failed,
  ENGINE: EXIT.failed,
  SHAPE: EXIT.failed,
  INTERRUPTED: EXIT.interrupted,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof AutoCnnError) return CODES[error.code];
  if (error instanceof CommanderError) return EXIT.usage;
  return EXIT.failed;
}

/** One line: what, where, the cure. With `debug`, the stack trace and the causes below it. */
export function describeError(error: unknown, debug: boolean): string {
  const line = `error: ${oneLine(messageOf(error))}`;
  return debug && !(error instanceof CommanderError) ? `${line}\n${inspect(error)}` : line;
}

export function isAbort(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}

function messageOf(error: unknown): string {
  if (error instanceof AutoCnnError) return error.message;
  if (error instanceof CommanderError) {
    // Commander puts its suggestion on a line of its own.
    const [what = '', near] = error.message.replace(/^error: /, '').split(/\n\(Did you mean (.*)\?\)$/);
    return `${what}; ${near === undefined ? '--help lists what there is' : `did you mean ${near}?`}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `${message} (unexpected; run it again with --debug for the stack trace)`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
