// One event file, in its own folder. TensorBoard shows it as one run.

import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ensureFolder } from '../../files/ensure-folder.ts';
import { fileFailure } from '../../files/file-failure.ts';
import { encodeEventRecord, encodeVersionRecord, type SummaryEvent } from './event-record.ts';

const PREFIX = 'events.out.tfevents.';

export class EventFile {
  readonly path: string;

  /**
   * Starts the event file of a folder. Removes existing event files, because TensorBoard would join them into one curve.
   *
   * @param wallTime  seconds since 1970.
   * @throws {InvalidInputError} if the file cannot be written.
   */
  static start(folder: string, wallTime: number): EventFile {
    try {
      ensureFolder(folder);
      for (const name of eventFilesIn(folder)) rmSync(join(folder, name));
    } catch (error) {
      throw fileFailure('write', folder, error);
    }
    // Like TensorBoard's own writer: seconds (ten digits), host, process.
    const seconds = String(Math.floor(wallTime)).padStart(10, '0');
    const host = hostname().replace(/[^A-Za-z0-9._-]/g, '-');
    const file = new EventFile(join(folder, `${PREFIX}${seconds}.${host}.${process.pid}`));
    file.#write([encodeVersionRecord(wallTime)]);
    return file;
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws {InvalidInputError} if the file cannot be written, for example because the disk is full. */
  append(events: readonly SummaryEvent[]): void {
    this.#write(events.map(encodeEventRecord));
  }

  #write(records: readonly Uint8Array[]): void {
    try {
      appendFileSync(this.path, Buffer.concat(records));
    } catch (error) {
      throw fileFailure('write', this.path, error);
    }
  }
}

/** Names of the event files in a folder; empty if the folder does not exist. */
export function eventFilesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(PREFIX));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
