// Everything a search needs before it starts: checked, loaded, locked.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensurePacked, packedDatasetPath, resolveCacheDir } from '../data/cache/cache-folder.ts';
import { readPackedDataset } from '../data/cache/packed-file.ts';
import { type LoadOptions, loadDataset } from '../data/load-dataset.ts';
import type { Dataset } from '../data/set/dataset.ts';
import { type ChosenLowering, chooseLowering } from '../engine/lowering/choose-lowering.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { InvalidInputError } from '../errors.ts';
import { selectData } from '../evaluation/select-data.ts';
import { acquireLock } from '../files/lock.ts';
import { writeFileAtomically } from '../files/write-file.ts';
import { estimateCost } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import { createStrategy } from './candidates/create-strategy.ts';
import { type ConfigSource, type RunConfig, resolveConfig, type SearchConfig } from './config/config.ts';
import { networkInputOf } from './config/network-input.ts';
import { checkRounds } from './final/rounds.ts';
import type { JournalEntry } from './records/journal-entry.ts';
import { Journal } from './run/journal.ts';
import {
  createRunFolder,
  makeFolder,
  openRunFolder,
  type RunFolder,
  removeLeftovers,
  withCheckpointDir,
} from './run/run-folder.ts';
import { FitnessCache } from './shared/fitness-cache.ts';

export interface OpenRun {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly dataset: Dataset;
  /** Of the packed data set. */
  readonly packedPath: string;
  readonly journal: Journal;
  /** What the journal held when it was opened. */
  readonly entries: readonly JournalEntry[];
  readonly notices: readonly string[];
  /** When this session of the run began, by `performance.now()`. */
  readonly startedAt: number;
  /** Gives the folder up. */
  close(): void;
}

export interface OpenOptions {
  /** Used instead of loading `config.dataset.source`. */
  readonly dataset?: Dataset;
  readonly cacheDir?: string;
  readonly onLoadProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** When the run's time began, by `performance.now()`; without it, now. */
  readonly startedAt?: number;
}

/** Decides what the configuration leaves to the budget. */
export type Decide = (config: RunConfig, dataset: Dataset) => Promise<RunConfig>;

/**
 * Starts a run in a new folder. Everything is checked before the folder is made.
 *
 * @param source  where the configuration comes from, for messages.
 * @param out     the folder; without it the next free one in `runs/`.
 * @param decide  called with a configuration that is right as far as it goes; throws if something else is not.
 * @throws {InvalidInputError}, {DataFormatError}, {RunLockedError}
 */
export async function startRun(
  input: unknown,
  source: ConfigSource,
  out: string | undefined,
  options: OpenOptions = {},
  decide: Decide = async (config) => config,
): Promise<OpenRun> {
  const { startedAt = performance.now() } = options;
  const given = withAbsolutePaths(resolveConfig(input, source));
  const dataset = await loadData(given, options);
  checkAgainstData(given, dataset);
  checkShared(given);
  const { name: lowering, notice } = await settleLowering(given);
  const { fingerprint } = dataset;
  const settled: RunConfig = { ...given, lowering, dataset: { ...given.dataset, fingerprint } };
  const config = await decide(settled, dataset);
  if (config !== settled) checkAgainstData(config, dataset);
  options.signal?.throwIfAborted();
  const packedPath = await ensurePacked(dataset, options.cacheDir);
  const folder = withCheckpointDir(createRunFolder(out, dataset.name), config);
  return open(folder, config, dataset, packedPath, startedAt, notice, () => writeConfig(folder, config));
}

/**
 * Opens the run in a folder to go on with it.
 *
 * @param changes  settings that have no effect on results.
 * @throws {InvalidInputError} if it is no run or its data has changed; {JournalError}, {RunLockedError}.
 */
export async function reopenRun(
  path: string,
  changes: Partial<Pick<SearchConfig, 'workers' | 'timeoutSeconds'>> = {},
  options: OpenOptions = {},
): Promise<OpenRun> {
  const { startedAt = performance.now() } = options;
  const { folder, config } = openRunFolder(path);
  const { name: lowering, notice } = await settleLowering(config, existsSync(folder.summary));
  const resolved: RunConfig = { ...config, ...changes, lowering };
  const packed = options.dataset ?? (await packedDataset(resolved, options));
  const dataset = await loadData(resolved, { ...options, ...(packed && { dataset: packed }) });
  return open(
    folder,
    resolved,
    dataset,
    await ensurePacked(dataset, options.cacheDir),
    startedAt,
    notice,
    async () => {},
  );
}

/** What decides a run; whoever has it can repeat it. */
export async function writeConfig(folder: RunFolder, config: SearchConfig): Promise<void> {
  const { finalEpochs, ...others } = config;
  const decided = config.undecided?.includes('finalEpochs') ? others : config;
  await writeFileAtomically(folder.config, [Buffer.from(`${JSON.stringify(decided, null, 2)}\n`)]);
}

async function open(
  folder: RunFolder,
  config: RunConfig,
  dataset: Dataset,
  packedPath: string,
  startedAt: number,
  notice: string | undefined,
  prepare: () => Promise<void>,
): Promise<OpenRun> {
  const lock = acquireLock(folder.lock);
  try {
    removeLeftovers(folder);
    await prepare();
    const { journal, entries, recovered } = Journal.open(folder.journal);
    const notices = [...dataset.notes, ...(notice === undefined ? [] : [notice])];
    if (recovered)
      notices.push(`The last line of ${folder.journal} was torn and is dropped; its candidate is evaluated anew.`);
    const close = () => {
      journal.close();
      removeLeftovers(folder);
      lock.release();
    };
    return { folder, config, dataset, packedPath, journal, entries, notices, startedAt, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A run keeps the lowering that it began with, since results of two differ; one that is done computes nothing any more. */
async function settleLowering({ lowering }: SearchConfig, isDone = false): Promise<ChosenLowering> {
  if (!isDone) return chooseLowering(await loadNodeRuntime(), lowering);
  return { name: lowering === 'auto' || lowering === 'blocked' ? 'plain' : lowering };
}

/** What a run packed, where its source is no path (any longer): arrays, say. */
async function packedDataset({ dataset }: SearchConfig, { cacheDir }: OpenOptions): Promise<Dataset | undefined> {
  const { source, fingerprint = '' } = dataset;
  const path = packedDatasetPath(fingerprint, await resolveCacheDir(cacheDir));
  return existsSync(source) || !existsSync(path) ? undefined : readPackedDataset(path);
}

/** @throws {InvalidInputError} if the data is not what the configuration names; {DataFormatError}. */
export async function loadData(config: SearchConfig, options: OpenOptions): Promise<Dataset> {
  const { source, fingerprint, ...asked } = config.dataset;
  const { cacheDir, onLoadProgress: onProgress, signal } = options;
  // The split of a test part has a seed of its own: runs with different seeds must be comparable.
  const loadOptions: LoadOptions = { ...asked, cacheDir, onProgress, signal };
  const dataset = options.dataset ?? (await loadDataset(source, loadOptions));
  if (fingerprint !== undefined && fingerprint !== dataset.fingerprint) {
    throw new InvalidInputError(
      `the data in ${source} is not what the configuration names: fingerprint ${dataset.fingerprint}, expected ${fingerprint}; restore the data, or start a new search`,
      { details: { source, fingerprint: dataset.fingerprint, expected: fingerprint } },
    );
  }
  return dataset;
}

/** A run may be resumed from another folder. */
function withAbsolutePaths({ fitnessCache, checkpointDir, ...others }: SearchConfig): SearchConfig {
  return {
    ...others,
    ...(fitnessCache !== undefined && { fitnessCache: resolve(fitnessCache) }),
    ...(checkpointDir !== undefined && { checkpointDir: resolve(checkpointDir) }),
  };
}

/** The places that runs share can be used. */
function checkShared({ fitnessCache, checkpointDir }: SearchConfig): void {
  if (fitnessCache !== undefined) FitnessCache.open(fitnessCache).close();
  if (checkpointDir !== undefined) makeFolder(checkpointDir, true);
}

/** What only the data can tell: limits below the number of classes, a search space without a network, too much pooling. */
function checkAgainstData(config: SearchConfig, dataset: Dataset): void {
  checkRounds(config);
  const { classWeights } = config.training;
  const classes = dataset.classes.length;
  if (Array.isArray(classWeights) && classWeights.length !== classes) {
    throw new InvalidInputError(
      `training.classWeights has ${classWeights.length} entries, the data has ${classes} classes; give one weight for each, or "balanced"`,
      { details: { classWeights, classes } },
    );
  }
  const { trainLimit, searchLimit, validation, seed, genome } = config;
  const problem = networkInputOf(config, dataset);
  if (genome !== undefined) {
    const limit = trainLimit && { trainLimit };
    selectData(dataset, { seed: `${seed}/data`, validation, purpose: 'final', ...limit });
    estimateCost(parseGenome(genome), problem);
    return;
  }
  const limits = { ...(trainLimit && { trainLimit }), ...(searchLimit && { searchLimit }) };
  selectData(dataset, { seed: `${seed}/data`, validation, purpose: 'search', ...limits });
  createStrategy(config, problem);
}
