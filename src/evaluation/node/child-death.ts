// What is known of the death of a child process.

import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import type { TerminateError } from 'workerpool';
import { EvaluationError } from '../../errors.ts';

/** A child died while it worked on a task. The task may have had no part in it. */
export class ChildDeathError extends EvaluationError {
  /** The circumstances, for people. */
  readonly circumstances: string;

  /**
   * @param residentBytes  of the child, as it last said.
   * @param killsBefore    `countMemoryKills` when the work began.
   * @param said           what it printed, as far as that was caught.
   */
  constructor(error: TerminateError, residentBytes?: number, killsBefore?: number, said = '') {
    // Neither is known if the death came to light in a failed write to the child.
    const [, exitCode, signal] = /exitCode: `(.*)`\s+signalCode: `(.*)`/.exec(error.message) ?? [];
    const [freeBytes, totalBytes, kills] = [freemem(), totalmem(), countMemoryKills()];
    const memoryRanOut = kills !== undefined && killsBefore !== undefined && kills > killsBefore;
    const circumstances = [
      exitCode === undefined ? 'found dead' : signal === 'null' ? `exit code ${exitCode}` : `signal ${signal}`,
      ...(residentBytes === undefined ? [] : [`it last held ${inMebibytes(residentBytes)}`]),
      `${inMebibytes(freeBytes)} of the machine's ${inMebibytes(totalBytes)} were free afterwards`,
      ...(memoryRanOut ? ['the system had ended a process for want of memory'] : []),
      ...(said.trim() === '' ? [] : [`its last words: ${said.trim().split('\n').at(-1)}`]),
    ].join('; ');
    super('crashed', `its process died: ${circumstances}`, {
      cause: error,
      details: { exitCode, signal, residentBytes, freeBytes, totalBytes, memoryRanOut },
    });
    this.circumstances = circumstances;
  }
}

/** Processes that the system has ended so far because memory ran out; undefined where it does not tell (Linux does). */
export function countMemoryKills(): number | undefined {
  try {
    const [, count] = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8')) ?? [];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;
}
