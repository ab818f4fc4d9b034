// Successive halving: all begin with little training, and only the better ones of those who are compared get more.

import { InvalidInputError } from '../errors.ts';
import { checkInteger } from './settings.ts';

export interface HalvingSettings {
  /** Levels of training, at least 1; with 1 nothing is halved. */
  readonly rungs: number;
  /** Of those who are compared on a rung, one in so many goes on to the next; above 1. The sources' η. */
  readonly reduction: number;
  /** With whom an candidate is compared. */
  readonly cohort: Cohort;
}

/**
 * - `block`: candidates 0..size − 1, size..2·size − 1, …: a generation each. Nobody goes on before all of the block have their
 *   result of the rung (Jamieson & Talwalkar 2016, algorithm 1).
 * - `window`: the candidate and the size − 1 before it, so that nobody waits for those who come later (after ASHA, Li et al. 2020,
 *   algorithm 2; differs: who is compared depends on the order of entry, not on the time at which results come).
 */
export interface Cohort {
  readonly kind: 'block' | 'window';
  readonly size: number;
}

/** What comes next for an candidate. `fitness`: the highest that it had on any rung; `rung`: the last that it trained on. */
export type Standing =
  | { readonly kind: 'trains'; readonly rung: number }
  | { readonly kind: 'waits' }
  | { readonly kind: 'out'; readonly rung: number; readonly fitness: number };

/**
 * Decides who goes on. It depends on the order of entry and on results alone: not on the time at which they come.
 *
 * Entrants of the same name have the same results and are compared as one. An candidate goes on from a rung if fewer than max(1, ⌊n / reduction⌋) of the n of its
 * cohort that have trained on that rung are ahead of it: fitter, or as fit and earlier.
 */
export class SuccessiveHalving {
  readonly #settings: HalvingSettings;
  readonly #names: string[] = [];
  /** By name: fitness on each rung. */
  readonly #results = new Map<string, readonly number[]>();
  /** Whether an candidate goes on from a rung. */
  readonly #decisions = new Map<number, boolean>();
  #isClosed = false;

  /** @throws {InvalidInputError} if a setting is impossible. */
  constructor(settings: HalvingSettings) {
    const { rungs, reduction, cohort } = settings;
    checkInteger('rungs', rungs, 1, 'with 1 all candidates are trained alike');
    checkInteger('cohort size', cohort.size, 1, 'it is the number of candidates that are compared');
    if (!(reduction > 1 && Number.isFinite(reduction))) {
      throw new InvalidInputError(
        `reduction must be a number above 1, received ${String(reduction)}; with 3 a third of the candidates goes on`,
        { details: { name: 'reduction', received: reduction } },
      );
    }
    this.#settings = settings;
  }

  /** @returns the new candidate's number; they count from 0. */
  enter(name: string): number {
    if (this.#isClosed) throw new Error('nobody enters after the close');
    return this.#names.push(name) - 1;
  }

  /** Nobody enters any more: a block that is not full is complete. */
  close(): void {
    this.#isClosed = true;
  }

  /** @param rung  the one after those that are known of this name. */
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

  /** Undefined until all are known who are compared; then it stays as it is. */
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
   * The first that an candidate is compared with. A strategy that waits for a generation, or at most for the results of the
   * last `size` genomes, has been told of all before it when it asks for the candidate.
   */
  cohortStart(candidate: number): number {
    const { kind, size } = this.#settings.cohort;
    return kind === 'block' ? candidate - (candidate % size) : Math.max(0, candidate - size + 1);
  }

  /** The others, each name once; undefined while those are missing who enter later. */
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
