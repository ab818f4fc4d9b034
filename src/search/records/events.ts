// What a search reports while it runs: `search.on('evaluation', …)`.

import type { EventEmitter } from 'eventemitter3';
import type { EvaluationProgress } from '../../evaluation/evaluator.ts';
import type { SearchConfig } from '../config/config.ts';
import type { EvaluationEntry, FinalEntry } from './journal-entry.ts';
import type { SearchSummary } from './summary.ts';

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

export interface Candidate {
  readonly id: string;
  /** Canonical text. */
  readonly genome: string;
  /** Of the search, if it was bred: what it was bred from. */
  readonly parents?: readonly string[];
}

/** One of the final trainings. */
export interface FinalCandidate extends Candidate {
  /** From 1 to `repeats` of the configuration. */
  readonly repeat: number;
}

export interface CandidateProgress extends Candidate {
  readonly progress: EvaluationProgress;
}

/**
 * Genomes are known that are to be evaluated: all of a generation, or, of a strategy that breeds as results come in, a few
 * in addition to those that are still outstanding, many times in a generation.
 */
export interface GenerationStartEvent {
  /** The one under way. */
  readonly generation: number;
  readonly genomes: readonly string[];
  /** So many of them have to be trained, and are not yet on their way. */
  readonly pending: number;
  /** What the journal holds of the others. */
  readonly answered: readonly EvaluationEntry[];
}

export interface GenerationEvent {
  /** 0 is the initial population. */
  readonly generation: number;
  /** Null if work or time ends the search. */
  readonly generations: number | null;
  /** Survivors: who the next generation descends from. Of strategies without generations, those evaluated in this one. */
  readonly population: readonly { readonly genome: string; readonly fitness: number }[];
  readonly best: { readonly genome: string; readonly fitness: number };
}

/** After a search for several objectives: networks of the front are to be trained once more. */
export interface FrontStartEvent {
  readonly genomes: readonly string[];
  readonly epochs: number;
}

export interface SearchEvents {
  start: [event: StartEvent];
  generationStart: [event: GenerationStartEvent];
  evaluationStart: [candidate: Candidate];
  progress: [event: CandidateProgress];
  /** An evaluation has ended and is in the journal. */
  evaluation: [entry: EvaluationEntry];
  generation: [event: GenerationEvent];
  /** Evaluations of these genomes follow. */
  frontStart: [event: FrontStartEvent];
  /** With `repeats`, several are under way at a time. */
  finalStart: [candidate: FinalCandidate];
  finalProgress: [event: CandidateProgress];
  final: [entry: FinalEntry];
  /** The configuration says more than before: the budget has decided the size of the final training. */
  config: [config: SearchConfig];
  notice: [text: string];
  end: [summary: SearchSummary];
}

/** What emits them: `Search`. */
export type SearchEmitter = EventEmitter<SearchEvents>;
