// Drives a run through faults to its end.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Rng } from '../../src/random/rng.ts';
import { journalText, type Scene } from './faults.ts';
import { type FinishedRun, readFinished } from './finished-run.ts';
import { type RunPlace, RunProcess } from './run-process.ts';

/** Each brings a fault about and undoes it; false if there was nothing that it could happen to. */
export type Faults<Name extends string> = Readonly<Record<Name, (scene: Scene) => Promise<boolean>>>;

export interface Disturbance<Name extends string> extends Pick<Scene, 'disk' | 'makeReadOnly'> {
  readonly faults: readonly Name[];
  readonly table: Faults<Name>;
  readonly rng: Rng;
  /** Faults come after a random share of this time each, which begins with the process or, every other time, with its work. */
  readonly longestWaitMs: number;
  /** What an undisturbed run comes to. */
  readonly reference: FinishedRun;
}

/** A run that cannot be brought to its end has a fault of its own. */
const MOST_STARTS = 200;

/**
 * Has each fault happen, at a random moment, to a run at work; a run that ends is gone on with, or, if it is done, begun anew. Checks
 * that nothing that was in the journal goes away, that a run which fails says why and what to do, and that each that is done came
 * to the same as an undisturbed one.
 *
 * @returns what the last came to.
 */
export async function survive<Name extends string>(
  place: RunPlace,
  { faults, table, reference, ...disturbance }: Disturbance<Name>,
): Promise<FinishedRun> {
  const drive = new Drive(place, reference);
  for (const fault of faults) await drive.through(table[fault], disturbance);
  return drive.toTheEnd();
}

class Drive {
  readonly #place: RunPlace;
  readonly #reference: FinishedRun;
  #run: RunProcess;
  #starts = 1;
  #journal = '';

  constructor(place: RunPlace, reference: FinishedRun) {
    this.#place = place;
    this.#reference = reference;
    this.#run = RunProcess.start(place);
  }

  async through(
    bringAbout: Faults<string>[string],
    { rng, longestWaitMs, ...tools }: Omit<Disturbance<string>, 'faults' | 'table' | 'reference'>,
  ): Promise<void> {
    const { folder } = this.#place;
    for (let hasHappened = false; !hasHappened; ) {
      if (rng.uniform() < 0.5) await this.#run.atWork;
      await Promise.race([pause(rng.uniform() * longestWaitMs), this.#run.ended]);
      if (this.#run.isRunning) hasHappened = await bringAbout({ run: this.#run, folder, rng, ...tools });
      else await this.#goOn();
      this.#lookAtJournal();
    }
  }

  async toTheEnd(): Promise<FinishedRun> {
    for (await this.#run.ended; this.#run.exitCode !== 0; await this.#run.ended) await this.#goOn();
    await this.#drawMissingReport();
    return this.#checkResult();
  }

  async #goOn(): Promise<void> {
    await this.#run.ended;
    this.#checkEnd();
    if (this.#run.exitCode === 0) {
      await this.#drawMissingReport();
      this.#checkResult();
      rmSync(this.#place.folder, { recursive: true });
    }
    if (++this.#starts > MOST_STARTS) throw new Error(`not done after ${MOST_STARTS} starts: ${this.#run.output}`);
    if (!existsSync(join(this.#place.folder, 'config.json'))) this.#journal = '';
    this.#run = RunProcess.start(this.#place);
  }

  /** A disk that could not be written to may have prevented it, which was said; then it is drawn, and the rest tidied up. */
  async #drawMissingReport(): Promise<void> {
    if (existsSync(join(this.#place.folder, 'report.html'))) return;
    expect(this.#run.output).toContain('the report could not be written');
    this.#run = RunProcess.start(this.#place);
    await this.#run.ended;
    expect({ exitCode: this.#run.exitCode, output: this.#run.output }).toMatchObject({ exitCode: 0 });
  }

  /** Killed, done, or a line that says what, where and the cure. */
  #checkEnd(): void {
    const { exitCode, output } = this.#run;
    if (exitCode === null || exitCode === 0) return;
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: expect.stringMatching(/^error: .+\n$/m) });
    expect(output).not.toMatch(/unexpected|^ +at /m);
  }

  #checkResult(): FinishedRun {
    this.#lookAtJournal();
    const finished = readFinished(this.#place.folder);
    expect(finished).toEqual(this.#reference);
    return finished;
  }

  #lookAtJournal(): void {
    const journal = journalText(this.#place.folder);
    if (journal === '' && !existsSync(join(this.#place.folder, 'config.json'))) return;
    expect(journal.slice(0, this.#journal.length)).toBe(this.#journal);
    this.#journal = journal;
  }
}
