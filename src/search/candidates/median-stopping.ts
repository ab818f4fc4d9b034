// The median stopping rule: ends candidates early whose learning curve is hopeless.

import { median } from '../../arithmetic/averages.ts';
import { type EpochRecord, recordedMetric } from '../../engine/training/train.ts';
import { taskWork } from '../budget/rung-sizes.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { QueuedCandidate } from './candidate-queue.ts';

/** The validation results of a training after each epoch. */
export interface Curve {
  /** Planned epochs; there may be fewer values. */
  readonly epochs: number;
  readonly values: readonly number[];
}

/** With fewer curves, their median means little. */
const LEAST_CURVES = 5;
/** Tolerance for epochs that are computed from shares. */
const ROUNDING = 1e-9;

/**
 * The value that a candidate's best result must reach after each epoch but the last to continue. It is the median, over
 * the curves that reached the same share of their own training, of the mean of the values up to there.
 *
 * @returns one bar per epoch but the last, rounded down to four digits; 0 where there are fewer than five curves; empty if
 *   all bars are 0.
 * @see Golovin et al. 2017, Google Vizier, section 3.2.2. Differs: trainings of different length are compared at the same
 *   share of their length; stopped trials count as far as they went.
 */
export function medianStopBars(curves: readonly Curve[], epochs: number): readonly number[] {
  const bars = Array.from({ length: Math.ceil(epochs) - 1 }, (_, index) => {
    const means = curves.flatMap((curve) => meanUpTo(curve, ((index + 1) * curve.epochs) / epochs) ?? []);
    return means.length < LEAST_CURVES ? 0 : Math.floor(10_000 * median(means)) / 10_000;
  });
  return bars.some((bar) => bar > 0) ? bars : [];
}

/**
 * Applies the rule in a search. A candidate is measured only against candidates whose results are certain to be known when
 * it enters, and the work they saved is refunded at that moment. The search therefore does not depend on worker timing.
 */
export class MedianStopping {
  readonly #config: SearchConfig;
  readonly #data: DataSize;
  readonly #known: ReadonlyMap<string, EvaluationEntry>;
  readonly #learned = new Set<string>();
  /** Learning curves by rung. */
  readonly #curves = new Map<number, Curve[]>();

  /** @param known  results by task id. */
  constructor(config: SearchConfig, data: DataSize, known: ReadonlyMap<string, EvaluationEntry>) {
    this.#config = config;
    this.#data = data;
    this.#known = known;
  }

  /**
   * Records the curves of candidates that have been told. Candidates already recorded are ignored.
   *
   * @returns the work saved by stopping the new ones.
   */
  learnFrom(candidates: readonly QueuedCandidate[]): number {
    if (this.#config.earlyStopCandidates === 'none') return 0;
    let saved = 0;
    for (const { name, tasks } of candidates) {
      if (this.#learned.has(name)) continue;
      this.#learned.add(name);
      for (const [rung, identified] of tasks.entries()) {
        const entry = this.#known.get(identified.id);
        if (entry === undefined) break;
        this.#curvesOn(rung).push({ epochs: identified.task.training.epochs, values: this.#valuesOf(entry.history) });
        if (entry.pruned)
          saved +=
            taskWork(identified, this.#config, this.#data) - taskWork(identified, this.#config, this.#data, entry);
      }
    }
    return saved;
  }

  stopBelow(rung: number, epochs: number): readonly number[] {
    return medianStopBars(this.#curvesOn(rung), epochs);
  }

  #curvesOn(rung: number): Curve[] {
    const curves = this.#curves.get(rung) ?? [];
    this.#curves.set(rung, curves);
    return curves;
  }

  #valuesOf(history: readonly EpochRecord[]): readonly number[] {
    const metric = this.#config.training.metrics[0] ?? 'accuracy';
    return history.map((record) => recordedMetric(record, metric));
  }
}

/**
 * Mean of the values up to a (possibly fractional) epoch; undefined if the training did not get there or has no value yet.
 */
function meanUpTo({ epochs, values }: Curve, upTo: number): number | undefined {
  if (Math.min(epochs, values.length) < upTo - ROUNDING) return undefined;
  const seen = values.slice(0, Math.floor(upTo + ROUNDING));
  return seen.length === 0 ? undefined : seen.reduce((sum, value) => sum + value, 0) / seen.length;
}
