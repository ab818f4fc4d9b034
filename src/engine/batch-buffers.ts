// Tensors for batches of any size up to a maximum, over buffers that are allocated once.

import { gatherBatch } from '../data/set/batches.ts';
import { type Examples, type ImageShape, imageSizeOf } from '../data/set/dataset.ts';
import type { Runtime, RuntimeTensor } from './runtime.ts';

export interface Batch {
  readonly image: RuntimeTensor;
  readonly labels: RuntimeTensor;
}

export class BatchBuffers {
  readonly #runtime: Runtime;
  readonly #shape: ImageShape;
  readonly #pixels: Uint8Array;
  readonly #labels: Int32Array;
  readonly #batches = new Map<number, Batch>();

  constructor(runtime: Runtime, shape: ImageShape, batchSize: number) {
    this.#runtime = runtime;
    this.#shape = shape;
    this.#pixels = new Uint8Array(batchSize * imageSizeOf(shape));
    this.#labels = new Int32Array(batchSize);
  }

  /** The examples at `indices[from .. from + count)`; valid until the next call. */
  fill(examples: Examples, indices: Int32Array, from: number, count: number): Batch {
    gatherBatch(examples, imageSizeOf(this.#shape), indices, from, count, this.#pixels, this.#labels);
    return this.#ofSize(count);
  }

  #ofSize(count: number): Batch {
    const known = this.#batches.get(count);
    if (known !== undefined) return known;
    const { channels, height, width } = this.#shape;
    const pixels = this.#pixels.subarray(0, count * imageSizeOf(this.#shape));
    const batch = {
      image: this.#runtime.createTensor('uint8', pixels, [count, channels, height, width]),
      labels: this.#runtime.createTensor('int32', this.#labels.subarray(0, count), [count]),
    };
    this.#batches.set(count, batch);
    return batch;
  }
}
