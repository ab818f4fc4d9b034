// What crosses the line between the parent and the children that run a backbone.

/** Images of one part of a packed data set to run a model on. */
export interface FeatureTask {
  /** Path of the model. */
  readonly model: string;
  /** Path of the packed images. */
  readonly images: string;
  readonly part: 'train' | 'validation' | 'test';
  readonly from: number;
  readonly to: number;
  /** How many children read the images. */
  readonly children: number;
  /** A child that holds more ends itself. */
  readonly memoryBytes: number;
}

export type FeatureAnswer =
  | { readonly dims: readonly number[]; readonly values: Float32Array }
  | { readonly error: string };
