// The tasks of the genomes of a search: the same for as long as it lasts.

import type { ParentWeights } from '../../evaluation/task.ts';
import type { Genome } from '../../genome/genome.ts';
import { genomeId } from '../../genome/text.ts';
import type { DataSize } from '../config/data-size.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { QueuedCandidate } from './candidate-queue.ts';
import { type IdentifiedTask, type TaskSettings, tasksByRung } from './identified-task.ts';
import { MedianStopping } from './median-stopping.ts';

export class CandidateTasks {
  readonly #settings: TaskSettings;
  readonly #data: DataSize;
  readonly #known: ReadonlyMap<string, EvaluationEntry>;
  readonly #stopping: MedianStopping;
  /** By canonical text. */
  readonly #entered = new Map<string, readonly IdentifiedTask[]>();
  readonly #ids = new Set<string>();

  /** @param known  results by the tasks' ids. */
  constructor(settings: TaskSettings, data: DataSize, known: ReadonlyMap<string, EvaluationEntry>) {
    this.#settings = settings;
    this.#data = data;
    this.#known = known;
    this.#stopping = new MedianStopping(settings.config, data, known);
  }

  /**
   * By rung. A genome keeps what it is measured against and what it starts from when it is first asked for.
   *
   * @param parents  of each that it was bred from, the tasks that it was trained on, by rung.
   */
  enter(genome: Genome, parents: readonly (readonly IdentifiedTask[])[] = []): readonly IdentifiedTask[] {
    const name = genomeId(genome);
    const tasks = this.#entered.get(name) ?? this.#withDependencies(genome, parents);
    this.#entered.set(name, tasks);
    for (const { id } of tasks) this.#ids.add(id);
    return tasks;
  }

  /** Whether a task is one of a genome that was asked for. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** By rung; of a genome that was not asked for, without anything that comes from others. */
  of(genome: Genome): readonly IdentifiedTask[] {
    return this.#entered.get(genomeId(genome)) ?? tasksByRung(genome, this.#settings, this.#data);
  }

  /**
   * Those who enter from now on are measured against these, too.
   *
   * @param candidates  whose results are known; what was learned from before changes nothing.
   * @returns the work that stopping the new ones early has saved.
   */
  learnFrom(candidates: readonly QueuedCandidate[]): number {
    return this.#stopping.learnFrom(candidates);
  }

  #withDependencies(genome: Genome, parents: readonly (readonly IdentifiedTask[])[]): readonly IdentifiedTask[] {
    const plain = this.of(genome);
    // What was imported has no curve that could stop it, and no weights to start from.
    if (plain.some(({ id }) => this.#known.get(id)?.imported)) return plain;
    return tasksByRung(genome, this.#settings, this.#data, (rung, epochs) => ({
      stopBelow: this.#stopping.stopBelow(rung, epochs),
      parent: this.#parentOn(rung, parents),
    }));
  }

  /** The first that left weights: on the same rung, or on the last that it was trained on. */
  #parentOn(rung: number, parents: readonly (readonly IdentifiedTask[])[]): ParentWeights | undefined {
    if (!this.#settings.config.inheritWeights) return undefined;
    const tasks = parents.map((trained) => trained[Math.min(rung, trained.length - 1)]);
    const parent = tasks.find((task) => hasWeights(this.#known.get(task?.id ?? '')));
    if (parent === undefined) return undefined;
    const { id, task } = parent;
    return { id, genome: task.genome, path: this.#settings.checkpoint(id) };
  }
}

/** Whether a training was done to its end, by what is recorded of it alone: where the file is missing then, that is an error. */
function hasWeights(entry: EvaluationEntry | undefined): boolean {
  return entry !== undefined && entry.failure === undefined && !entry.stopped && !entry.imported;
}
