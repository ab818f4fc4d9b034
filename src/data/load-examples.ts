// Labelled images to score a model on. They need not make a data set that a classifier could be trained on.

import { InvalidInputError } from '../errors.ts';
import { heldPixels } from '../files/memory-limit.ts';
import { buildDataset } from './build/build-dataset.ts';
import { resolveCacheDir } from './cache/cache-folder.ts';
import { recallDataset, sourceKey } from './cache/source-index.ts';
import { checkOptions, correctionsOf, type LoadOptions, locate, relevantOptions } from './load-dataset.ts';
import type { Corrections } from './set/corrections.ts';
import type { Dataset, Examples, ImageShape } from './set/dataset.ts';
import type { DatasetParts, Part } from './set/source.ts';

export type ExampleParts = Readonly<Partial<Record<Part, Examples>>>;

export interface LoadedExamples {
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  /** As the source has them: no test part is split off. Parts without images are not there. */
  readonly parts: ExampleParts;
  /** What {@link loadDataset} makes of the source; undefined if nothing could be trained on it, as on a single class. */
  readonly dataset: Dataset | undefined;
  readonly notes: readonly string[];
}

/** Data that is likely to be in the cache. */
export interface KnownData {
  readonly fingerprint: string | undefined;
  /** How it was loaded. */
  readonly options: LoadOptions;
}

/**
 * Loads labelled images as {@link loadDataset} does, but takes them as they are: a lone test part, a single class, classes
 * that only one part has. What is read is not kept in the cache.
 *
 * @param known  data that is taken from the cache if it is what lies at the source, split as it was.
 * @throws {InvalidInputError}, {DataFormatError} see {@link loadDataset}.
 */
export async function loadExamples(
  source: string,
  options: LoadOptions,
  known: KnownData | undefined,
): Promise<LoadedExamples> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const { memoryLimitBytes = heldPixels() } = options;
  const cacheDir = await resolveCacheDir(options.cacheDir);
  const located = await locate(source, { ...options, cacheDir, lonePart: true });
  if (known !== undefined) {
    const relevant = relevantOptions(known.options, await correctionsOf(known.options));
    const key = await sourceKey(located.format, located.files, relevant);
    const dataset = await recallDataset(cacheDir, key, memoryLimitBytes);
    if (dataset !== undefined && dataset.fingerprint === known.fingerprint) {
      return { ...dataset, parts: partsOf(dataset), dataset };
    }
  }
  const overflow = { folder: cacheDir, limitBytes: memoryLimitBytes };
  const read = await located.read({ ...options, lonePart: true, overflow });
  options.signal?.throwIfAborted();
  const { name, shape, classes, notes } = read;
  return {
    name,
    shape,
    classes,
    notes,
    parts: partsOf(read),
    dataset: datasetOf(read, options, await correctionsOf(options)),
  };
}

/** The parts that have images. */
export function partsOf({
  train,
  validation,
  test,
  lonePart = 'train',
}: Pick<DatasetParts, Part | 'lonePart'>): ExampleParts {
  const parts = { [lonePart]: train, ...(validation && { validation }), ...(test && { test }) };
  return Object.fromEntries(
    Object.entries(parts).filter(([, examples]) => examples !== undefined && examples.count > 0),
  );
}

function datasetOf(
  parts: DatasetParts,
  options: LoadOptions,
  corrections: Corrections | undefined,
): Dataset | undefined {
  if (parts.lonePart !== undefined) return undefined;
  try {
    return buildDataset(parts, { ...options, corrections });
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}
