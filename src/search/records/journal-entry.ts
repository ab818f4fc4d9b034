// The entries of the journal.

import type { EpochRecord } from '../../engine/training/train.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';

/** One finished evaluation. */
export interface EvaluationEntry extends EvaluationOutcome {
  readonly type: 'evaluation';
  /** Hash of everything that determines the outcome; names the checkpoint. */
  readonly id: string;
  readonly genome: string;
  /** Genomes that it was bred from; absent for the initial genomes of the search. */
  readonly parents?: readonly string[];
  readonly parameters: number;
  /** Forward FLOPs per image. */
  readonly flops: number;
  readonly seconds: number;
  /** Work of this training and its scoring, in FLOPs; see `candidateWork`. */
  readonly work?: number;
  /** Time that the run has taken so far, over all its sessions. */
  readonly elapsedSeconds: number;
  /** The fitness was imported from a file of the user; nothing else is known about the training. */
  readonly imported?: true;
  /** A network of the front that was trained again after the search, for longer. */
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
      /** Id of the final training. */
      readonly id: string;
      readonly from: number;
      readonly to: number;
      /** Ids of the replicas' states. */
      readonly states: readonly string[];
      /** The replicas' shares of the epochs. */
      readonly history: readonly EpochRecord[];
      readonly seconds: number;
      readonly elapsedSeconds: number;
    }
  /** The length of a final training, as decided at a step. */
  | {
      readonly type: 'plan';
      /** Id of the final training. */
      readonly id: string;
      /** Id of the training without its length. */
      readonly of: string;
      readonly at: number;
      readonly total: number;
      readonly elapsedSeconds: number;
    }
  /** How much work the search has under a time budget, as decided when the number of its workers changed. */
  | {
      readonly type: 'workers';
      readonly id: 'search';
      /** Number of distinct genomes admitted before. */
      readonly admitted: number;
      /** Trainings at the same time. */
      readonly workers: number;
      /** The search ends before its work would exceed this, in FLOPs. */
      readonly searchWork: number;
      readonly elapsedSeconds: number;
    };

export type RoundEntry = Extract<JournalEntry, { readonly type: 'round' }>;
export type WorkersEntry = Extract<JournalEntry, { readonly type: 'workers' }>;
export type PlanEntry = Extract<JournalEntry, { readonly type: 'plan' }>;
