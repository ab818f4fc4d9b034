// The Pareto front of a run: the networks that no other network dominates.

import { dominates } from '../../evolution/operators/pareto.ts';
import type { CostName } from '../config/objectives.ts';
import type { EvaluationEntry } from './journal-entry.ts';
import type { FrontMember } from './summary.ts';

/**
 * The evaluations that no other dominates by fitness and costs. Each genome counts with its best evaluation; failed
 * evaluations are left out.
 *
 * @returns fittest first; among equals, lower costs first. The order of evaluations, which depends on the workers, has no
 *   influence.
 */
export function paretoFront(
  entries: readonly EvaluationEntry[],
  costs: readonly CostName[],
): readonly EvaluationEntry[] {
  const candidates = bestOfGenomes(entries).map((entry) => ({
    entry,
    vector: [-entry.fitness, ...costs.map((name) => costOf(entry, name))],
  }));
  return candidates
    .filter(({ vector }) => !candidates.some((other) => dominates(other.vector, vector)))
    .toSorted((a, b) => firstDifference(a.vector, b.vector) || compareGenomes(a.entry, b.entry))
    .map(({ entry }) => entry);
}

export function describeMember(entry: EvaluationEntry, metric: string): FrontMember {
  const { genome, fitness, parameters, flops, latencyMs, refined, history, bestEpoch } = entry;
  return {
    genome,
    accuracy: history[bestEpoch - 1]?.validationAccuracy ?? fitness,
    ...(metric !== 'accuracy' && { fitness }),
    parameters,
    flops,
    ...(latencyMs !== undefined && { latencyMs }),
    ...(refined && { refined }),
  };
}

function bestOfGenomes(entries: readonly EvaluationEntry[]): readonly EvaluationEntry[] {
  const best = new Map<string, EvaluationEntry>();
  for (const entry of entries) {
    if (entry.failure !== undefined) continue;
    const known = best.get(entry.genome);
    if (known === undefined || entry.fitness > known.fitness) best.set(entry.genome, entry);
  }
  return [...best.values()];
}

function firstDifference(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, i) => value !== b[i]);
  return index < 0 ? 0 : (a[index] ?? 0) < (b[index] ?? 0) ? -1 : 1;
}

/** Orders by genome text, so that ties are broken the same way everywhere. */
export function compareGenomes({ genome: a }: EvaluationEntry, { genome: b }: EvaluationEntry): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Infinity for a candidate that failed or was not measured. */
export function costOf(entry: EvaluationEntry, name: CostName): number {
  if (entry.failure !== undefined) return Number.POSITIVE_INFINITY;
  return name === 'latency' ? (entry.latencyMs ?? Number.POSITIVE_INFINITY) : entry[name];
}
