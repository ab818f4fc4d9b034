// Successive halving: all candidates start with little training, and only the better ones of each comparison get more.

import { InvalidInputError } from '../errors.ts';
import { checkInteger } from './settings.ts';

export interface HalvingSettings {
  /** Number of training levels, at least 1; with 1 there is no halving. */
  readonly rungs: number;
  /** One in this many compared candidates advances from each rung; above 1. Called η in the sources. */
  readonly reduction: number;
  /** The candidates that a candidate is compared with. */
  readonly cohort: Cohort;
}

/**
 * - `block`: candidates 0..size − 1, size..2·size − 1, …; each block is a generation. No candidate advances before all of
 *   its block have a result on the rung (Jamieson & Talwalkar 2016, algorithm 1).
 * - `window`: the candidate and the size − 1 before it, so that no candidate waits for later ones (after ASHA, Li et al.
 *   2020, algorithm 2; differs: comparisons depend on the order of entry, not on when results arrive).
 */
export interface Cohort {
  readonly kind: 'block' | 'window';
  readonly size: number;
}

/** The next step of a candidate. `fitness`: its highest fitness on any rung; `rung`: the last rung it was trained on. */
export type Standing =
  | { readonly kind: 'trains'; readonly rung: number }
  | { readonly kind: 'waits' }
  | { readonly kind: 'out'; readonly rung: number; readonly fitness: number };

/**
 * Decides which candidates advance. Decisions depend only on the order of entry and on results, not on when results arrive.
 *
 * Candidates with the same name have the same results and are compared as one. A candidate advances from a rung if, of the
 * n candidates of its cohort that were trained on that rung, fewer than max(1, ⌊n / reduction⌋) are ahead of it: fitter, or
 * equally fit and earlier.
 */
export class SuccessiveHalving {
  readonly #settings: HalvingSettings;
  readonly #names: string[] = [];
  /** Fitness on each rung, by name. */
  readonly #results = new Map<string, readonly number[]>();
  /** Whether a candidate advances from a rung. */
  readonly #decisions = new Map<number, boolean>();
  #isClosed = false;

  /** @throws {InvalidInputError} if a setting is impossible. */
  constructor(settings: HalvingSettings) {
    const { rungs, reduction, cohort } = settings;
    checkInteger('rungs', rungs, 1, 'with 1 all candidates get the same training');
    checkInteger('cohort size', cohort.size, 1, 'it is the number of candidates that are compared');
    if (!(reduction > 1 && Number.isFinite(reduction))) {
      throw new InvalidInputError(
        `reduction must be a number above 1, received ${String(reduction)}; with 3 a third of the candidates advances`,
        { details: { name: 'reduction', received: reduction } },
      );
    }
    this.#settings = settings;
  }

  /** @returns the new candidate's number, counted from 0. */
  enter(name: string): number {
    if (this.#isClosed) throw new Error('no candidate can enter after close()');
    return this.#names.push(name) - 1;
  }

  /** No more candidates will enter; a block that is not full is now complete. */
  close(): void {
    this.#isClosed = true;
  }

  /** @param rung  must be the next rung without a result for this name. */
  record(name: string, rung: number, fitness: number): void {
    const known = this.#results.get(name) ?? [];
    if (rung !== known.length) throw new Error(`rung ${known.length} of ${name} comes next, received rung ${rung}`);
    this.#results.set(name, [...known, fitness]);
  }

  standing(candidate: number): Standing {
    for (let rung = 0; rung < this.#settings.rungs; rung++) {
      const results = this.#resultsOf(candidate);
      if (results[rung] === undefined) return { kind: 'trains', rung };
      const goesOn = rung + 1 < this.#settings.rungs ? this.#goesOn(candidate, rung) : false;
      if (goesOn === undefined) return { kind: 'waits' };
      if (!goesOn) return { kind: 'out', rung, fitness: Math.max(...results.slice(0, rung + 1)) };
    }
    throw new Error('there are no rungs');
  }

  /** Undefined until all results of the comparison are known; final after that. */
  #goesOn(candidate: number, rung: number): boolean | undefined {
    const key = candidate * this.#settings.rungs + rung;
    const decided = this.#decisions.get(key) ?? this.#decide(candidate, rung);
    if (decided !== undefined) this.#decisions.set(key, decided);
    return decided;
  }

  #decide(candidate: number, rung: number): boolean | undefined {
    const cohort = this.#cohortOf(candidate);
    if (cohort === undefined) return undefined;
    const own = this.#resultsOf(candidate)[rung] ?? 0;
    let compared = 1;
    let ahead = 0;
    for (const other of cohort) {
      const reached = this.#reaches(other, rung);
      if (reached === undefined) return undefined;
      if (!reached) continue;
      const fitness = this.#resultsOf(other)[rung];
      if (fitness === undefined) return undefined;
      compared++;
      if (fitness > own || (fitness === own && other < candidate)) ahead++;
    }
    return ahead < Math.max(1, Math.floor(compared / this.#settings.reduction));
  }

  #reaches(candidate: number, rung: number): boolean | undefined {
    for (let below = 0; below < rung; below++) {
      if (this.#resultsOf(candidate)[below] === undefined) return undefined;
      const goesOn = this.#goesOn(candidate, below);
      if (goesOn !== true) return goesOn;
    }
    return true;
  }

  /**
   * The first candidate that a candidate is compared with. A strategy that waits for a whole generation, or at most for the
   * results of the last `size` genomes, has been told all results before it when it asks for the candidate.
   */
  cohortStart(candidate: number): number {
    const { kind, size } = this.#settings.cohort;
    return kind === 'block' ? candidate - (candidate % size) : Math.max(0, candidate - size + 1);
  }

  /** The other candidates of the cohort, each name once; undefined while some have not entered. */
  #cohortOf(candidate: number): readonly number[] | undefined {
    const { kind, size } = this.#settings.cohort;
    const from = this.cohortStart(candidate);
    const to = kind === 'block' ? from + size : candidate + 1;
    if (to > this.#names.length && !this.#isClosed) return undefined;
    const others = new Map<string | undefined, number>();
    for (let index = Math.min(to, this.#names.length) - 1; index >= from; index--) {
      others.set(this.#names[index], index);
    }
    others.delete(this.#names[candidate]);
    return [...others.values()];
  }

  #resultsOf(candidate: number): readonly number[] {
    return this.#results.get(this.#names[candidate] ?? '') ?? [];
  }
}
