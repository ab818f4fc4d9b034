// The way in: a new search, or one to go on with.

import { basename, join } from 'node:path';
import { type Device, deviceOf } from '../engine/device.ts';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { measureSpeed, type TrainingSpeed } from '../evaluation/measure-speed.ts';
import { estimateCost } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import { applyBudget, type MachineSpeed, workWithin } from './budget/apply-budget.ts';
import { limitCandidateTime } from './budget/candidate-time.ts';
import { withTypicalWork } from './budget/equal-compute.ts';
import { withSplits } from './budget/fitness-splits.ts';
import { hasSplits } from './check-config.ts';
import type { ConfigSource, RunConfig, SearchConfigInput } from './config/config.ts';
import { dataSizeOf } from './config/network-input.ts';
import { openBalance } from './config/presets.ts';
import { SEARCH_SHARE } from './config/undecided-keys.ts';
import { openTrainer, type Trainer } from './open-trainer.ts';
import type { OpenRun } from './records/open-run.ts';
import { recordGenerations } from './run/generations.ts';
import { resolveConfig } from './run/resolve-config.ts';
import { Search } from './search.ts';
import { settleDevice } from './settle-engine.ts';
import { checkImported, importFitness, readFitnessFile } from './shared/import-fitness.ts';
import { shareResults } from './shared/shared-results.ts';
import { type OpenOptions, type Planner, reopenRun, startRun } from './start-run.ts';
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
   * The queue whose workers train the candidates: `redis://HOST:PORT/DATABASE`, or `rediss://` for TLS; with `listen`,
   * `HOST:PORT` at which they reach this machine. No effect on results. It is not stored, as it may have a password.
   */
  readonly queue?: string | { readonly url: string; readonly listen?: string | undefined };
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
  /** The queue whose workers train the candidates. */
  readonly queue?: NonNullable<CreateSearchOptions['queue']>;
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
  const { config: resolved, notices } = await settleDevice(
    searches ? { ...given, searchShare: SEARCH_SHARE } : given,
    config.workers,
    options,
  );
  const trainer = await openTrainer(resolved, options, out ?? resolved.dataset.source);
  const elapsedSeconds = () => (performance.now() - startedAt) / 1000;
  let known: MachineSpeed | undefined;
  const machineFor = (config: RunConfig): MachineSpeed => {
    known ??= speedOf(trainer.evaluator, deviceOf(config), options.signal);
    return known;
  };
  const planner: Planner = {
    workOf: (given) => workWithin(given, machineFor(given), elapsedSeconds),
    async plan(given, dataset) {
      const data = dataSizeOf(given, dataset);
      const machine = machineFor(given);
      const plan = (config: RunConfig): Promise<RunConfig> =>
        limitCandidateTime(config, data, machine, async (config) =>
          withSplits(await applyBudget(config, data, machine, elapsedSeconds), data),
        );
      const planned = await plan(given);
      const isTooMuch = given.fitnessSplits === 'auto' && !hasSplits(planned, dataset);
      const decided = withTypicalWork(isTooMuch ? await plan({ ...given, fitnessSplits: 1 }) : planned, data);
      if (path !== undefined && imported !== undefined) checkImported(path, imported, data.problem);
      return decided;
    },
  };
  try {
    const started = { ...options, startedAt, notices, evaluator: trainer.evaluator };
    const run = await startRun(resolved, out, started, planner);
    return await closingOnFailure(run, () =>
      searchOver(imported === undefined ? run : importFitness(run, imported), trainer, wrapEvaluator),
    );
  } catch (error) {
    if (evaluator === undefined) await trainer.evaluator.close();
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
  return closingOnFailure(run, async () => {
    const trainer = await openTrainer(run.config, options, path);
    try {
      // A queue has workers of several kinds; from now on, those of this one count.
      if (options.queue !== undefined) await trainer.evaluator.engineKind?.(run.config.lowering);
      return searchOver(run, trainer, options.wrapEvaluator);
    } catch (error) {
      if (options.evaluator === undefined) await trainer.evaluator.close();
      throw error;
    }
  });
}

function speedOf(evaluator: Evaluator, device: Device, signal: AbortSignal | undefined): MachineSpeed {
  const here = async (lowering: LoweringName) => measureSpeed(await loadRuntime(device), lowering);
  let measured: Promise<TrainingSpeed> | undefined;
  return {
    get workers() {
      return evaluator.concurrency;
    },
    finalWorkers: evaluator.finalConcurrency,
    chooseFinalMachine: (lowering, sharing) => evaluator.chooseFinalMachine?.(lowering, sharing, signal),
    measureSpeed(lowering) {
      measured ??= evaluator.measureSpeed?.(lowering, signal) ?? here(lowering);
      return measured;
    },
  };
}

function searchOver(
  run: OpenRun,
  { evaluator, follow }: Trainer,
  wrap: (evaluator: Evaluator) => Evaluator = (inner) => inner,
): Search {
  const { tensorboard, logsDir } = run.config;
  // Wrapped once more: callbacks have their say in what was recorded, and what they stop is not recorded.
  const shared = shareResults(evaluator, run.config, (notice) => search.emit('notice', notice));
  const search = new Search(run, wrap(shared));
  follow(search);
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

async function closingOnFailure<T>(run: OpenRun, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    run.close();
    throw error;
  }
}
