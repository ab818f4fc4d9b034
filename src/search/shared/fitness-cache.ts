// A file of finished evaluations that runs share, even concurrently: one line each, appended in a single write. It is a
// cache, not a journal: damaged lines are skipped, and results that cannot be written are trained again by other runs.

import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { readOutcome } from '../../evaluation/recorded-outcome.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';
import { decodeLine, encodeLine } from '../../files/checked-line.ts';
import { ensureFolder } from '../../files/ensure-folder.ts';
import { fileFailure } from '../../files/file-failure.ts';

/** The start of every line. Other files that a user might name by mistake do not begin with it. */
const START = Buffer.from('{"id":"');
const LINE_END = 0x0a;

export class FitnessCache {
  readonly path: string;
  readonly #file: number;
  readonly #notify: (notice: string) => void;
  readonly #outcomes = new Map<string, EvaluationOutcome>();
  /** Number of bytes of complete lines read so far. */
  #position = 0;
  #lines = 0;
  #endsInLine = false;

  /**
   * Opens a cache, or creates one.
   *
   * @param notify  called for damaged lines and failed writes.
   * @throws {InvalidInputError} if the file cannot be opened or is not a fitness cache.
   */
  static open(path: string, notify: (notice: string) => void = () => {}): FitnessCache {
    const absolute = resolve(path);
    try {
      ensureFolder(dirname(absolute));
      const cache = new FitnessCache(absolute, openSync(absolute, 'a+'), notify);
      cache.#requireOurs();
      return cache;
    } catch (error) {
      throw error instanceof InvalidInputError ? error : fileFailure('open the fitness cache', absolute, error);
    }
  }

  private constructor(path: string, file: number, notify: (notice: string) => void) {
    this.path = path;
    this.#file = file;
    this.#notify = notify;
  }

  /** The outcome of a task, if any process has recorded it. */
  find(id: string): EvaluationOutcome | undefined {
    if (!this.#outcomes.has(id)) this.#readOn();
    return this.#outcomes.get(id);
  }

  /** Records an outcome for other runs. If that fails, it sends a notice. */
  add(id: string, genome: string, outcome: EvaluationOutcome): void {
    const { fitness, history, bestEpoch, failure, pruned } = outcome;
    this.#readOn();
    const content = { id, genome, fitness, history, bestEpoch, ...(failure && { failure }), ...(pruned && { pruned }) };
    // A partial line of a process that died must not corrupt this one.
    const line = Buffer.from(`${this.#endsInLine ? '\n' : ''}${encodeLine(content)}\n`);
    try {
      const written = writeSync(this.#file, line);
      if (written < line.length) throw new Error('the disk is full');
    } catch (error) {
      this.#notify(`${this.path} cannot be written: ${(error as Error).message}; ${genome} is not shared`);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #readOn(): void {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(this.#file).size - this.#position));
    const size = readSync(this.#file, bytes, 0, bytes.length, this.#position);
    let from = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      this.#read(bytes.toString('utf8', from, end));
      from = end + 1;
    }
    this.#position += from;
    this.#endsInLine = from < size;
  }

  #read(line: string): void {
    this.#lines++;
    if (line === '') return;
    const content = decodeLine(line);
    const outcome = readOutcome(content);
    const { id } = (content ?? {}) as { readonly id?: unknown };
    if (outcome !== undefined && typeof id === 'string') this.#outcomes.set(id, outcome);
    else this.#notify(`${this.path}, line ${this.#lines} is damaged and skipped; its candidate is evaluated again`);
  }

  #requireOurs(): void {
    const start = Buffer.alloc(START.length);
    const size = readSync(this.#file, start, 0, start.length, 0);
    if (start.subarray(0, size).equals(START.subarray(0, size))) return;
    closeSync(this.#file);
    throw new InvalidInputError(
      `${this.path} is not a fitness cache of auto-cnn; give another path, or import a fitness.json of the Python package with --import-fitness or importFitness`,
      { details: { path: this.path } },
    );
  }
}
