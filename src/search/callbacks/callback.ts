// User-defined functions that are called while a search runs. They run in this process, one at a time, in the order of
// events.

import type { EpochRecord } from '../../engine/training/train.ts';
import type { Candidate, GenerationEvent, StartEvent } from '../records/events.ts';
import type { FinalEntry } from '../records/journal-entry.ts';
import type { SearchSummary } from '../records/summary.ts';

/** What a callback can do with the search. */
export interface SearchControl {
  /** Ends the search: `run()` returns the best candidate so far, without a final training. */
  stopSearch(): void;
}

/** What a callback can do while a network is trained. */
export interface EvaluationControl extends SearchControl {
  /**
   * Ends this training. Its fitness and weights are the best of the epochs up to the one in which this was called (for a
   * final training: those of the last epoch), and its journal entry says `stopped`. A training stopped before the end of
   * its first epoch counts as failed. A final training that another run has already done (`checkpointDir`) is used as a
   * whole. A final training that several replicas share, or that has a deadline, continues.
   */
  stopEvaluation(): void;
}

/** What is trained, and for which purpose. */
export interface TrainingEvent extends Candidate {
  /** True for a final training, on all training and validation images; false for a candidate of the search. */
  readonly final: boolean;
  /** Only for a final training: from 1 to `repeats` or `ensemble`. */
  readonly repeat?: number;
}

/** An epoch of a training is complete. */
export interface EpochEvent extends TrainingEvent, EpochRecord {}

/** A training has ended. */
export interface EvaluationEndEvent extends TrainingEvent, Omit<FinalEntry, 'type' | 'id' | 'genome'> {
  /** Absent for a final training. */
  readonly fitness?: number;
}

/**
 * All methods are optional and may be async: the next training starts only after they have finished. A training does not
 * wait for `onEpochEnd` between its epochs. Final trainings call the same methods as candidates, with `final: true`.
 * Evaluations that a resumed run takes from its journal call nothing. If a callback throws, the error is reported as a
 * notice and as a process warning, and changes nothing else.
 */
export interface Callback {
  /** Shown in messages. */
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
   * @param id          id of the task.
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
