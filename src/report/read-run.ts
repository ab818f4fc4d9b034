// A run folder → what its pictures are drawn from, whether the run is done, going on or stopped.

import { existsSync } from 'node:fs';
import type { Dataset } from '../data/set/dataset.ts';
import { isLocked } from '../files/lock.ts';
import type { SearchConfig } from '../search/config/config.ts';
import { costNamesOf } from '../search/config/objectives.ts';
import { paretoFront } from '../search/records/front.ts';
import type { GenerationRecord } from '../search/records/generation-record.ts';
import type { EvaluationEntry, FinalEntry, JournalEntry } from '../search/records/journal-entry.ts';
import { mergeEpochs } from '../search/records/merge-epochs.ts';
import { bestRepeat } from '../search/records/repeats.ts';
import type { RunFolder } from '../search/records/run-folder.ts';
import type { SearchSummary } from '../search/records/summary.ts';
import type { TestPredictions } from '../search/records/test-predictions.ts';
import { readGenerations } from '../search/run/generations.ts';
import { readJournal } from '../search/run/journal.ts';
import { packedRunData } from '../search/run/run-data.ts';
import { openRunFolder, readSummary } from '../search/run/run-folder.ts';
import { readPredictions } from '../search/run/test-predictions.ts';

/** A network that the search evaluated. */
export interface Candidate {
  /** The last of its evaluations, which is the longest. */
  readonly entry: EvaluationEntry;
  /** No other is preferable by the objectives of the search; of one objective, by that and the number of parameters. */
  readonly isOnFront: boolean;
  readonly isWinner: boolean;
}

export interface RunRecords {
  readonly folder: RunFolder;
  readonly config: SearchConfig;
  readonly status: 'done' | 'going on' | 'stopped';
  readonly entries: readonly JournalEntry[];
  /** Fittest first, those that failed last. */
  readonly candidates: readonly Candidate[];
  /** Of the winner. */
  readonly finalTraining: Pick<FinalEntry, 'history'> | undefined;
  readonly generations: readonly GenerationRecord[] | undefined;
  /** Canonical text: the model's, or the fittest so far; undefined if there is none yet. */
  readonly winner: string | undefined;
  readonly metric: string;
  readonly summary: SearchSummary | undefined;
  readonly predictions: TestPredictions | undefined;
  /** As the run packed it; undefined if it is no longer there. */
  readonly dataset: Dataset | undefined;
  /** What is known of the data even if it is gone. */
  readonly data: Pick<SearchSummary['dataset'], 'name' | 'classes' | 'shape'> | undefined;
}

/**
 * Reads a run and changes nothing in it: another process may be at work there.
 *
 * @throws {InvalidInputError} if the folder is no run, or a file of it is damaged; {JournalError} if the journal is.
 */
export async function readRun(path: string, cacheDir?: string): Promise<RunRecords> {
  const { folder, config } = openRunFolder(path);
  const summary = readSummary(folder);
  const entries = existsSync(folder.journal) ? readJournal(folder.journal) : [];
  const dataset = await packedRunData(config, cacheDir);
  const latest = latestEvaluations(entries);
  const winner = summary?.genome ?? config.genome ?? fittest(latest)?.genome;
  const costs = costNamesOf(config);
  const front = new Set(
    summary?.pareto?.map(({ genome }) => genome) ??
      paretoFront(latest, costs.length > 0 ? costs : ['parameters']).map(({ genome }) => genome),
  );
  return {
    folder,
    config,
    status: summary !== undefined ? 'done' : isLocked(folder.lock) ? 'going on' : 'stopped',
    entries,
    candidates: latest
      .toSorted((a, b) => Number(isFailed(a)) - Number(isFailed(b)) || b.fitness - a.fitness)
      .map((entry) => ({
        entry,
        isOnFront: front.has(entry.genome),
        isWinner: entry.genome === winner && !isFailed(entry),
      })),
    finalTraining: finalTrainingOf(entries),
    generations: readGenerations(folder),
    winner,
    metric: config.training.metrics[0] ?? 'accuracy',
    summary,
    predictions: readPredictions(folder),
    dataset,
    data: summary?.dataset ?? dataset,
  };
}

/** One of each genome, in the order in which they were first known. */
function latestEvaluations(entries: readonly JournalEntry[]): EvaluationEntry[] {
  const latest = new Map<string, EvaluationEntry>();
  for (const entry of entries) if (entry.type === 'evaluation') latest.set(entry.genome, entry);
  return [...latest.values()];
}

function fittest(evaluations: readonly EvaluationEntry[]): EvaluationEntry | undefined {
  return evaluations.filter((entry) => !isFailed(entry)).toSorted((a, b) => b.fitness - a.fitness)[0];
}

/** Of several the one that became the model. One in rounds that is not done has the epochs of the rounds that are. */
function finalTrainingOf(entries: readonly JournalEntry[]): Pick<FinalEntry, 'history'> | undefined {
  const finals = entries.filter((entry) => entry.type === 'final').filter((entry) => !isFailed(entry));
  const chosen = bestRepeat(finals);
  if (chosen !== undefined) return chosen;
  const last = entries.findLast((entry) => entry.type === 'round');
  if (last === undefined) return undefined;
  const rounds = entries.filter((entry) => entry.type === 'round').filter(({ id }) => id === last.id);
  return { history: mergeEpochs(rounds.flatMap(({ history }) => history)) };
}

export const isFailed = ({ failure }: Pick<EvaluationEntry, 'failure'>): boolean => failure !== undefined;
