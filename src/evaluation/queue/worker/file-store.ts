// The files of a worker: data sets by fingerprint, as in the cache of a search, and weights by hash. Several workers may share
// the folder, also across machines.

import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { packedDatasetPath, resolveCacheDir } from '../../../data/cache/cache-folder.ts';
import { readPackedDataset } from '../../../data/cache/packed-file.ts';
import { InvalidInputError } from '../../../errors.ts';
import { ensureFolder } from '../../../files/ensure-folder.ts';
import type { Audience } from '../delivery/audience.ts';
import { describeFile } from '../delivery/file-hash.ts';
import type { RemoteFile } from '../messages/task-schema.ts';

/** Weights are kept for candidates that start from them, and for searches that ask for them. */
const MOST_WEIGHTS = 200;
const LEAST_FREE_BYTES = 64 * 2 ** 20;
/** What a process that was killed left behind. */
const STALE_MS = 86_400_000;

export class FileStore {
  readonly folder: string;
  readonly #weights: string;
  readonly #datasets = new Map<string, Promise<string>>();
  readonly #fetches = new Map<string, Promise<void>>();

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

  /** @returns undefined if they are not there any more. */
  findWeights({ sha256 }: RemoteFile): string | undefined {
    const path = this.#weightsPath(sha256);
    return existsSync(path) ? path : undefined;
  }

  /** Where a training writes its weights. */
  unfinished(taskId: string): string {
    return join(this.#weights, `${taskId}.${process.pid}.unfinished`);
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
