// The tasks of the genomes of a search. A genome keeps its tasks for the whole search.

import type { ParentWeights } from '../../evaluation/task.ts';
import type { Genome } from '../../genome/genome.ts';
import { genomeId } from '../../genome/text.ts';
import type { DataSize } from '../config/network-input.ts';
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

  /** @param known  results by task id. */
  constructor(settings: TaskSettings, data: DataSize, known: ReadonlyMap<string, EvaluationEntry>) {
    this.#settings = settings;
    this.#data = data;
    this.#known = known;
    this.#stopping = new MedianStopping(settings.config, data, known);
  }

  /**
   * Returns the genome's tasks, indexed by rung. Its stopping bars and initial weights are fixed when it is first asked
   * for.
   *
   * @param parents  for each parent, the tasks that it was trained on, indexed by rung.
   */
  enter(genome: Genome, parents: readonly (readonly IdentifiedTask[])[] = []): readonly IdentifiedTask[] {
    const name = genomeId(genome);
    const tasks = this.#entered.get(name) ?? this.#withDependencies(genome, parents);
    this.#entered.set(name, tasks);
    for (const { id } of tasks) this.#ids.add(id);
    return tasks;
  }

  /** Whether a task belongs to a genome that was asked for. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Tasks indexed by rung. For a genome that was not asked for, they have no dependencies on other candidates. */
  of(genome: Genome): readonly IdentifiedTask[] {
    return this.#entered.get(genomeId(genome)) ?? tasksByRung(genome, this.#settings, this.#data);
  }

  /**
   * Adds finished candidates to those that later candidates are measured against.
   *
   * @param candidates  with known results; those already learned from change nothing.
   * @returns the work saved by stopping the new ones early.
   */
  learnFrom(candidates: readonly QueuedCandidate[]): number {
    return this.#stopping.learnFrom(candidates);
  }

  #withDependencies(genome: Genome, parents: readonly (readonly IdentifiedTask[])[]): readonly IdentifiedTask[] {
    const plain = this.of(genome);
    // An imported result is not trained, so it needs neither stopping bars nor initial weights.
    if (plain.some(({ id }) => this.#known.get(id)?.imported)) return plain;
    return tasksByRung(genome, this.#settings, this.#data, (rung, epochs) => ({
      stopBelow: this.#stopping.stopBelow(rung, epochs),
      parent: this.#parentOn(rung, parents),
    }));
  }

  /** The first parent that left weights: those of the same rung, or of the last rung it was trained on. */
  #parentOn(rung: number, parents: readonly (readonly IdentifiedTask[])[]): ParentWeights | undefined {
    if (!this.#settings.config.inheritWeights) return undefined;
    const tasks = parents.map((trained) => trained[Math.min(rung, trained.length - 1)]);
    const parent = tasks.find((task) => hasWeights(this.#known.get(task?.id ?? '')));
    if (parent === undefined) return undefined;
    const { id, task } = parent;
    return { id, genome: task.genome, path: this.#settings.checkpoint(id) };
  }
}

/** Whether a training was completed according to its entry alone. If its file is missing then, that is an error. */
function hasWeights(entry: EvaluationEntry | undefined): boolean {
  return entry !== undefined && entry.failure === undefined && !entry.stopped && !entry.imported;
}
