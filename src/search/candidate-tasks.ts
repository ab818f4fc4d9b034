// The tasks of the genomes of a search: the same for as long as it lasts.

import type { DataSize } from './candidate-work.ts';
import type { EvaluationEntry } from './journal.ts';
import { MedianStopping } from './median-stopping.ts';
import type { Entrant } from './race.ts';
import { candidateTasks, type IdentifiedTask, type TaskSettings } from './tasks.ts';

export class CandidateTasks {
  readonly #settings: TaskSettings;
  readonly #data: DataSize;
  readonly #known: ReadonlyMap<string, EvaluationEntry>;
  readonly #stopping: MedianStopping;
  readonly #entered = new Map<string, readonly IdentifiedTask[]>();

  /** @param known  results by the tasks' ids. */
  constructor(settings: TaskSettings, data: DataSize, known: ReadonlyMap<string, EvaluationEntry>) {
    this.#settings = settings;
    this.#data = data;
    this.#known = known;
    this.#stopping = new MedianStopping(settings.config, data, known);
  }

  /** By rung. With early stopping, a genome keeps what it is measured against when it is first asked for. */
  enter(name: string): readonly IdentifiedTask[] {
    const tasks = this.#entered.get(name) ?? this.#withStopping(name);
    this.#entered.set(name, tasks);
    return tasks;
  }

  /** By rung; of a genome that was not asked for, without early stopping. */
  of(name: string): readonly IdentifiedTask[] {
    return this.#entered.get(name) ?? candidateTasks(name, this.#settings, this.#data);
  }

  /**
   * Those who enter from now on are measured against these, too.
   *
   * @param entrants  whose results are known; of those that were settled before, no note is taken.
   * @returns the work that stopping the others has saved.
   */
  settle(entrants: readonly Entrant[]): number {
    return this.#stopping.settle(entrants);
  }

  #withStopping(name: string): readonly IdentifiedTask[] {
    const plain = this.of(name);
    // What was imported has no curve that could stop it.
    if (plain.some(({ id }) => this.#known.get(id)?.imported)) return plain;
    return candidateTasks(name, this.#settings, this.#data, (rung, epochs) => this.#stopping.stopBelow(rung, epochs));
  }
}
