// Examples in an order that depends on their content alone.

import { createHash } from 'node:crypto';
import { type Examples, type ImageShape, imageSizeOf, readImages, selectExamples } from '../set/dataset.ts';

export interface OrderedExamples {
  readonly examples: Examples;
  /** `[count, 32]`: SHA-256 of each image. Copies of an image follow each other. */
  readonly digests: Uint8Array;
  /** `[count]`: the position of each example before it was ordered. */
  readonly origins: Int32Array;
  /** `[count]`: 1 if every plane of the image has one value throughout. */
  readonly blank: Uint8Array;
  readonly nameOf: ExampleNames | undefined;
}

/** What stands for an example in a note, a path for instance, by its position before it was ordered. */
export type ExampleNames = (origin: number) => string;

export const DIGEST_SIZE = 32;

/** By the SHA-256 of their bytes, equal ones by label. */
export function orderByContent(examples: Examples, shape: ImageShape, nameOf?: ExampleNames): OrderedExamples {
  const { count, labels } = examples;
  const imageSize = imageSizeOf(shape);
  const planeSize = shape.height * shape.width;
  const digests = Buffer.alloc(count * DIGEST_SIZE);
  const blank = new Uint8Array(count);
  const leading = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const image = readImages(examples, imageSize, i, i + 1);
    createHash('sha256')
      .update(image)
      .digest()
      .copy(digests, i * DIGEST_SIZE);
    leading[i] = digests.readUIntBE(i * DIGEST_SIZE, 6);
    if (isBlank(image, planeSize)) blank[i] = 1;
  }
  const compare = (a: number, b: number): number =>
    (leading[a] ?? 0) - (leading[b] ?? 0) ||
    digests.compare(digests, b * DIGEST_SIZE, (b + 1) * DIGEST_SIZE, a * DIGEST_SIZE, (a + 1) * DIGEST_SIZE) ||
    (labels[a] ?? 0) - (labels[b] ?? 0);
  const origins = Int32Array.from({ length: count }, (_, i) => i);
  return selectOrdered({ examples, digests, origins, blank, nameOf }, imageSize, origins.toSorted(compare));
}

export function selectOrdered(ordered: OrderedExamples, imageSize: number, indices: Int32Array): OrderedExamples {
  const digests = new Uint8Array(indices.length * DIGEST_SIZE);
  for (const [i, index] of indices.entries()) {
    digests.set(ordered.digests.subarray(index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE), i * DIGEST_SIZE);
  }
  return {
    examples: selectExamples(ordered.examples, imageSize, indices),
    digests,
    origins: indices.map((index) => ordered.origins[index] ?? 0),
    blank: Uint8Array.from(indices, (index) => ordered.blank[index] ?? 0),
    nameOf: ordered.nameOf,
  };
}

/** The number of the first copy of each image. */
export function firstCopies({ digests, examples }: Pick<OrderedExamples, 'digests' | 'examples'>): Int32Array {
  const first = new Int32Array(examples.count);
  for (let i = 1; i < first.length; i++) {
    const at = i * DIGEST_SIZE;
    const isCopy = Buffer.compare(digests.subarray(at - DIGEST_SIZE, at), digests.subarray(at, at + DIGEST_SIZE)) === 0;
    first[i] = isCopy ? (first[i - 1] ?? 0) : i;
  }
  return first;
}

/** An image of one pixel tells nothing. */
function isBlank(image: Uint8Array, planeSize: number): boolean {
  return planeSize > 1 && image.every((value, i) => value === image[i - (i % planeSize)]);
}
