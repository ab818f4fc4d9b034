// Several threads for one training.

import { isBlocked, type LoweringName } from '../network/lowering/lowerings.ts';
import type { Runtime } from './runtime.ts';

/** More are not worth their waiting for each other. */
const MOST_THREADS = 4;

/**
 * The number of threads that a training may use.
 *
 * In blocked graphs threads share out the elements of results, and no sum: any number gives the same bits. In plain graphs
 * they share sums, so those get one.
 */
export function usableThreads(lowering: LoweringName, available: number): number {
  return isBlocked(lowering) ? scoringThreads(available) : 1;
}

/**
 * The number of threads for scoring a model file. Going forward alone, they share out elements of results in plain graphs, too.
 */
export function scoringThreads(available: number): number {
  return Math.max(1, Math.min(MOST_THREADS, Math.floor(available)));
}

/** The same engine with several threads inside each operator. */
export function withThreads(engine: Runtime, threads: number): Runtime {
  if (threads === 1) return engine;
  return { ...engine, createSession: (model, options) => engine.createSession(model, { threads, ...options }) };
}

/**
 * How many times as fast as one thread a training is: two fifths of a step are not shared out (Amdahl 1967; two threads
 * gain 1.4 in the median, see bench/results/2026-12-01-threads.md, but more in large networks and on other machines).
 */
export function threadSpeedUp(threads: number): number {
  return (5 * threads) / (2 * threads + 3);
}
