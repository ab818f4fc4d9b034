// What a user may have called while a search runs. Callbacks run in this process, one at a time, in the order of events.

import type { EventEmitter } from 'node:events';
import type { EpochRecord } from '../../engine/training/train.ts';
import type { Candidate, CandidateProgress, GenerationEvent, SearchEvents, StartEvent } from '../records/events.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import type { SearchSummary } from '../records/summary.ts';

export interface SearchControl {
  /** Ends the search: `run()` gives the best candidate so far, without a final training. */
  stopSearch(): void;
}

export interface EvaluationControl extends SearchControl {
  /**
   * Ends this training. Its fitness and its weights are the best of the epochs up to the one this was called in (of a final
   * training: the last), and its journal entry says `stopped`; before the end of its first epoch, it counts as failed. A
   * final training that another run had done already (`checkpointDir`) is taken as a whole; one that several replicas share,
   * or that keeps a deadline, goes on.
   */
  stopEvaluation(): void;
}

/** What is trained, and what for. */
export interface TrainingEvent extends Candidate {
  /** On all training images, without validation; else a candidate of the search. */
  readonly final: boolean;
  /** Of a final training: from 1 to `repeats`. */
  readonly repeat?: number;
}

export interface EpochEvent extends TrainingEvent, EpochRecord {}

export interface EvaluationEndEvent extends TrainingEvent, Omit<FinalEntry, 'type' | 'id' | 'genome'> {
  /** Not of a final training. */
  readonly fitness?: number;
}

export interface SearchEndEvent {
  /** Absolute path of the run folder. */
  readonly folder: string;
  /** Undefined if a callback stopped the search. */
  readonly summary: SearchSummary | undefined;
}

/**
 * All methods are optional and may be async: the next training does not begin before they are done. Only epochs go on
 * while `onEpochEnd` is at work. Final trainings are told as candidates are, with `final: true`; what the journal of a
 * resumed run answers is not told again. What a callback throws is reported as a notice and as a warning of the
 * process, and changes nothing else.
 */
export interface Callback {
  /** For messages. */
  readonly name?: string;
  onSearchStart?(start: StartEvent, control: SearchControl): void | Promise<void>;
  /** A generation is complete; 0 is the initial population. */
  onGeneration?(generation: GenerationEvent, control: SearchControl): void | Promise<void>;
  onEvaluationStart?(training: TrainingEvent, control: EvaluationControl): void | Promise<void>;
  onEpochEnd?(epoch: EpochEvent, control: EvaluationControl): void | Promise<void>;
  /** The evaluation is in the journal. */
  onEvaluationEnd?(evaluation: EvaluationEndEvent, control: SearchControl): void | Promise<void>;
  /** Not called if the search fails or is interrupted from outside. */
  onSearchEnd?(end: SearchEndEvent): void | Promise<void>;
}

/** Stops evaluations. */
export interface EvaluationStopper {
  /**
   * @param id          of the task.
   * @param afterEpoch  the last epoch that counts; 0 for none.
   */
  stop(id: string, afterEpoch: number): void;
}

export const CALLBACK_METHODS = [
  'onSearchStart',
  'onGeneration',
  'onEvaluationStart',
  'onEpochEnd',
  'onEvaluationEnd',
  'onSearchEnd',
] as const satisfies readonly Exclude<keyof Callback, 'name'>[];

type Method = (typeof CALLBACK_METHODS)[number];

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

  /** Whether any callback has the method. */
  hears(method: Method): boolean {
    return this.#callbacks.some((callback) => callback[method] !== undefined);
  }

  /** Calls a method of each callback that has it, when all that was called before is done. */
  call(method: Method, invoke: (callback: Callback) => void | Promise<void> | undefined): void {
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
  const evaluation = (id: string, epoch: number): EvaluationControl => ({
    stopSearch,
    stopEvaluation: () => stop(id, epoch),
  });
  const begin = (training: TrainingEvent): void => {
    const control = evaluation(training.id, 0);
    queue.call('onEvaluationStart', (callback) => callback.onEvaluationStart?.(training, control));
  };
  const endEpoch = (training: TrainingEvent, { progress: { epoch } }: CandidateProgress): void => {
    if (epoch === undefined) return;
    const control = evaluation(training.id, epoch.epoch);
    queue.call('onEpochEnd', (callback) => callback.onEpochEnd?.({ ...training, ...epoch }, control));
  };
  const end = (training: TrainingEvent, { type: _, ...entry }: EvaluationEntry | FinalEntry): void =>
    queue.call('onEvaluationEnd', (callback) => callback.onEvaluationEnd?.({ ...entry, ...training }, search));

  events.on('start', (event) => queue.call('onSearchStart', (callback) => callback.onSearchStart?.(event, search)));
  events.on('generation', (event) => queue.call('onGeneration', (callback) => callback.onGeneration?.(event, search)));
  const candidate = ({ id, genome }: Candidate): TrainingEvent => ({ id, genome, final: false });
  events.on('evaluationStart', (event) => begin(candidate(event)));
  events.on('progress', (event) => endEpoch(candidate(event), event));
  events.on('evaluation', (entry) => end(candidate(entry), entry));
  const repeats = new Map<string, number>();
  const final = ({ id, genome }: Candidate): TrainingEvent => ({
    id,
    genome,
    final: true,
    repeat: repeats.get(id) ?? 1,
  });
  events.on('finalStart', (event) => {
    repeats.set(event.id, event.repeat);
    begin(final(event));
  });
  events.on('finalProgress', (event) => endEpoch(final(event), event));
  events.on('final', (entry) => end(final(entry), entry));
}

/** Its name, or that of its class, or its place. */
function nameOf(callback: Callback, index: number): string {
  const { name: className } = callback.constructor;
  return `callback ${callback.name ?? (className === 'Object' ? `number ${index + 1}` : className)}`;
}
