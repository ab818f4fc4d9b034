// What data and configuration give all networks of a search: input, classes, head and shortcuts; the sizes of the data,
// as needed for planning; the search space; and what the work of trainings depends on.

import type { Dataset } from '../../data/set/dataset.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { ImageShape } from '../../genome/image-shape.ts';
import type { SearchSpace } from '../../genome/search-space.ts';
import type { WorkSetting } from '../../genome/work.ts';
import type { SearchConfig } from './config.ts';
import { membersOf, passesOf } from './views.ts';

/** Keys of the configuration that say what stands around a genome. */
export type NetworkKey = 'outputLayer' | 'shortcut';

/** The shape of images, or of the features that stand for them, and classes from the data; the rest from the configuration. */
export function networkInputOf(
  config: Pick<SearchConfig, NetworkKey | 'backbone'>,
  dataset: { readonly shape: ImageShape; readonly classes: readonly string[] },
): NetworkInput {
  const { channels, height, width } = config.backbone?.features ?? dataset.shape;
  return { input: { channels, height, width }, classes: dataset.classes.length, ...networkOptionsOf(config) };
}

/** The part of the network input that a task carries. */
export function networkOptionsOf({
  outputLayer,
  shortcut,
}: Pick<SearchConfig, NetworkKey>): Pick<NetworkInput, 'head' | 'shortcut'> {
  return { head: outputLayer, shortcut };
}

/** Everything that a budget needs to know about the data. */
export interface DataSize {
  readonly trainExamples: number;
  /** Absent if the data has no validation part. */
  readonly validationExamples?: number;
  readonly testExamples: number;
  readonly problem: NetworkInput;
}

export function dataSizeOf(config: Pick<SearchConfig, NetworkKey | 'backbone'>, dataset: Dataset): DataSize {
  const { train, validation, test } = dataset;
  return {
    trainExamples: train.count,
    ...(validation && { validationExamples: validation.count }),
    testExamples: test.count,
    problem: networkInputOf(config, dataset),
  };
}

/** The genomes that the configuration allows. Its limits are those of the model, which may run a network several times. */
export function searchSpaceOf({
  searchSpace,
  training,
  views,
  ensemble,
  budget,
}: Pick<SearchConfig, 'searchSpace' | 'training' | 'views' | 'ensemble' | 'budget'>): SearchSpace {
  const { channels, maxDepth, maxParameters, maxFlops, maxActivationBytes, maxWork } = searchSpace;
  return {
    channels,
    maxDepth,
    ...(maxParameters !== undefined && { maxParameters: maxParameters / membersOf({ ensemble }) }),
    ...(maxFlops !== null && { maxFlops: maxFlops / passesOf({ views, ensemble }) }),
    ...(maxActivationBytes !== undefined && { maxActivationBytes }),
    ...(maxWork !== undefined && { maxWork, training: workSettingOf({ training, budget }) }),
  };
}

/**
 * What the work of a run's trainings depends on besides the network: with a time budget, a byte costs what it was measured to
 * cost at the start.
 */
export function workSettingOf({ training, budget }: Pick<SearchConfig, 'training' | 'budget'>): WorkSetting {
  const { batchSize, optimizer } = training;
  return { batchSize, optimizer, ...(budget !== undefined && 'seconds' in budget && { byteWork: budget.byteWork }) };
}
