// What a user may have called while a search runs. Callbacks run in this process, one at a time, in the order of events.

import type { EpochRecord } from '../../engine/training/train.ts';
import type { Candidate, GenerationEvent, StartEvent } from '../records/events.ts';
import type { FinalEntry } from '../records/journal-entry.ts';
import type { SearchSummary } from '../records/summary.ts';

/** What a callback can do with the search. */
export interface SearchControl {
  /** Ends the search: `run()` gives the best candidate so far, without a final training. */
  stopSearch(): void;
}

/** What a callback can do while a network is trained. */
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

/** An epoch of a training is complete. */
export interface EpochEvent extends TrainingEvent, EpochRecord {}

/** A training has ended. */
export interface EvaluationEndEvent extends TrainingEvent, Omit<FinalEntry, 'type' | 'id' | 'genome'> {
  /** Not of a final training. */
  readonly fitness?: number;
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
  /** The data is loaded and the run folder made; nothing is trained yet. */
  onSearchStart?(start: StartEvent, control: SearchControl): void | Promise<void>;
  /** A generation is complete; 0 is the initial population. */
  onGeneration?(generation: GenerationEvent, control: SearchControl): void | Promise<void>;
  /** A training begins. */
  onEvaluationStart?(training: TrainingEvent, control: EvaluationControl): void | Promise<void>;
  /** An epoch of a training is complete. */
  onEpochEnd?(epoch: EpochEvent, control: EvaluationControl): void | Promise<void>;
  /** The evaluation is in the journal. */
  onEvaluationEnd?(evaluation: EvaluationEndEvent, control: SearchControl): void | Promise<void>;
  /**
   * The run is done. Not called if the search fails or is interrupted from outside.
   *
   * @param end  the absolute path of the run folder; no summary if a callback stopped the search.
   */
  onSearchEnd?(end: { readonly folder: string; readonly summary: SearchSummary | undefined }): void | Promise<void>;
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

export type Method = (typeof CALLBACK_METHODS)[number];
