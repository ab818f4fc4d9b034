// The sizes of the data, as needed for planning.

import type { Dataset } from '../../data/set/dataset.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { SearchConfig } from './config.ts';
import { type NetworkKey, networkInputOf } from './network-input.ts';

/** Everything that a budget needs to know about the data. */
export interface DataSize {
  readonly trainExamples: number;
  readonly testExamples: number;
  readonly problem: NetworkInput;
}

export function dataSizeOf(config: Pick<SearchConfig, NetworkKey>, dataset: Dataset): DataSize {
  const { train, test } = dataset;
  return { trainExamples: train.count, testExamples: test.count, problem: networkInputOf(config, dataset) };
}
