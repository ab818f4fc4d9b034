// How raw pixels become the input of the first layer.

import { type NetworkInput, stemChannels } from '../genome/cost.ts';

/** Computed from the training images. */
export interface Normalisation {
  /** Mean of each channel, on raw pixels 0..255. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel. */
  readonly std: readonly number[];
  /** Filters of the stem `whitening`, `[filters][C · 3 · 3]`, on images that are normalised so. */
  readonly whitening?: readonly (readonly number[])[];
}

/** For networks whose speed is measured without any images: their values do not matter. */
export function madeUpNormalisation({ input, stem }: Pick<NetworkInput, 'input' | 'stem'>): Normalisation {
  const perChannel = (value: number) => Array<number>(input.channels).fill(value);
  const filters = () => Array.from({ length: stemChannels(input) }, () => Array<number>(9 * input.channels).fill(0.1));
  return { mean: perChannel(127.5), std: perChannel(64), ...(stem === 'whitening' && { whitening: filters() }) };
}
