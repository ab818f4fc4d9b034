// Loads the data of a run, either from its source or from the file that the run packed.

import { existsSync } from 'node:fs';
import { packedDatasetPath, resolveCacheDir } from '../../data/cache/cache-folder.ts';
import { readPackedDataset } from '../../data/cache/packed-file.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { InvalidInputError } from '../../errors.ts';
import type { SearchConfig } from '../config/config.ts';

export interface LoadRunOptions {
  /** Used instead of loading `config.dataset.source`. */
  readonly dataset?: Dataset;
  readonly cacheDir?: string;
  /** Called with steps done and in all while the data is loaded. */
  readonly onLoadProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

type Sourced = Pick<SearchConfig, 'dataset'>;

/**
 * Loads the data from its source and detects changes there.
 *
 * @throws {InvalidInputError} if the data differs from what the configuration names; {DataFormatError}.
 */
export async function loadRunData({ dataset: asked }: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  const { source, fingerprint, ...form } = asked;
  const { cacheDir, onLoadProgress: onProgress, signal } = options;
  const dataset = options.dataset ?? (await loadDataset(source, { ...form, cacheDir, onProgress, signal }));
  if (fingerprint !== undefined && fingerprint !== dataset.fingerprint) {
    throw new InvalidInputError(
      `the data in ${source} is not what the configuration names: fingerprint ${dataset.fingerprint}, expected ${fingerprint}; restore the data, or start a new search`,
      { details: { source, fingerprint: dataset.fingerprint, expected: fingerprint } },
    );
  }
  return dataset;
}

/**
 * For resuming a run: like {@link loadRunData}, or the packed data if the source is not an existing path, such as arrays.
 */
export async function reloadRunData(config: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  const isThere = options.dataset !== undefined || existsSync(config.dataset.source);
  const dataset = isThere ? undefined : await packedRunData(config, options.cacheDir);
  return loadRunData(config, { ...options, ...(dataset && { dataset }) });
}

/** For inspecting a run: the packed data, else like {@link loadRunData}. */
export async function dataOfRun(config: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  return (await packedRunData(config, options.cacheDir)) ?? loadRunData(config, options);
}

/** The packed data of the run; undefined if it is no longer in the cache. */
export async function packedRunData({ dataset }: Sourced, cacheDir?: string): Promise<Dataset | undefined> {
  const path = packedDatasetPath(dataset.fingerprint ?? '', await resolveCacheDir(cacheDir));
  return existsSync(path) ? readPackedDataset(path) : undefined;
}
