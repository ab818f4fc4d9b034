// Tracks the candidates of a search: which task each has to be trained on next, and when its fitness is final.

import { SuccessiveHalving } from '../../evolution/successive-halving.ts';
import type { Genome } from '../../genome/genome.ts';
import { genomeId } from '../../genome/text.ts';
import type { SearchConfig } from '../config/config.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { Asked, NextStep } from './evaluate-in-order.ts';
import type { IdentifiedTask } from './identified-task.ts';

export interface QueuedCandidate extends Asked {
  /** Canonical text. */
  readonly name: string;
  readonly number: number;
  /** Indexed by rung. */
  readonly tasks: readonly IdentifiedTask[];
}

type Entries = ReadonlyMap<string, EvaluationEntry>;

export class CandidateQueue {
  readonly #halving: SuccessiveHalving;
  readonly #known: Entries;
  /** By name: for how many rungs the halving has results. */
  readonly #recorded = new Map<string, number>();
  readonly #tasks = new Map<string, readonly IdentifiedTask[]>();
  readonly #candidates: QueuedCandidate[] = [];

  /** @param known  results by task id; `update` is called when there is a new one. */
  constructor({ rungs, reduction, strategy, population }: SearchConfig, known: Entries) {
    const kind = strategy === 'steady-state' ? 'window' : 'block';
    // Of another's strategy nothing is known of when it needs which results, so no result counts before the end.
    const cohort = strategy === 'custom' ? ({ kind: 'window', size: Number.MAX_SAFE_INTEGER } as const) : undefined;
    this.#halving = new SuccessiveHalving({ rungs, reduction, cohort: cohort ?? { kind, size: population } });
    this.#known = known;
  }

  /** @param tasks  indexed by rung. */
  add(genome: Genome, tasks: readonly IdentifiedTask[]): QueuedCandidate {
    const name = genomeId(genome);
    this.#tasks.set(name, tasks);
    this.update(name);
    const candidate = { genome, name, number: this.#halving.enter(name), tasks };
    this.#candidates.push(candidate);
    return candidate;
  }

  /** Candidates before the next one's cohort: their results are known when it enters, regardless of worker timing. */
  finishedBeforeNext(): readonly QueuedCandidate[] {
    return this.before(this.#halving.cohortStart(this.#candidates.length));
  }

  /** The candidates before a given one, or all. */
  before(number?: number): readonly QueuedCandidate[] {
    return this.#candidates.slice(0, number);
  }

  /**
   * The tasks, by rung, that a genome had been trained on when its fitness was first told, regardless of later results.
   * Empty before that.
   */
  trained(genome: Genome): readonly IdentifiedTask[] {
    const name = genomeId(genome);
    const first = this.#candidates.find((candidate) => candidate.name === name);
    if (first === undefined) return [];
    const standing = this.#halving.standing(first.number);
    return standing.kind === 'out' ? first.tasks.slice(0, standing.rung + 1) : [];
  }

  /** No more candidates will enter. */
  close(): void {
    this.#halving.close();
  }

  /** Records new results of a genome. */
  update(name: string): void {
    const tasks = this.#tasks.get(name) ?? [];
    for (let rung = this.#recorded.get(name) ?? 0; ; rung++) {
      this.#recorded.set(name, rung);
      const entry = this.#known.get(tasks[rung]?.id ?? '');
      if (entry === undefined) return;
      this.#halving.record(name, rung, entry.fitness);
    }
  }

  next({ number, tasks }: QueuedCandidate): NextStep<IdentifiedTask> {
    const standing = this.#halving.standing(number);
    if (standing.kind === 'waits') return standing;
    if (standing.kind === 'out') return { kind: 'done', fitness: standing.fitness };
    return { kind: 'trains', task: tasks[standing.rung] as IdentifiedTask };
  }
}

/** The result of a network's longest successful training. */
export function lastEntry(tasks: readonly IdentifiedTask[], known: Entries): EvaluationEntry | undefined {
  return tasks
    .map(({ id }) => known.get(id))
    .findLast((entry): entry is EvaluationEntry => entry !== undefined && entry.failure === undefined);
}
