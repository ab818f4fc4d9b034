// A run that is being worked on: what its stages share. Where it lies is up to `storage` and `journal`.

import type { Dataset } from '../../data/set/dataset.ts';
import type { Runtime } from '../../engine/runtime.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { Storage } from '../../storage.ts';
import type { RunConfig } from '../config/config.ts';
import type { DataSize } from '../config/data-size.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { RunFolder } from './run-folder.ts';
import type { CreateStrategy } from './strategy-context.ts';
import type { SearchSummary } from './summary.ts';

export interface OpenRun {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly dataset: Dataset;
  /** Path of the packed data set, which evaluators read. */
  readonly packedPath: string;
  /** What every network of the run takes and gives. */
  readonly problem: NetworkInput;
  readonly dataSize: DataSize;
  readonly journal: JournalWriter;
  /** What the journal held when the run was opened. */
  readonly entries: readonly JournalEntry[];
  /** Of a run that is done. */
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
  /** Removes what child processes that were killed left of their weights; only while no training is under way. */
  removeUnfinishedCheckpoints(): void;
  /** @throws {RunLockedError} if another process has taken the run over. */
  checkOwner(): void;
  /** Gives the run up. */
  close(): void;
}

export interface JournalWriter {
  /**
   * Appends an entry for good. If that fails, the journal is as it was before.
   *
   * @throws {JournalError} for example if the disk is full; {RunLockedError} if another process has taken the run over.
   */
  append(entry: JournalEntry): void;
}

/** Writes `config.json`: what decides a run, so that whoever has it can repeat it. */
export async function writeConfig({
  storage,
  folder,
  config,
}: Pick<OpenRun, 'storage' | 'folder' | 'config'>): Promise<void> {
  const { finalEpochs, ...others } = config;
  const decided = config.undecided?.includes('finalEpochs') ? others : config;
  await storage.write(folder.config, `${JSON.stringify(decided, null, 2)}\n`);
}
