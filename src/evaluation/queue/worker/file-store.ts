// The files of a worker: data sets by fingerprint, as in the cache of a search, and weights by hash. Several workers may share
// the folder, also across machines.

import { existsSync } from 'node:fs';
import { constants, copyFile, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { packedDatasetPath, resolveCacheDir } from '../../../data/cache/cache-folder.ts';
import { readPackedDataset } from '../../../data/cache/packed-file.ts';
import { InvalidInputError } from '../../../errors.ts';
import { ensureFolder } from '../../../files/ensure-folder.ts';
import { temporaryName } from '../../../files/write-file.ts';
import type { Audience } from '../delivery/audience.ts';
import { describeFile } from '../delivery/file-hash.ts';
import type { RemoteFile } from '../messages/task-schema.ts';

/** Weights are kept for candidates that start from them, and for searches that ask for them. */
const MOST_WEIGHTS = 200;
/** States of final trainings, which the next rounds begin with. */
const MOST_STATES = 16;
const LEAST_FREE_BYTES = 64 * 2 ** 20;
/** What a process that was killed left behind. */
const STALE_MS = 86_400_000;

export class FileStore {
  readonly folder: string;
  readonly #weights: string;
  readonly #datasets = new Map<string, Promise<string>>();
  readonly #fetches = new Map<string, Promise<void>>();
  /** Paths by hash, the oldest first. No other worker has them. */
  readonly #states = new Map<string, string>();

  private constructor(folder: string) {
    this.folder = folder;
    this.#weights = join(folder, 'weights');
  }

  /**
   * @param dataDir  default: the user's cache folder.
   * @throws {InvalidInputError} if it cannot be written or its disk is full.
   */
  static async open(dataDir?: string): Promise<FileStore> {
    const store = new FileStore(await resolveCacheDir(dataDir));
    ensureFolder(store.#weights);
    const { bavail, bsize } = await statfs(store.folder);
    if (bavail * bsize < LEAST_FREE_BYTES) {
      const free = Math.round((bavail * bsize) / 2 ** 20);
      throw new InvalidInputError(
        `the disk of ${store.folder} is full: ${free} MiB are free, a worker needs ${LEAST_FREE_BYTES / 2 ** 20} at least; make room, or choose another folder with --data-dir`,
        { details: { path: store.folder } },
      );
    }
    await store.tidy();
    return store;
  }

  /** Path of a packed data set, fetched if it is not there or damaged. */
  dataset(fingerprint: string, file: RemoteFile, audience: Audience, signal: AbortSignal): Promise<string> {
    const known = this.#datasets.get(fingerprint) ?? this.#provideDataset(fingerprint, file, audience, signal);
    this.#datasets.set(fingerprint, known);
    known.catch(() => this.#datasets.delete(fingerprint));
    return known;
  }

  /** Path of weights, fetched if they are not there. */
  async weights(file: RemoteFile, audience: Audience, signal: AbortSignal): Promise<string> {
    const path = this.#weightsPath(file.sha256);
    if (!existsSync(path)) await this.#fetch(file, path, audience, signal);
    return path;
  }

  /** Writes the state that a part of a training starts from to `path`, from here if it was made here. */
  async copyState(file: RemoteFile, path: string, audience: Audience, signal: AbortSignal): Promise<void> {
    const known = this.#states.get(file.sha256);
    const fetch = () => audience.fetchFile(file, path, signal);
    await (known === undefined ? fetch() : copyFile(known, path, constants.COPYFILE_FICLONE).catch(fetch));
  }

  /** @returns undefined if they are not there any more. */
  findWeights({ sha256 }: RemoteFile): string | undefined {
    const path = this.#states.get(sha256) ?? this.#weightsPath(sha256);
    return existsSync(path) ? path : undefined;
  }

  /** Where a training writes its weights. */
  unfinished(taskId: string): string {
    return join(this.#weights, `${taskId}.${process.pid}.unfinished`);
  }

  /** Where a part of a training finds a state that it starts from. */
  start(): string {
    return temporaryName(join(this.#weights, 'start'));
  }

  /** Keeps a state for the next rounds, and for the search if it has not arrived there. */
  async keepState(unfinished: string): Promise<RemoteFile> {
    const file = await describeFile(unfinished);
    const path = join(this.#weights, `${file.sha256}.${process.pid}.state`);
    await rename(unfinished, path);
    this.#states.set(file.sha256, path);
    for (const [sha256, oldest] of [...this.#states].slice(0, -MOST_STATES)) {
      this.#states.delete(sha256);
      await rm(oldest, { force: true });
    }
    return file;
  }

  /** Removes the states of this worker. */
  async removeStates(): Promise<void> {
    for (const path of this.#states.values()) await rm(path, { force: true });
  }

  /** Keeps weights under their hash. */
  async keep(unfinished: string): Promise<RemoteFile> {
    const file = await describeFile(unfinished);
    await rename(unfinished, this.#weightsPath(file.sha256));
    return file;
  }

  /** Removes all but the newest weights, and what killed processes left. */
  async tidy(): Promise<void> {
    const names = await readdir(this.#weights);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#weights, name);
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
        return { path, mtimeMs, isFinished: name.endsWith('.safetensors') };
      }),
    );
    const finished = files.filter(({ isFinished }) => isFinished).toSorted((a, b) => b.mtimeMs - a.mtimeMs);
    const stale = files.filter(({ isFinished, mtimeMs }) => !isFinished && Date.now() - mtimeMs > STALE_MS);
    for (const { path } of [...finished.slice(MOST_WEIGHTS), ...stale]) await rm(path, { force: true });
  }

  #weightsPath(sha256: string): string {
    return join(this.#weights, `${sha256}.safetensors`);
  }

  async #provideDataset(
    fingerprint: string,
    file: RemoteFile,
    audience: Audience,
    signal: AbortSignal,
  ): Promise<string> {
    const path = packedDatasetPath(fingerprint, this.folder);
    if (!(await holds(path, fingerprint))) await this.#fetch(file, path, audience, signal);
    return path;
  }

  /** Once at a time, whoever asks. */
  #fetch(file: RemoteFile, path: string, audience: Audience, signal: AbortSignal): Promise<void> {
    const under =
      this.#fetches.get(path) ?? audience.fetchFile(file, path, signal).finally(() => this.#fetches.delete(path));
    this.#fetches.set(path, under);
    return under;
  }
}

async function holds(path: string, fingerprint: string): Promise<boolean> {
  return readPackedDataset(path, 0).then(
    (dataset) => dataset.fingerprint === fingerprint,
    () => false,
  );
}
