// What a line of the journal says.

import type { EpochRecord } from '../../engine/training/train.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';

/** One finished evaluation. */
export interface EvaluationEntry extends EvaluationOutcome {
  readonly type: 'evaluation';
  /** Hash of all that decides the outcome; names the checkpoint. */
  readonly id: string;
  readonly genome: string;
  /** Genomes that it was bred from; none of those that the search began with. */
  readonly parents?: readonly string[];
  readonly parameters: number;
  /** Forward, per image. */
  readonly flops: number;
  readonly seconds: number;
  /** Of this training and its scoring, in FLOPs; see `candidateWork`. */
  readonly work?: number;
  /** Time that the run has taken so far, over all its sessions. */
  readonly elapsedSeconds: number;
  /** The fitness is from a file that the user vouches for; nothing more is known of the training. */
  readonly imported?: true;
  /** After the search: a network of the front that was trained once more, for longer. */
  readonly refined?: true;
}

/** The final training is done; its weights are in the checkpoint of this id. */
export interface FinalEntry extends Omit<EvaluationEntry, 'type' | 'fitness'> {
  readonly type: 'final';
}

/** A line of the journal. */
export type JournalEntry =
  | EvaluationEntry
  | FinalEntry
  /** A round of a final training is done: its states are in files of these ids. */
  | {
      readonly type: 'round';
      /** Of the final training. */
      readonly id: string;
      readonly from: number;
      readonly to: number;
      /** Of each replica. */
      readonly states: readonly string[];
      /** Shares of epochs, of all replicas. */
      readonly history: readonly EpochRecord[];
      readonly seconds: number;
      readonly elapsedSeconds: number;
    }
  /** How long a final training is to be, as decided at a step. */
  | {
      readonly type: 'plan';
      /** Of the final training. */
      readonly id: string;
      /** The training apart from its length. */
      readonly of: string;
      readonly at: number;
      readonly total: number;
      readonly elapsedSeconds: number;
    };

export type RoundEntry = Extract<JournalEntry, { readonly type: 'round' }>;
export type PlanEntry = Extract<JournalEntry, { readonly type: 'plan' }>;
