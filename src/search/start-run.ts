// A run before it starts: everything checked, the data loaded, the folder made and locked.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Dataset } from '../data/set/dataset.ts';
import { deviceOf } from '../engine/device.ts';
import { loadRuntime, loadScoringRuntime } from '../engine/node/load-runtime.ts';
import type { SearchStrategy } from '../evolution/strategy.ts';
import { fileStorage } from '../files/file-storage.ts';
import { acquireLock } from '../files/lock.ts';
import { ownedStorage } from '../files/owned-storage.ts';
import { writeFileAtomicallySync } from '../files/write-file.ts';
import { requireSameStrategy } from './candidates/own-strategy.ts';
import { checkAgainstData } from './check-config.ts';
import { formatBudget } from './config/budget-text.ts';
import type { RunConfig, SearchConfig } from './config/config.ts';
import { dataSizeOf } from './config/network-input.ts';
import { type OpenRun, writeConfig } from './records/open-run.ts';
import type { RunFolder } from './records/run-folder.ts';
import type { StrategyContext } from './records/strategy-context.ts';
import { placeOf } from './run/data-place.ts';
import { Journal } from './run/journal.ts';
import { type LoadRunOptions, loadFrom, loadRunData, reloadRunData } from './run/run-data.ts';
import {
  createRunFolder,
  makeFolder,
  openRunFolder,
  readSummary,
  recordPlace,
  removeLeftovers,
  removeUnfinishedCheckpoints,
  withCheckpointDir,
} from './run/run-folder.ts';
import { openRunBackbone, trainedOn, withImagesFor } from './run-features.ts';
import { settleClasses } from './settle-classes.ts';
import { settleDecay } from './settle-decay.ts';
import { resettleEngine, type SettleOptions, settledEngine, settleEngine } from './settle-engine.ts';
import { settleSize } from './settle-size.ts';
import { settleStart } from './settle-start.ts';
import { settleValidation } from './settle-validation.ts';
import { FitnessCache } from './shared/fitness-cache.ts';

export interface OpenOptions extends LoadRunOptions {
  /** Makes the strategy of the search, in place of the one that the configuration names; see `AutoCnnOptions.strategy`. */
  readonly createStrategy?: (context: StrategyContext) => SearchStrategy;
  /** When the run's time began, by `performance.now()`; without it, now. */
  readonly startedAt?: number;
  /** Computes in place of this machine. */
  readonly evaluator?: SettleOptions['evaluator'];
  /**
   * What has been decided so far.
   *
   * @internal
   */
  readonly notices?: readonly string[];
}

/** Decides what the configuration leaves to the budget. */
export interface Planner {
  /** Work that the budget buys, in FLOPs. */
  workOf(config: RunConfig): Promise<number>;
  plan(config: RunConfig, dataset: Dataset): Promise<RunConfig>;
}

/**
 * Starts a run in a new folder. Everything is checked before the folder is made.
 *
 * @param out     the folder; without it the next free one in `runs/`.
 * @param planner  called with a configuration that is right as far as it goes; throws if something else is not. Default: it
 *   leaves nothing to a budget.
 * @throws {InvalidInputError}, {DataFormatError}, {RunLockedError}
 */
export async function startRun(
  config: SearchConfig,
  out: string | undefined,
  options: OpenOptions = {},
  planner?: Planner,
): Promise<OpenRun> {
  const { startedAt = performance.now(), createStrategy } = options;
  const named = withAbsolutePaths(config);
  const wanted: SearchConfig = createStrategy === undefined ? named : { ...named, strategy: 'custom' };
  const backbone = await openRunBackbone(wanted);
  const asked = withImagesFor(wanted, backbone);
  const loaded = await timed(asked, options, 'Packing the images', (telling) => loadRunData(asked, telling));
  const { value: dataset } = loaded;
  const { notices: overruling, ...scoring } = settleValidation(asked, dataset);
  const balanced = settleClasses({ ...asked, ...scoring }, dataset);
  const computed = await timed(asked, options, 'Computing the features', (telling) =>
    trainedOn(dataset, asked, backbone, telling),
  );
  const { packed, extractor, backbone: known } = computed.value;
  const withFeatures = settleDecay({ ...balanced.config, ...(known && { backbone: known }) }, dataset);
  const { config: given, weights } = await settleStart(withFeatures, dataset);
  checkAgainstData(given, dataset, createStrategy);
  checkShared(given);
  const { notices, ...engine } = await settleEngine(given, options);
  const { fingerprint } = dataset;
  const settled: RunConfig = { ...given, ...engine, dataset: { ...given.dataset, path: pathOf(dataset), fingerprint } };
  if (planner !== undefined && options.dataset === undefined) {
    const other = await settleSize(settled, dataset, () => planner.workOf(settled));
    if (other !== undefined) {
      const resized = { ...config, dataset: { ...config.dataset, size: other.size } };
      const told = [...(options.notices ?? []), ...loaded.notices, other.notice];
      return startRun(resized, out, { ...options, startedAt, notices: told }, planner);
    }
  }
  const decided = (await planner?.plan(settled, dataset)) ?? settled;
  if (decided !== settled) checkAgainstData(decided, dataset, createStrategy);
  options.signal?.throwIfAborted();
  const folder = withCheckpointDir(createRunFolder(out, dataset.name), decided);
  const own: RunConfig = { ...decided, ...(known && { backbone: { ...known, file: folder.backbone } }) };
  const prepared = { folder, config: own, dataset, packed, extractor, startedAt, createStrategy };
  return open(
    prepared,
    {
      notices: [
        ...(options.notices ?? []),
        ...loaded.notices,
        ...overruling,
        ...balanced.notices,
        ...computed.notices,
        ...notices,
      ],
      signal: options.signal,
    },
    async () => {
      if (backbone !== undefined) await fileStorage.write(folder.backbone, backbone.bytes);
      if (weights !== undefined) await fileStorage.write(folder.start, weights);
      await writeConfig({ storage: fileStorage, folder, config: own });
    },
  );
}

/**
 * Opens the run in a folder to go on with it.
 *
 * @param changes  settings that have no effect on results. A new place of the data is written into `config.json`.
 * @throws {InvalidInputError} if it is not a run or its data has changed; {JournalError}, {RunLockedError}.
 */
export async function reopenRun(
  path: string,
  { data, ...changes }: Partial<Pick<SearchConfig, 'workers' | 'timeoutSeconds'>> & { readonly data?: string } = {},
  options: OpenOptions = {},
): Promise<OpenRun> {
  const { startedAt = performance.now(), createStrategy } = options;
  const { folder, config: stored } = openRunFolder(path);
  const place = data === undefined ? undefined : placeOf(data);
  const config = place === undefined ? stored : { ...stored, dataset: { ...stored.dataset, ...place } };
  const isDone = existsSync(folder.summary);
  if (!isDone) requireSameStrategy(config, createStrategy, folder.path);
  const { notices, ...engine } = isDone ? settledEngine(config) : await resettleEngine(config, options);
  const resolved: RunConfig = { ...config, ...changes, ...engine };
  const dataset = await (data === undefined ? reloadRunData(resolved, options) : loadFrom(data, resolved, options));
  const backbone = await openRunBackbone(resolved, folder.backbone);
  const { packed, extractor } = await trainedOn(dataset, resolved, backbone, options);
  const prepared = { folder, config: resolved, dataset, packed, extractor, startedAt, createStrategy };
  return open(prepared, { notices, signal: options.signal }, async () => {
    if (place !== undefined) recordPlace(folder, place);
  });
}

type Prepared = Pick<
  OpenRun,
  'folder' | 'config' | 'dataset' | 'packed' | 'extractor' | 'startedAt' | 'createStrategy'
>;

interface Opening {
  /** Of the data and the engine. */
  readonly notices: readonly string[];
  /** Interrupts waiting for the lock. */
  readonly signal: AbortSignal | undefined;
}

async function open(
  prepared: Prepared,
  { notices: found, signal }: Opening,
  prepare: () => Promise<void> = async () => {},
): Promise<OpenRun> {
  const { folder, config, dataset } = prepared;
  const lock = await acquireLock(folder.lock, signal && { signal });
  const checkOwner = () => lock.check();
  try {
    removeLeftovers(folder);
    await prepare();
    if (lock.notice !== undefined) renewJournal(folder);
    const { journal, entries, recovered } = Journal.open(folder.journal, checkOwner);
    const dataSize = dataSizeOf(config, dataset);
    const notices = [lock.notice, ...dataset.notes, ...found, recovered ? tornLineNotice(folder) : undefined];
    let isClosed = false;
    return {
      ...prepared,
      problem: dataSize.problem,
      dataSize,
      journal,
      entries,
      summary: readSummary(folder),
      notices: notices.filter((text) => text !== undefined),
      storage: ownedStorage(fileStorage, checkOwner),
      lost: lock.lost,
      checkOwner,
      loadRuntime: () => (deviceOf(config) === 'wasm' ? loadRuntime('wasm') : loadScoringRuntime(config.workers)),
      removeUnfinishedCheckpoints() {
        checkOwner();
        removeUnfinishedCheckpoints(folder);
      },
      close() {
        if (isClosed) return;
        isClosed = true;
        journal.close();
        if (lock.isHeld()) removeLeftovers(folder);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Says how much of a time budget went into work whose result the cache keeps: the next run has that time for training.
 *
 * @param what  the work, as the beginning of a sentence.
 */
async function timed<T>(
  { budget }: SearchConfig,
  options: OpenOptions,
  what: string,
  work: (options: OpenOptions) => Promise<T>,
): Promise<{ readonly value: T; readonly notices: readonly string[] }> {
  const began = performance.now();
  let wasDone = false;
  const value = await work({
    ...options,
    onLoadProgress(done, total) {
      wasDone = true;
      options.onLoadProgress?.(done, total);
    },
  });
  if (!wasDone || budget === undefined || 'flops' in budget) return { value, notices: [] };
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const notice = `${what} took ${seconds} s of the budget of ${formatBudget(budget)}; the next run on this data has that time for training.`;
  return { value, notices: [notice] };
}

/** A silent owner may have been stopped between its look at the lock and its write: that one goes to a file of the past. */
function renewJournal({ journal }: RunFolder): void {
  if (existsSync(journal)) writeFileAtomicallySync(journal, readFileSync(journal));
}

function tornLineNotice({ journal }: RunFolder): string {
  return `The last line of ${journal} was torn and is dropped; its candidate is evaluated again.`;
}

/** Where the data was loaded from; undefined for a built-in name and for data that a program made. */
const pathOf = ({ origin }: Dataset): string | undefined => origin && placeOf(origin.source).path;

/** A run may be resumed from another folder. */
function withAbsolutePaths({ fitnessCache, checkpointDir, dataset, backbone, ...others }: SearchConfig): SearchConfig {
  const { dataDir, labels } = dataset;
  return {
    ...others,
    dataset: {
      ...dataset,
      ...(dataDir !== undefined && { dataDir: resolve(dataDir) }),
      ...(labels !== undefined && { labels: resolve(labels) }),
    },
    // What it gives is found out anew.
    ...(backbone !== undefined && { backbone: { ...backbone, file: resolve(backbone.file), features: undefined } }),
    ...(fitnessCache !== undefined && { fitnessCache: resolve(fitnessCache) }),
    ...(checkpointDir !== undefined && { checkpointDir: resolve(checkpointDir) }),
  };
}

/** The places that runs share can be used. */
function checkShared({ fitnessCache, checkpointDir }: SearchConfig): void {
  if (fitnessCache !== undefined) FitnessCache.open(fitnessCache).close();
  if (checkpointDir !== undefined) makeFolder(checkpointDir, true);
}
