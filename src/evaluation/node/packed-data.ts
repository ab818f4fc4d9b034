// The packed data set of a process: read once, used by task after task.

import type { IntactFile } from '../../data/cache/intact-files.ts';
import { readPackedDataset } from '../../data/cache/packed-file.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { DataFormatError } from '../../errors.ts';
import { heldPixels } from '../../files/memory-limit.ts';
import type { EvaluationTask } from '../task.ts';

/** What a process is told about the packed file of a task. */
export interface PackedFileFacts {
  /** How many processes hold the data at the same time: they share the memory for it. Default 1. */
  readonly holders?: number;
  /** Set if the parent has found the file intact: it need not be hashed again unless it has been written since. */
  readonly intact?: IntactFile | undefined;
}

export type DatasetReader = (wanted: EvaluationTask['dataset'], facts?: PackedFileFacts) => Promise<Dataset>;

/** A reader that keeps the data set it read last; one that could not be read is tried again the next time. */
export function createDatasetReader(): DatasetReader {
  let kept: { readonly path: string; readonly dataset: Promise<Dataset> } | undefined;
  return async ({ path, fingerprint }, { holders, intact } = {}) => {
    if (kept?.path !== path) kept = { path, dataset: readPackedDataset(path, heldPixels(holders), intact) };
    const { dataset } = kept;
    try {
      const loaded = await dataset;
      requireFingerprint(loaded, path, fingerprint);
      return loaded;
    } catch (error) {
      kept = undefined;
      throw error;
    }
  };
}

/** @throws {DataFormatError} if a packed file holds another data set than a task names. */
export function requireFingerprint(loaded: Dataset, path: string, fingerprint: string): void {
  if (loaded.fingerprint === fingerprint) return;
  throw new DataFormatError(
    `${path} holds the data set ${loaded.fingerprint}, the task names ${fingerprint}; delete the file, and it is made again from the data`,
    { details: { path } },
  );
}
