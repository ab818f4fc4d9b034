// The packed data set of a process: read once, used by task after task.

import { readPackedDataset } from '../../data/cache/packed-file.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { DataFormatError } from '../../errors.ts';
import { heldPixels } from '../../files/memory-limit.ts';
import type { EvaluationTask } from '../task.ts';

/** @param holders  how many processes hold the data at the same time: the memory for it is shared by them. */
export type DatasetReader = (wanted: EvaluationTask['dataset'], holders?: number) => Promise<Dataset>;

/** A reader that keeps the data set it read last; one that could not be read is tried again the next time. */
export function createDatasetReader(): DatasetReader {
  let kept: { readonly path: string; readonly dataset: Promise<Dataset> } | undefined;
  return async ({ path, fingerprint }, holders) => {
    if (kept?.path !== path) kept = { path, dataset: readPackedDataset(path, heldPixels(holders)) };
    const { dataset } = kept;
    try {
      const loaded = await dataset;
      if (loaded.fingerprint === fingerprint) return loaded;
      throw new DataFormatError(
        `${path} holds the data set ${loaded.fingerprint}, the task names ${fingerprint}; delete the file, it is made again from the data`,
        { details: { path } },
      );
    } catch (error) {
      kept = undefined;
      throw error;
    }
  };
}
