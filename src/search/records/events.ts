// What a search reports while it runs: `search.on('evaluation', …)`.

import type { EventEmitter } from 'eventemitter3';
import type { EvaluationProgress } from '../../evaluation/evaluator.ts';
import type { SearchConfig } from '../config/config.ts';
import type { EvaluationEntry, FinalEntry } from './journal-entry.ts';
import type { SearchSummary } from './summary.ts';

/** A run begins, or goes on. */
export interface StartEvent {
  /** Absolute path of the run folder. */
  readonly folder: string;
  readonly config: SearchConfig;
  readonly dataset: SearchSummary['dataset'];
  /** Evaluations that the journal answers; 0 for a new run. */
  readonly journalled: number;
  /** Time that the run has taken so far, over all its sessions. */
  readonly elapsedSeconds: number;
  /** What a user should know about data and journal. */
  readonly notices: readonly string[];
}

/** A network that is being trained. */
export interface Candidate {
  readonly id: string;
  /** Canonical text. */
  readonly genome: string;
  /** Of the search, if it was bred: what it was bred from. */
  readonly parents?: readonly string[];
}

/** A generation is complete. */
export interface GenerationEvent {
  /** 0 is the initial population. */
  readonly generation: number;
  /** Null if work or time ends the search. */
  readonly generations: number | null;
  /** Survivors: who the next generation descends from. Of strategies without generations, those evaluated in this one. */
  readonly population: readonly { readonly genome: string; readonly fitness: number }[];
  readonly best: { readonly genome: string; readonly fitness: number };
}

/** The events of a {@link Search}, by name. */
export interface SearchEvents {
  start: [event: StartEvent];
  /**
   * Genomes are known that are to be evaluated: all of a generation, or, of a strategy that breeds as results come in, a few
   * in addition to those that are still outstanding, many times in a generation.
   */
  generationStart: [
    event: {
      /** The one under way. */
      readonly generation: number;
      readonly genomes: readonly string[];
      /** So many of them have to be trained, and are not yet on their way. */
      readonly pending: number;
      /** What the journal holds of the others. */
      readonly answered: readonly EvaluationEntry[];
    },
  ];
  evaluationStart: [candidate: Candidate];
  progress: [event: Candidate & { readonly progress: EvaluationProgress }];
  /** An evaluation has ended and is in the journal. */
  evaluation: [entry: EvaluationEntry];
  generation: [event: GenerationEvent];
  /** After a search for several objectives: these networks of the front are trained once more, for so many epochs. */
  frontStart: [event: { readonly genomes: readonly string[]; readonly epochs: number }];
  /** With `repeats`, several are under way at a time; `repeat` counts from 1. */
  finalStart: [candidate: Candidate & { readonly repeat: number }];
  finalProgress: [event: Candidate & { readonly progress: EvaluationProgress }];
  final: [entry: FinalEntry];
  /** The configuration says more than before: the budget has decided the size of the final training. */
  config: [config: SearchConfig];
  notice: [text: string];
  end: [summary: SearchSummary];
}

/** What emits them: `Search`. */
export type SearchEmitter = EventEmitter<SearchEvents>;

export type CandidateProgress = SearchEvents['progress'][0];
export type FinalCandidate = SearchEvents['finalStart'][0];
export type FrontStartEvent = SearchEvents['frontStart'][0];
