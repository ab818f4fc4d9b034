// The events that a search emits while it runs: `search.on('evaluation', …)`.

import type { EventEmitter } from 'eventemitter3';
import type { EvaluationProgress } from '../../evaluation/evaluator.ts';
import type { SearchConfig } from '../config/config.ts';
import type { EvaluationEntry, FinalEntry } from './journal-entry.ts';
import type { SearchSummary } from './summary.ts';

/** A run starts, or continues. */
export interface StartEvent {
  /** Absolute path of the run folder. */
  readonly folder: string;
  readonly config: SearchConfig;
  readonly dataset: SearchSummary['dataset'];
  /** Number of evaluations in the journal; 0 for a new run. */
  readonly journalled: number;
  /** Time that the run has taken so far, over all its sessions. */
  readonly elapsedSeconds: number;
  /** Messages for the user about the data and the journal. */
  readonly notices: readonly string[];
}

/** A network that is being trained. */
export interface Candidate {
  readonly id: string;
  /** Canonical text. */
  readonly genome: string;
  /** The genomes it was bred from, if it is a bred candidate of the search. */
  readonly parents?: readonly string[];
}

/** A generation is complete. */
export interface GenerationEvent {
  /** 0 is the initial population. */
  readonly generation: number;
  /** Null if the search ends by work or time. */
  readonly generations: number | null;
  /**
   * The survivors, from which the next generation descends. For strategies without generations, those evaluated in this
   * one.
   */
  readonly population: readonly { readonly genome: string; readonly fitness: number }[];
  readonly best: { readonly genome: string; readonly fitness: number };
}

/** The events of a {@link Search}, by name. */
export interface SearchEvents {
  start: [event: StartEvent];
  /**
   * Announces genomes that will be evaluated: all of a generation, or, for a strategy that breeds as results arrive, a few
   * in addition to those still outstanding, many times per generation.
   */
  generationStart: [
    event: {
      /** The current generation. */
      readonly generation: number;
      readonly genomes: readonly string[];
      /** How many of them still have to be trained and were not announced before. */
      readonly pending: number;
      /** Journal entries of the others. */
      readonly answered: readonly EvaluationEntry[];
    },
  ];
  evaluationStart: [candidate: Candidate];
  progress: [event: Candidate & { readonly progress: EvaluationProgress }];
  /** An evaluation has ended and is in the journal. */
  evaluation: [entry: EvaluationEntry];
  generation: [event: GenerationEvent];
  /** After a search with several objectives: these networks of the front are trained again, each for so many epochs. */
  frontStart: [event: { readonly genomes: readonly string[]; readonly epochs: readonly number[] }];
  /** With `repeats` or `ensemble`, several may run concurrently; `repeat` counts from 1. */
  finalStart: [candidate: Candidate & { readonly repeat: number }];
  finalProgress: [event: Candidate & { readonly progress: EvaluationProgress }];
  final: [entry: FinalEntry];
  /** The configuration is more complete than before: the budget has decided the size of the final training. */
  config: [config: SearchConfig];
  notice: [text: string];
  end: [summary: SearchSummary];
}

/** Emits the events of a search: `Search` is one. */
export type SearchEmitter = EventEmitter<SearchEvents>;

export type CandidateProgress = SearchEvents['progress'][0];
export type FinalCandidate = SearchEvents['finalStart'][0];
export type FrontStartEvent = SearchEvents['frontStart'][0];
