// What a user may have called while a search runs. Callbacks run in this process, one at a time, in the order of events.

import type { EventEmitter } from 'node:events';
import type { EpochRecord } from '../engine/train.ts';
import type { Candidate, GenerationEvent, SearchEvents, StartEvent } from './events.ts';
import type { EvaluationEntry } from './journal.ts';
import type { SearchSummary } from './summary.ts';

export interface SearchControl {
  /** Ends the search: `run()` gives the best candidate so far, without a final training. */
  stopSearch(): void;
}

export interface EvaluationControl extends SearchControl {
  /**
   * Ends the training of this candidate. Its fitness is the best of the epochs up to the one this was called in, and its
   * journal entry says `stopped`; before the end of its first epoch, it counts as failed.
   */
  stopEvaluation(): void;
}

export type EpochEvent = Candidate & EpochRecord;

export interface SearchEndEvent {
  /** Absolute path of the run folder. */
  readonly folder: string;
  /** Undefined if a callback stopped the search. */
  readonly summary: SearchSummary | undefined;
}

/**
 * All methods are optional and may be async: the next candidate's training does not begin before they are done. Only
 * epochs go on while `onEpochEnd` is at work. What a callback throws is reported as a notice and as a warning of the
 * process, and changes nothing else.
 */
export interface Callback {
  /** For messages. */
  readonly name?: string;
  onSearchStart?(start: StartEvent, control: SearchControl): void | Promise<void>;
  /** A generation is complete; 0 is the initial population. */
  onGeneration?(generation: GenerationEvent, control: SearchControl): void | Promise<void>;
  onEvaluationStart?(candidate: Candidate, control: EvaluationControl): void | Promise<void>;
  onEpochEnd?(epoch: EpochEvent, control: EvaluationControl): void | Promise<void>;
  /** The evaluation is in the journal. */
  onEvaluationEnd?(evaluation: EvaluationEntry, control: SearchControl): void | Promise<void>;
  /** Not called if the search fails or is interrupted from outside. */
  onSearchEnd?(end: SearchEndEvent): void | Promise<void>;
}

/** Stops evaluations; by the genome, of which one evaluation runs at a time. */
export interface EvaluationStopper {
  /** @param afterEpoch  the last epoch that counts; 0 for none. */
  stop(genome: string, afterEpoch: number): void;
}

/** Calls the callbacks one after the other, and remembers what they threw. */
export class CallbackQueue {
  readonly #callbacks: readonly Callback[];
  readonly #report: (notice: string) => void;
  readonly #reported = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(callbacks: readonly Callback[], report: (notice: string) => void) {
    this.#callbacks = callbacks;
    this.#report = report;
  }

  /** Calls a method of each callback that has it, when all that was called before is done. */
  call(
    method: Exclude<keyof Callback, 'name'>,
    invoke: (callback: Callback) => void | Promise<void> | undefined,
  ): void {
    for (const [index, callback] of this.#callbacks.entries()) {
      if (callback[method] === undefined) continue;
      this.#last = this.#last
        .then(() => invoke(callback))
        .catch((error: unknown) => this.#reportOnce(`${nameOf(callback, index)} failed in ${method}`, error));
    }
  }

  /** Resolves when nothing is left to call. */
  async idle(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.#last; ) {
      last = this.#last;
      await last;
    }
  }

  /** What fails in every epoch is said once. */
  #reportOnce(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const notice = `${what}: ${reason}; the search went on`;
    if (this.#reported.has(notice)) return;
    this.#reported.add(notice);
    this.#report(notice);
  }
}

/** Lets callbacks hear the events of a search. */
export function followWithCallbacks(
  events: EventEmitter<SearchEvents>,
  queue: CallbackQueue,
  { stop }: EvaluationStopper,
  stopSearch: () => void,
): void {
  const search: SearchControl = { stopSearch };
  const evaluation = (genome: string, epoch: number): EvaluationControl => ({
    stopSearch,
    stopEvaluation: () => stop(genome, epoch),
  });
  events.on('start', (event) => queue.call('onSearchStart', (callback) => callback.onSearchStart?.(event, search)));
  events.on('generation', (event) => queue.call('onGeneration', (callback) => callback.onGeneration?.(event, search)));
  events.on('evaluationStart', (candidate) => {
    const control = evaluation(candidate.genome, 0);
    queue.call('onEvaluationStart', (callback) => callback.onEvaluationStart?.(candidate, control));
  });
  events.on('progress', ({ id, genome, progress: { epoch } }) => {
    if (epoch === undefined) return;
    const control = evaluation(genome, epoch.epoch);
    queue.call('onEpochEnd', (callback) => callback.onEpochEnd?.({ id, genome, ...epoch }, control));
  });
  events.on('evaluation', (entry) =>
    queue.call('onEvaluationEnd', (callback) => callback.onEvaluationEnd?.(entry, search)),
  );
}

/** Its name, or that of its class, or its place. */
function nameOf(callback: Callback, index: number): string {
  const { name: className } = callback.constructor;
  return `callback ${callback.name ?? (className === 'Object' ? `number ${index + 1}` : className)}`;
}
