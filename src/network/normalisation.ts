// How raw pixels become the input of the first layer.

/** Computed from the training images. */
export interface Normalisation {
  /** Mean of each channel, on raw pixels 0..255. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel. */
  readonly std: readonly number[];
  /** Filters of the stem `whitening`, `[filters][C · 3 · 3]`, on images that are normalised so. */
  readonly whitening?: readonly (readonly number[])[];
}
