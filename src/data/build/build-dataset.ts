// From parts in any order to a data set whose order and fingerprint depend on its content alone.

import { createHash } from 'node:crypto';
import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { createRng } from '../../random/rng.ts';
import { counted } from '../../text/figures.ts';
import {
  type Dataset,
  type Examples,
  type ImageShape,
  imageSizeOf,
  readImages,
  selectExamples,
} from '../set/dataset.ts';
import type { DatasetParts } from '../set/source.ts';
import { stratifiedSplit } from '../set/split.ts';
import { describeContent } from './data-notes.ts';

export interface BuildOptions {
  /** Share of the images that is split off as the test part if there is none. Default 0.1. */
  readonly test?: number | undefined;
  /** Seed of that split. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Checks the parts, orders each by content, and computes the fingerprint. Without a test part, the validation part is the
 * test part; without either, a test part is split off.
 *
 * Images are ordered by the SHA-256 of their bytes, equal ones by label. So the same images give the same data, bit for
 * bit, whatever the format and the order of files.
 *
 * @throws {InvalidInputError} if there are fewer than two classes, a class without training examples, or nothing to split
 *   off.
 * @throws {DataFormatError} if lengths or labels do not fit.
 */
export function buildDataset(parts: DatasetParts, options: BuildOptions = {}): Dataset {
  checkParts(parts);
  const { name, shape, classes } = parts;
  const notes = [...parts.notes];
  const imageSize = imageSizeOf(shape);
  let train = orderByContent(parts.train, imageSize);
  let test: OrderedExamples;
  const validation = parts.test && parts.validation && orderByContent(parts.validation, imageSize);
  if (parts.test === undefined && parts.validation !== undefined) {
    test = orderByContent(parts.validation, imageSize);
    notes.push(
      `No test part in the data: its validation part (${counted(test.examples.count, 'image')}) is the test part, and a search holds out training images for validation.`,
    );
  } else if (parts.test === undefined) {
    const { test: fraction = 0.1, seed = 0 } = options;
    checkTestFraction(fraction);
    const rng = createRng(seed).fork('test part');
    const split = stratifiedSplit(train.examples.labels, classes.length, fraction, rng);
    test = selectOrdered(train, imageSize, split.validation);
    train = selectOrdered(train, imageSize, split.train);
    notes.push(
      `No test part in the data: ${test.examples.count} of ${parts.train.count} images were split off as one (stratified, seed ${seed}).`,
    );
  } else {
    test = orderByContent(parts.test, imageSize);
  }
  notes.push(...describeContent(train, test, classes, validation));
  const fingerprint = fingerprintOf(shape, classes, validation ? [train, validation, test] : [train, test]);
  const { pixelRange } = parts;
  return {
    name,
    shape,
    classes,
    train: train.examples,
    ...(validation && { validation: validation.examples }),
    test: test.examples,
    fingerprint,
    ...(pixelRange && { pixelRange }),
    notes,
  };
}

/** @throws {InvalidInputError} unless it lies between 0 and 1. */
export function checkTestFraction(fraction: number): void {
  if (fraction > 0 && fraction < 1) return;
  throw new InvalidInputError(
    `The share of the test part must lie between 0 and 1, got ${fraction}: use --test 0.1, for example.`,
    { details: { test: fraction } },
  );
}

interface OrderedExamples {
  readonly examples: Examples;
  /** `[count, 32]`: SHA-256 of each image. */
  readonly digests: Uint8Array;
}

const DIGEST_SIZE = 32;

function orderByContent(examples: Examples, imageSize: number): OrderedExamples {
  const { count, labels } = examples;
  const digests = Buffer.alloc(count * DIGEST_SIZE);
  const leading = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const image = readImages(examples, imageSize, i, i + 1);
    createHash('sha256')
      .update(image)
      .digest()
      .copy(digests, i * DIGEST_SIZE);
    leading[i] = digests.readUIntBE(i * DIGEST_SIZE, 6);
  }
  const compare = (a: number, b: number): number =>
    (leading[a] ?? 0) - (leading[b] ?? 0) ||
    digests.compare(digests, b * DIGEST_SIZE, (b + 1) * DIGEST_SIZE, a * DIGEST_SIZE, (a + 1) * DIGEST_SIZE) ||
    (labels[a] ?? 0) - (labels[b] ?? 0);
  const order = Int32Array.from({ length: count }, (_, i) => i).sort(compare);
  return selectOrdered({ examples, digests }, imageSize, order);
}

function selectOrdered(ordered: OrderedExamples, imageSize: number, indices: Int32Array): OrderedExamples {
  const digests = new Uint8Array(indices.length * DIGEST_SIZE);
  for (const [i, index] of indices.entries()) {
    digests.set(ordered.digests.subarray(index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE), i * DIGEST_SIZE);
  }
  return { examples: selectExamples(ordered.examples, imageSize, indices), digests };
}

function fingerprintOf(shape: ImageShape, classes: readonly string[], parts: readonly OrderedExamples[]): string {
  const hash = createHash('sha256');
  const { channels, height, width } = shape;
  const counts = parts.map(({ examples }) => examples.count);
  hash.update(`auto-cnn data set 1\n${JSON.stringify([[channels, height, width], classes, counts])}\n`);
  for (const { examples, digests } of parts) {
    const labels = Buffer.alloc(examples.count * 4);
    for (const [i, label] of examples.labels.entries()) labels.writeInt32LE(label, i * 4);
    hash.update(digests).update(labels);
  }
  return hash.digest('hex');
}

function checkParts({ name, shape, classes, train, validation, test }: DatasetParts): void {
  if (classes.length < 2) {
    throw new InvalidInputError(
      `${name} has ${classes.length === 0 ? 'no class' : `only one class (${classes[0]})`}: a classifier needs at least two; add images of another class.`,
      { details: { classes } },
    );
  }
  for (const [part, examples] of Object.entries({ training: train, validation, test })) {
    if (examples === undefined) continue;
    checkExamples(`${name}, ${part} part`, examples, imageSizeOf(shape), classes.length);
    if (examples.count > 0 || part === 'training') continue;
    throw new InvalidInputError(`${name} has an empty ${part} part: add images to it, or remove it.`);
  }
  const seen = new Set(train.labels);
  const missing = classes.filter((_, label) => !seen.has(label));
  if (missing.length > 0) {
    throw new InvalidInputError(
      `${name} has no training image of ${missing.join(', ')}: every class needs at least one; add images or remove the class.`,
      { details: { classes: missing } },
    );
  }
}

function checkExamples(where: string, examples: Examples, imageSize: number, classCount: number): void {
  const { count, pixels, labels } = examples;
  if (labels.length !== count) {
    throw new DataFormatError(`${where}: ${count} images but ${labels.length} labels; each image needs one label.`);
  }
  if (pixels instanceof Uint8Array && pixels.length !== count * imageSize) {
    throw new DataFormatError(
      `${where}: ${count} images of ${imageSize} bytes need ${count * imageSize} bytes, got ${pixels.length}.`,
    );
  }
  const row = labels.findIndex((label) => label < 0 || label >= classCount);
  if (row >= 0) {
    throw new DataFormatError(`${where}: label ${labels[row]} of image ${row} is outside 0..${classCount - 1}.`, {
      details: { row },
    });
  }
}
