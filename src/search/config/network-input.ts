// The input, classes, head and shortcuts that all networks of a search share.

import type { NetworkInput } from '../../genome/cost.ts';
import type { ImageShape } from '../../genome/image-shape.ts';
import type { SearchConfig } from './config.ts';

/** Image shape and classes from the data, head and shortcuts from the configuration. */
export function networkInputOf(
  config: Pick<SearchConfig, 'outputLayer' | 'shortcut'>,
  dataset: { readonly shape: ImageShape; readonly classes: readonly string[] },
): NetworkInput {
  return { input: dataset.shape, classes: dataset.classes.length, ...networkOptionsOf(config) };
}

/** The part of the network input that a task carries. */
export function networkOptionsOf({
  outputLayer,
  shortcut,
}: Pick<SearchConfig, 'outputLayer' | 'shortcut'>): Pick<NetworkInput, 'head' | 'shortcut'> {
  return { head: outputLayer, shortcut };
}
