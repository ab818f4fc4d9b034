// Reads the data for a report from a run folder, whether the run is done, in progress or stopped.

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
import { describeDataset, type SearchSummary } from '../search/records/summary.ts';
import type { TestPredictions } from '../search/records/test-predictions.ts';
import { readGenerations } from '../search/run/generations.ts';
import { readJournal } from '../search/run/journal.ts';
import { packedRunData } from '../search/run/run-data.ts';
import { openRunFolder, readSummary } from '../search/run/run-folder.ts';
import { readPredictions } from '../search/run/test-predictions.ts';
import { readSuspects, type SuspectRecords } from '../search/suspects/suspect-records.ts';

/** A network that the search evaluated. */
export interface Candidate {
  /** Its last evaluation, which has the longest training. */
  readonly entry: EvaluationEntry;
  /** Whether it is on the Pareto front of the objectives; with one objective, of fitness and number of parameters. */
  readonly isOnFront: boolean;
  readonly isWinner: boolean;
}

export interface RunRecords {
  readonly folder: RunFolder;
  readonly config: SearchConfig;
  readonly status: 'done' | 'going on' | 'stopped';
  readonly entries: readonly JournalEntry[];
  /** Fittest first, failed ones last. */
  readonly candidates: readonly Candidate[];
  /** Final training of the winner. */
  readonly finalTraining: Pick<FinalEntry, 'history'> | undefined;
  readonly generations: readonly GenerationRecord[] | undefined;
  /** Canonical text of the model's genome, or of the fittest so far; undefined if there is none yet. */
  readonly winner: string | undefined;
  readonly metric: string;
  readonly summary: SearchSummary | undefined;
  readonly predictions: TestPredictions | undefined;
  /** Undefined if nobody has looked for wrong labels. */
  readonly suspects: SuspectRecords | undefined;
  /** The packed data of the run; undefined if it is no longer in the cache. */
  readonly dataset: Dataset | undefined;
  /** Facts about the data that are known even if the data is missing. */
  readonly data: SearchSummary['dataset'] | undefined;
}

/**
 * Reads a run without changing it, because another process may be working on it.
 *
 * @throws {InvalidInputError} if the folder is not a run, or a file is damaged; {JournalError} if the journal is damaged.
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
    suspects: readSuspects(folder),
    dataset,
    data: summary?.dataset ?? (dataset && describeDataset(dataset)),
  };
}

/** The latest evaluation of each genome, in the order in which the genomes first appeared. */
function latestEvaluations(entries: readonly JournalEntry[]): EvaluationEntry[] {
  const latest = new Map<string, EvaluationEntry>();
  for (const entry of entries) if (entry.type === 'evaluation') latest.set(entry.genome, entry);
  return [...latest.values()];
}

function fittest(evaluations: readonly EvaluationEntry[]): EvaluationEntry | undefined {
  return evaluations.filter((entry) => !isFailed(entry)).toSorted((a, b) => b.fitness - a.fitness)[0];
}

/** The final training that became the model. For an unfinished training in rounds, the epochs of its finished rounds. */
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
