// An open run: the state that its stages share. `storage` and `journal` decide where it is stored.

import type { Dataset } from '../../data/set/dataset.ts';
import type { Runtime } from '../../engine/runtime.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { FeatureExtractor } from '../../network/backbone/feature-model.ts';
import type { Storage } from '../../storage.ts';
import type { RunConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { RunFolder } from './run-folder.ts';
import type { CreateStrategy } from './strategy-context.ts';
import type { SearchSummary } from './summary.ts';

export interface OpenRun {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly dataset: Dataset;
  /** The packed data set that evaluators read: the images, or the features that stand for them. */
  readonly packed: { readonly path: string; readonly fingerprint: string };
  /** What made the features. */
  readonly extractor?: FeatureExtractor | undefined;
  /** Input and output of every network of the run. */
  readonly problem: NetworkInput;
  readonly dataSize: DataSize;
  readonly journal: JournalWriter;
  /** The entries of the journal when the run was opened. */
  readonly entries: readonly JournalEntry[];
  /** Present if the run is finished. */
  readonly summary: SearchSummary | undefined;
  readonly notices: readonly string[];
  /** Makes a strategy of the program's own. */
  readonly createStrategy: CreateStrategy | undefined;
  /** When this session of the run began, by `performance.now()`. */
  readonly startedAt: number;
  /** Changes nothing once another process has taken the run over; its methods throw {RunLockedError} then. */
  readonly storage: Storage;
  /** Aborted with a {RunLockedError} when another process has taken the run over. */
  readonly lost: AbortSignal;
  /** The runtime that scores and checks models in this process. */
  loadRuntime(): Promise<Runtime>;
  /** Removes partial weights left by child processes that were killed. Must not be called during a training. */
  removeUnfinishedCheckpoints(): void;
  /** @throws {RunLockedError} if another process has taken over the run. */
  checkOwner(): void;
  /** Releases the run. */
  close(): void;
}

export interface JournalWriter {
  /**
   * Appends an entry durably. If that fails, the journal is unchanged.
   *
   * @throws {JournalError} for example if the disk is full; {RunLockedError} if another process has taken over the run.
   */
  append(entry: JournalEntry): void;
}

/** Writes `config.json`, which contains everything needed to repeat the run. */
export async function writeConfig({
  storage,
  folder,
  config,
}: Pick<OpenRun, 'storage' | 'folder' | 'config'>): Promise<void> {
  const { finalEpochs, ...others } = config;
  const decided = config.undecided?.includes('finalEpochs') ? others : config;
  await storage.write(folder.config, `${JSON.stringify(decided, null, 2)}\n`);
}
