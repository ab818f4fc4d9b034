// How raw pixels become the input of the first layer.

import type { NetworkInput } from '../genome/cost.ts';

/** Computed from the training images. */
export interface Normalisation {
  /** Mean of each channel, on raw pixels 0..255. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel. */
  readonly std: readonly number[];
}

/** For networks whose speed is measured without any images: their values do not matter. */
export function madeUpNormalisation({ input }: Pick<NetworkInput, 'input'>): Normalisation {
  const perChannel = (value: number) => Array<number>(input.channels).fill(value);
  return { mean: perChannel(127.5), std: perChannel(64) };
}
