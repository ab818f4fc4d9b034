// A time budget on workers that come and go: the work that is left to a search changes with their number. Each change is in
// the journal with its place in the order of asking, so that a replay takes it there.

import type { Evaluator } from '../../evaluation/evaluator.ts';
import type { SearchConfig } from '../config/config.ts';
import type { JournalEntry, WorkersEntry } from '../records/journal-entry.ts';
import type { WorkAccount } from './work-account.ts';

type Change = Omit<WorkersEntry, 'elapsedSeconds'>;

export class WorkerPlan {
  /** Undefined if nothing more is decided. */
  readonly #evaluator: Pick<Evaluator, 'concurrency'> | undefined;
  /** Changes of earlier sessions that are still to come, in order. */
  readonly #recorded: WorkersEntry[];
  /** Genomes whose results are known: nothing is decided anew before them. */
  readonly #known: ReadonlySet<string>;
  #workers: number | undefined;

  /** @returns undefined if nothing can change: without a time budget, or if the number of workers is fixed. */
  static of(
    { budget, searchWork, undecided }: Pick<SearchConfig, 'budget' | 'searchWork' | 'undecided'>,
    entries: readonly JournalEntry[],
    evaluator: Pick<Evaluator, 'concurrency' | 'capacityGrown'>,
  ): WorkerPlan | undefined {
    const recorded = inForce(entries.filter((entry) => entry.type === 'workers'));
    // Once the final training is decided, the search is over.
    const isOpen = budget !== undefined && 'seconds' in budget && undecided?.includes('finalEpochs') === true;
    const mayDecide = isOpen && (evaluator.capacityGrown !== undefined || recorded.length > 0);
    if (searchWork === undefined || !(mayDecide || recorded.length > 0)) return undefined;
    const known = new Set(entries.flatMap((entry) => (entry.type === 'evaluation' ? [entry.genome] : [])));
    return new WorkerPlan(recorded, known, mayDecide ? evaluator : undefined);
  }

  private constructor(
    recorded: readonly WorkersEntry[],
    known: ReadonlySet<string>,
    evaluator: Pick<Evaluator, 'concurrency'> | undefined,
  ) {
    this.#recorded = [...recorded];
    this.#known = known;
    this.#evaluator = evaluator;
  }

  /**
   * Called before a new genome is admitted. Takes the changes that are recorded for this place, or decides one if the number of
   * workers is another than planned for: what is left of the work then takes as long as before.
   *
   * @returns a new decision, for the journal.
   */
  next(account: WorkAccount, genome: string): Change | undefined {
    for (let first = this.#recorded[0]; first && first.admitted <= account.admitted; first = this.#recorded[0]) {
      this.#recorded.shift();
      this.#workers = first.workers;
      account.changeLimit(first.searchWork);
    }
    const workers = this.#evaluator?.concurrency ?? this.#workers;
    if (workers === undefined || workers === this.#workers) return undefined;
    if (this.#recorded.length > 0 || this.#known.has(genome)) return undefined;
    const share = this.#workers === undefined ? 1 : workers / this.#workers;
    this.#workers = workers;
    account.changeLimit(Math.round(account.charged + share * (account.limit - account.charged)));
    return { type: 'workers', id: 'search', admitted: account.admitted, workers, searchWork: account.limit };
  }

  /** The clock ended the search before its work was used up: a replay ends there, too. */
  endNow({ admitted, limit }: Pick<WorkAccount, 'admitted' | 'limit'>): Change {
    return { type: 'workers', id: 'search', admitted, workers: this.#workers ?? 1, searchWork: limit };
  }
}

/** A decision about an earlier place overrules those about later ones that were made before it. */
function inForce(entries: readonly WorkersEntry[]): readonly WorkersEntry[] {
  return entries.filter((entry, i) => entries.slice(i + 1).every((later) => later.admitted >= entry.admitted));
}
