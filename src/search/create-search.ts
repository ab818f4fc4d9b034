// The way in: a new search, or one to go on with.

import { basename, join } from 'node:path';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { ProcessPoolEvaluator } from '../evaluation/process-pool-evaluator.ts';
import { estimateCost } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import type { ConfigSource, SearchConfig, SearchConfigInput } from './config.ts';
import { networkInputOf } from './network-input.ts';
import { type OpenOptions, type OpenRun, reopenRun, startRun } from './open-run.ts';
import { Search } from './search.ts';
import { logForTensorBoard } from './tensorboard/search-log.ts';

export interface CreateSearchOptions extends OpenOptions {
  /** The run folder; without it the next free one in `runs/`. */
  readonly out?: string;
  /** Named in messages about the configuration. */
  readonly configSource?: ConfigSource;
  /** Trains the candidates; without it a pool of `workers` child processes. The search closes it. */
  readonly evaluator?: Evaluator;
}

export interface ResumeSearchOptions extends OpenOptions {
  readonly workers?: number;
  readonly timeoutSeconds?: number;
  readonly evaluator?: Evaluator;
}

/**
 * Checks the configuration, loads the data and makes the run folder. Nothing is trained before `run()`.
 *
 * @throws {InvalidInputError} naming the key, path or option and the cure; {DataFormatError} for a damaged file.
 */
export async function createSearch(config: SearchConfigInput, options: CreateSearchOptions = {}): Promise<Search> {
  const run = await startRun(config, options.configSource ?? 'the configuration', options.out, options);
  return searchOver(run, options.evaluator);
}

/**
 * Opens a run to go on where it stopped, or to read the summary of one that is done.
 *
 * @throws {InvalidInputError} if the folder is no run or its data has changed; {JournalError} if the journal is damaged;
 *   {RunLockedError} if a living process works on it.
 */
export async function resumeSearch(path: string, options: ResumeSearchOptions = {}): Promise<Search> {
  const { workers, timeoutSeconds } = options;
  const changes: Partial<Pick<SearchConfig, 'workers' | 'timeoutSeconds'>> = {
    ...(workers !== undefined && { workers }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
  return searchOver(await reopenRun(path, changes, options), options.evaluator);
}

function searchOver(run: OpenRun, evaluator: Evaluator | undefined): Search {
  const { workers, timeoutSeconds, tensorboard, logsDir } = run.config;
  const search = new Search(run, evaluator ?? new ProcessPoolEvaluator({ workers, timeoutMs: timeoutSeconds * 1000 }));
  if (tensorboard) {
    const { folder, config, dataset } = run;
    const problem = networkInputOf(config, dataset);
    logForTensorBoard(search, {
      // Runs that share a folder each have a part of it.
      folder: logsDir === undefined ? folder.tensorboard : join(logsDir, basename(folder.path)),
      config,
      costOf: (genome) => estimateCost(parseGenome(genome), problem),
    });
  }
  return search;
}
