// Candidates that are hopeless by their learning curve end early: the median stopping rule.

import { type EpochRecord, recordedMetric } from '../../engine/training/train.ts';
import { median } from '../../text/figures.ts';
import { taskWork } from '../budget/rung-sizes.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/data-size.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { QueuedCandidate } from './candidate-queue.ts';

/** The validation results of a training, epoch by epoch. */
export interface Curve {
  /** Of the training as it was planned; the values may end before. */
  readonly epochs: number;
  readonly values: readonly number[];
}

/** With fewer curves, their median says little. */
const LEAST_CURVES = 5;
/** Of epochs that are computed from shares. */
const ROUNDING = 1e-9;

/**
 * What the best value of a candidate must have come to after each of its epochs but the last for it to go on: the median,
 * over the curves that reached the same share of their own training, of the mean of the values up to there.
 *
 * @returns rounded down to four digits; 0 where fewer than five curves tell; nothing at all if that is so everywhere.
 * @see Golovin et al. 2017, Google Vizier, section 3.2.2. Differs: where trainings differ in length, the same share of
 *   them is compared; trials that were stopped count as far as they went.
 */
export function medianStopBars(curves: readonly Curve[], epochs: number): readonly number[] {
  const bars = Array.from({ length: Math.ceil(epochs) - 1 }, (_, index) => {
    const means = curves.flatMap((curve) => meanUpTo(curve, ((index + 1) * curve.epochs) / epochs) ?? []);
    return means.length < LEAST_CURVES ? 0 : Math.floor(10_000 * median(means)) / 10_000;
  });
  return bars.some((bar) => bar > 0) ? bars : [];
}

/**
 * Applies the rule in a search. A candidate is measured against those alone whose results are known when it enters whatever
 * the timing of workers, and what they saved is given back at that moment: so the search stays the same.
 */
export class MedianStopping {
  readonly #config: SearchConfig;
  readonly #data: DataSize;
  readonly #known: ReadonlyMap<string, EvaluationEntry>;
  readonly #learned = new Set<string>();
  /** By rung. */
  readonly #curves = new Map<number, Curve[]>();

  /** @param known  results by the tasks' ids. */
  constructor(config: SearchConfig, data: DataSize, known: ReadonlyMap<string, EvaluationEntry>) {
    this.#config = config;
    this.#data = data;
    this.#known = known;
  }

  /**
   * Takes note of candidates that have been told; of those that it knows, nothing more.
   *
   * @returns the work that stopping the new ones has saved.
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

/** Mean of the values up to an epoch, or a part of one, if the training came that far and has any by then. */
function meanUpTo({ epochs, values }: Curve, upTo: number): number | undefined {
  if (Math.min(epochs, values.length) < upTo - ROUNDING) return undefined;
  const seen = values.slice(0, Math.floor(upTo + ROUNDING));
  return seen.length === 0 ? undefined : seen.reduce((sum, value) => sum + value, 0) / seen.length;
}
