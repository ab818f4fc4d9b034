// What every format becomes: unsigned bytes, channels first, with the test part kept apart from the start.

/** Size of one image. `channels` is 1 (grey) or 3 (red, green, blue). */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Labelled images. `labels` are indices into `Dataset.classes`. */
export interface Examples {
  readonly count: number;
  /** `[count, channels, height, width]`, raw values 0..255. */
  readonly pixels: Uint8Array;
  /** `[count]`. */
  readonly labels: Int32Array;
}

/** A packed data set. The examples of each part are in an order that depends on their content alone. */
export interface Dataset {
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  readonly train: Examples;
  readonly test: Examples;
  /** SHA-256 (hex) over shape, class names and all examples; the same images in any format give the same one. */
  readonly fingerprint: string;
  /** What a user should know about the loading: images skipped or resized, a test part split off. */
  readonly notes: readonly string[];
}

/** Bytes of one image. */
export function imageSizeOf(shape: ImageShape): number {
  return shape.channels * shape.height * shape.width;
}

/**
 * Copies some examples, in the order of `indices`.
 *
 * @param imageSize  bytes of one image.
 * @param indices    positions in `examples`; repeats are allowed.
 */
export function selectExamples(examples: Examples, imageSize: number, indices: ArrayLike<number>): Examples {
  const pixels = new Uint8Array(indices.length * imageSize);
  const labels = new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? 0;
    pixels.set(examples.pixels.subarray(index * imageSize, (index + 1) * imageSize), i * imageSize);
    labels[i] = examples.labels[index] ?? 0;
  }
  return { count: indices.length, pixels, labels };
}
