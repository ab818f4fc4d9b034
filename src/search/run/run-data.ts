// Loads the data of a run, either from its source or from the file that the run packed.

import { existsSync } from 'node:fs';
import { packedDatasetPath, resolveCacheDir } from '../../data/cache/cache-folder.ts';
import { readPackedDataset } from '../../data/cache/packed-file.ts';
import { isBuiltIn, loadDataset } from '../../data/load-dataset.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { AutoCnnError, InvalidInputError } from '../../errors.ts';
import type { SearchConfig } from '../config/config.ts';
import { searchedPaths, sourcesAt } from './data-place.ts';

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
 * Loads the data from its source and detects changes there. Data with a known fingerprint is also looked for at the path
 * that it had when the run began.
 *
 * @throws {InvalidInputError} if the data differs from what the configuration names; {DataFormatError}.
 */
export async function loadRunData(config: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  const { dataset: asked } = config;
  if (options.dataset !== undefined) return requireSame(options.dataset, asked, asked.source);
  if (asked.fingerprint === undefined) return loadFrom(asked.source, config, options);
  let failure: AutoCnnError | undefined;
  for (const source of sourcesAt(asked)) {
    try {
      return await loadFrom(source, config, options);
    } catch (error) {
      if (!(error instanceof AutoCnnError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? dataIsGone(asked);
}

/**
 * Loads the data of a run from another place, in the same way.
 *
 * @throws {InvalidInputError} if it is not the run's data; {DataFormatError}.
 */
export async function loadFrom(
  source: string,
  { dataset: asked }: Sourced,
  { cacheDir, onLoadProgress: onProgress, signal }: LoadRunOptions = {},
): Promise<Dataset> {
  const { source: _, path, fingerprint, ...form } = asked;
  return requireSame(await loadDataset(source, { ...form, cacheDir, onProgress, signal }), asked, source);
}

/**
 * For resuming a run: like {@link loadRunData}, or the packed data if the source is not an existing path, such as arrays.
 */
export async function reloadRunData(config: Sourced, options: LoadRunOptions = {}): Promise<Dataset> {
  const { dataset: asked } = config;
  const isThere = options.dataset !== undefined || (!isBuiltIn(asked.source) && sourcesAt(asked).length > 0);
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

/** @param source  where it was loaded from. */
function requireSame(dataset: Dataset, { fingerprint }: SearchConfig['dataset'], source: string): Dataset {
  if (fingerprint === undefined || fingerprint === dataset.fingerprint) return dataset;
  throw new InvalidInputError(
    `the data in ${source} is not what the configuration names: fingerprint ${dataset.fingerprint}, expected ${fingerprint}; restore the data, give the place of a copy (${CURE}), or start a new search`,
    { details: { source, fingerprint: dataset.fingerprint, expected: fingerprint } },
  );
}

function dataIsGone(asked: SearchConfig['dataset']): InvalidInputError {
  const paths = searchedPaths(asked);
  const program = asked.path === undefined ? '; data that a program made must come from the program again' : '';
  return new InvalidInputError(
    `the data ${JSON.stringify(asked.source)} is gone: there is nothing at ${paths.join(' or ')}, and no copy in the cache; give the place where it lies now (${CURE})${program}`,
    { details: { source: asked.source, paths, fingerprint: asked.fingerprint } },
  );
}

const CURE = 'dataset.source in config.json, or "auto-cnn resume RUN --data PATH"';
