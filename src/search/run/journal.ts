// The journal of a run: one JSON object a line, appended and flushed before its content is used. A line carries a check
// sum; a line that a power cut tore is dropped, any other damage is an error that names file and line.

import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { JournalError } from '../../errors.ts';
import { decodeLine, encodeLine } from '../../files/checked-line.ts';
import type { JournalEntry } from '../records/journal-entry.ts';

export interface OpenedJournal {
  readonly entries: readonly JournalEntry[];
  /** The last line was torn and is gone. */
  readonly recovered: boolean;
  readonly journal: Journal;
}

const HEADER = { format: 'auto-cnn journal', version: 1 } as const;

export class Journal {
  readonly path: string;
  readonly #file: number;
  readonly #checkOwner: () => void;
  #size: number;

  /**
   * Opens a journal, or starts one.
   *
   * @param checkOwner  called before each write; throws if this process may not write any more.
   * @throws {JournalError} if it is damaged (`details.line`), of another version, or cannot be opened.
   */
  static open(path: string, checkOwner: () => void = () => {}): OpenedJournal {
    const file = attempt(path, 'opened', () => openSync(path, 'a+'));
    try {
      const { entries, validBytes, totalBytes } = read(path);
      const recovered = validBytes < totalBytes;
      if (recovered) attempt(path, 'repaired', () => ftruncateSync(file, validBytes));
      const journal = new Journal(path, file, validBytes, checkOwner);
      if (validBytes === 0) journal.#write(HEADER);
      return { entries, recovered, journal };
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  private constructor(path: string, file: number, size: number, checkOwner: () => void) {
    this.path = path;
    this.#file = file;
    this.#checkOwner = checkOwner;
    this.#size = size;
  }

  /**
   * Appends an entry and flushes it to the disk. If that fails, the journal is as it was before.
   *
   * @throws {JournalError} for example if the disk is full; {RunLockedError} if another process has the run.
   */
  append(entry: JournalEntry): void {
    this.#checkOwner();
    this.#write(entry);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(content: object): void {
    const line = Buffer.from(`${encodeLine(content)}\n`);
    try {
      for (let written = 0; written < line.length; ) written += writeSync(this.#file, line, written);
      fdatasyncSync(this.#file);
      this.#size += line.length;
    } catch (cause) {
      tryTruncate(this.#file, this.#size);
      const reason = (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? 'the disk is full' : (cause as Error).message;
      throw new JournalError(
        `${this.path} cannot be written: ${reason}; what it held is intact: make room, then resume the run`,
        { details: { path: this.path }, cause },
      );
    }
  }
}

/** Reads the entries of a journal without opening it for writing. */
export function readJournal(path: string): readonly JournalEntry[] {
  return read(path).entries;
}

function read(path: string): { entries: readonly JournalEntry[]; validBytes: number; totalBytes: number } {
  const bytes = attempt(path, 'read', () => readFileSync(path));
  const entries: JournalEntry[] = [];
  let validBytes = 0;
  for (let line = 1; validBytes < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, validBytes);
    const complete = end >= 0;
    const text = bytes.toString('utf8', validBytes, complete ? end : bytes.length);
    const content = decodeLine(text);
    const isLast = !complete || end === bytes.length - 1;
    // Only the last write can be torn: it lacks its end, or (some file systems) its blocks were never filled.
    if (!complete || (content === undefined && isLast && text.includes('\0'))) break;
    if (content === undefined) {
      const cure = line === 1 ? '' : `, or delete line ${line} to have that candidate evaluated anew`;
      throw new JournalError(
        `${path}, line ${line} is damaged: it is not what was written; restore the file from a copy${cure}`,
        { details: { path, line } },
      );
    }
    if (line === 1) checkHeader(content, path);
    else entries.push(content as JournalEntry);
    validBytes = end + 1;
  }
  return { entries, validBytes, totalBytes: bytes.length };
}

function checkHeader(content: object, path: string): void {
  const { format, version } = content as Partial<Record<keyof typeof HEADER, unknown>>;
  if (format === HEADER.format && version === HEADER.version) return;
  throw new JournalError(
    `${path} is no journal that this version reads: it starts with ${JSON.stringify(content)}, expected ${JSON.stringify(HEADER)}`,
    { details: { path, line: 1 } },
  );
}

function attempt<T>(path: string, what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new JournalError(`${path} cannot be ${what}: ${(cause as Error).message}`, { details: { path }, cause });
  }
}

function tryTruncate(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // The torn line is then dropped when the run is resumed.
  }
}
