// The way in: a new search, or one to go on with.

import { basename, join } from 'node:path';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { measureSpeed, type TrainingSpeed } from '../evaluation/measure-speed.ts';
import { ProcessPoolEvaluator } from '../evaluation/node/process-pool-evaluator.ts';
import { estimateCost } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import { applyBudget, type MachineSpeed } from './budget/apply-budget.ts';
import { limitCandidateTime } from './budget/candidate-time.ts';
import { withTypicalWork } from './budget/equal-compute.ts';
import type { ConfigSource, SearchConfig, SearchConfigInput } from './config/config.ts';
import { dataSizeOf } from './config/network-input.ts';
import { openBalance } from './config/presets.ts';
import { SEARCH_SHARE } from './config/undecided-keys.ts';
import type { OpenRun } from './records/open-run.ts';
import { recordGenerations } from './run/generations.ts';
import { resolveConfig } from './run/resolve-config.ts';
import { Search } from './search.ts';
import { checkImported, importFitness, readFitnessFile } from './shared/import-fitness.ts';
import { shareResults } from './shared/shared-results.ts';
import { type Decide, type OpenOptions, reopenRun, startRun } from './start-run.ts';
import { logForTensorBoard } from './tensorboard/search-log.ts';

/** How {@link createSearch} opens a run; the configuration says what it does. */
export interface CreateSearchOptions extends OpenOptions {
  /** The run folder; without it the next free one in `runs/`. */
  readonly out?: string;
  /**
   * Named in messages about the configuration.
   *
   * @internal
   */
  readonly configSource?: ConfigSource;
  /** Trains the candidates; without it a pool of `workers` child processes. The search closes it. */
  readonly evaluator?: Evaluator;
  /**
   * Puts something between the search and its evaluator; the search closes what it gives.
   *
   * @internal
   */
  readonly wrapEvaluator?: (evaluator: Evaluator) => Evaluator;
  /**
   * A file of genomes and their fitness, `{"128-64": 0.98}`, as the Python package keeps it. Its values are taken as measured
   * under this very configuration: they have an effect on results. They go into the journal.
   */
  readonly importFitness?: string;
}

/** What may change when a run goes on: nothing that its results depend on. */
export interface ResumeSearchOptions extends OpenOptions {
  readonly workers?: number;
  readonly timeoutSeconds?: number;
  /** Where the run's data lies now, a name or a path, if it was moved; the run keeps it as its `dataset.source`. */
  readonly data?: string;
  /** Trains the candidates; without it a pool of child processes. The search closes it. */
  readonly evaluator?: Evaluator;
  /**
   * Puts something between the search and its evaluator; the search closes what it gives.
   *
   * @internal
   */
  readonly wrapEvaluator?: (evaluator: Evaluator) => Evaluator;
}

/**
 * Checks the configuration, loads the data and makes the run folder. Nothing is trained before `run()`.
 *
 * @throws {InvalidInputError} naming the key, path or option and the cure; {DataFormatError} for a damaged file.
 */
export async function createSearch(config: SearchConfigInput, options: CreateSearchOptions = {}): Promise<Search> {
  const { configSource = 'the configuration', out, evaluator, wrapEvaluator } = options;
  const { importFitness: path, startedAt = performance.now() } = options;
  const imported = path === undefined ? undefined : readFitnessFile(path);
  const checked = resolveConfig(config, configSource);
  const given = { ...checked, balance: checked.balance ?? openBalance(config) };
  // Fitness from elsewhere is for a search.
  const searches = imported !== undefined && given.searchShare === 'auto';
  const resolved = searches ? { ...given, searchShare: SEARCH_SHARE } : given;
  const trainer = evaluator ?? poolFor(resolved);
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  const decide: Decide = async (given, dataset) => {
    const machine = speedOf(trainer);
    const data = dataSizeOf(given, dataset);
    const planned = await limitCandidateTime(given, data, machine, (config) =>
      applyBudget(config, data, machine, elapsedSeconds),
    );
    const decided = withTypicalWork(planned, data);
    if (path !== undefined && imported !== undefined) checkImported(path, imported, data.problem);
    return decided;
  };
  try {
    const run = await startRun(resolved, out, { ...options, startedAt }, decide);
    return closingOnFailure(run, () =>
      searchOver(imported === undefined ? run : importFitness(run, imported), trainer, wrapEvaluator),
    );
  } catch (error) {
    if (evaluator === undefined) await trainer.close();
    throw error;
  }
}

/**
 * Opens a run to go on where it stopped, or to read the summary of one that is done.
 *
 * @throws {InvalidInputError} if the folder is no run or its data has changed; {JournalError} if the journal is damaged;
 *   {RunLockedError} if a living process works on it.
 */
export async function resumeSearch(path: string, options: ResumeSearchOptions = {}): Promise<Search> {
  const { workers, timeoutSeconds, data } = options;
  const changes = {
    ...(data !== undefined && { data }),
    ...(workers !== undefined && { workers }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
  const run = await reopenRun(path, changes, options);
  return closingOnFailure(run, () => searchOver(run, options.evaluator ?? poolFor(run.config), options.wrapEvaluator));
}

/** The child processes that a configuration asks for. */
function poolFor({ workers, timeoutSeconds }: SearchConfig): Evaluator {
  return new ProcessPoolEvaluator({ workers, timeoutMs: timeoutSeconds * 1000 });
}

function speedOf(evaluator: Evaluator): MachineSpeed {
  const here = async (lowering: LoweringName) => measureSpeed(await loadRuntime(), lowering);
  let measured: Promise<TrainingSpeed> | undefined;
  return {
    workers: evaluator.concurrency,
    measureSpeed(lowering) {
      measured ??= evaluator.measureSpeed?.(lowering) ?? here(lowering);
      return measured;
    },
  };
}

function searchOver(
  run: OpenRun,
  evaluator: Evaluator,
  wrap: (evaluator: Evaluator) => Evaluator = (inner) => inner,
): Search {
  const { tensorboard, logsDir } = run.config;
  // Wrapped once more: callbacks have their say in what was recorded, and what they stop is not recorded.
  const shared = shareResults(evaluator, run.config, (notice) => search.emit('notice', notice));
  const search = new Search(run, wrap(shared));
  recordGenerations(search, run.folder);
  if (tensorboard) {
    const { folder, config, problem } = run;
    logForTensorBoard(search, {
      // Runs that share a folder each have a part of it.
      folder: logsDir === undefined ? folder.tensorboard : join(logsDir, basename(folder.path)),
      config,
      costOf: (genome) => estimateCost(parseGenome(genome), problem),
    });
  }
  return search;
}

function closingOnFailure(run: OpenRun, open: () => Search): Search {
  try {
    return open();
  } catch (error) {
    run.close();
    throw error;
  }
}
