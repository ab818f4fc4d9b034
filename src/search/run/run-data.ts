// The data of a run: loaded as its configuration says, or as the run packed it.

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
 * From its source: a change there is noticed.
 *
 * @throws {InvalidInputError} if the data is not what the configuration names; {DataFormatError}.
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

/** To go on with a run: as {@link loadRunData}, or as packed where its source is no path (any longer), such as arrays. */
export async function reloadRunData(config: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  const isThere = options.dataset !== undefined || existsSync(config.dataset.source);
  const dataset = isThere ? undefined : await packedRunData(config, options.cacheDir);
  return loadRunData(config, { ...options, ...(dataset && { dataset }) });
}

/** To look at a run: as packed, or else as {@link loadRunData}. */
export async function dataOfRun(config: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  return (await packedRunData(config, options.cacheDir)) ?? loadRunData(config, options);
}

/** As the run packed it; undefined if that is no longer in the cache. */
export async function packedRunData({ dataset }: Sourced, cacheDir?: string): Promise<Dataset | undefined> {
  const path = packedDatasetPath(dataset.fingerprint ?? '', await resolveCacheDir(cacheDir));
  return existsSync(path) ? readPackedDataset(path) : undefined;
}
