// From parts in any order to a data set whose order and fingerprint depend on its content alone.

import { createHash } from 'node:crypto';
import { DataFormatError, InvalidInputError } from '../../errors.ts';
import { createRng } from '../../random/rng.ts';
import { counted } from '../../text/figures.ts';
import { checkClassNames, noteOnAlikeNames } from '../labels/check-class-names.ts';
import type { Corrections } from '../set/corrections.ts';
import { type Dataset, type Examples, type ImageShape, imageSizeOf, preparationOf } from '../set/dataset.ts';
import type { DatasetParts, Part } from '../set/source.ts';
import { applyCorrections } from './apply-corrections.ts';
import { describeFindings } from './content-findings.ts';
import { type OrderedExamples, orderByContent, selectOrdered } from './content-order.ts';
import { describeContent } from './data-notes.ts';
import { splitTestPart } from './split-test-part.ts';

export interface BuildOptions {
  /** Share of the images that is split off as the test part if there is none. Default 0.1. */
  readonly test?: number | undefined;
  /** Seed of that split. Default 0. */
  readonly seed?: number | undefined;
  /**
   * Applied after that split, so that they do not change it.
   *
   * @internal
   */
  readonly corrections?: Corrections | undefined;
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
  const { nameOf } = parts;
  const order = (part: Part, examples: Examples): OrderedExamples =>
    orderByContent(examples, shape, nameOf && ((index) => nameOf(part, index)));
  let train = order('train', parts.train);
  let test: OrderedExamples;
  let validation = parts.test && parts.validation && order('validation', parts.validation);
  if (parts.test === undefined && parts.validation !== undefined) {
    test = order('validation', parts.validation);
    notes.push(
      `No test part in the data: its validation part (${counted(test.examples.count, 'image')}) is the test part, and a search holds out training images for validation.`,
    );
  } else if (parts.test === undefined) {
    const { test: fraction = 0.1, seed = 0 } = options;
    checkTestFraction(fraction);
    const rng = createRng(seed).fork('test part');
    const split = splitTestPart(train, classes.length, fraction, rng);
    test = selectOrdered(train, imageSize, split.validation);
    train = selectOrdered(train, imageSize, split.train);
    const verb = test.examples.count === 1 ? 'was' : 'were';
    notes.push(
      `No test part in the data: ${test.examples.count} of ${parts.train.count} images ${verb} split off as one (stratified, seed ${seed}${split.hasCopiesTogether ? ', copies of an image together' : ''}).`,
    );
  } else {
    test = order('test', parts.test);
  }
  if (options.test !== undefined && (parts.test ?? parts.validation) !== undefined) {
    notes.push(`No test part was split off (--test ${options.test}): the data has one.`);
  }
  if (options.corrections !== undefined) {
    const corrected = applyCorrections(
      { train, test, ...(validation && { validation }) },
      options.corrections,
      classes,
      imageSize,
    );
    ({ train, test, validation } = corrected.parts);
    notes.push(corrected.note);
    checkOccurring(name, classes, train.examples);
  }
  notes.push(...describeContent(train, test, classes, validation));
  notes.push(...describeFindings(validation ? [train, validation, test] : [train, test], classes));
  notes.push(...noteOnAlikeNames(classes));
  const fingerprint = fingerprintOf(shape, classes, validation ? [train, validation, test] : [train, test]);
  return {
    name,
    shape,
    classes,
    train: train.examples,
    ...(validation && { validation: validation.examples }),
    test: test.examples,
    fingerprint,
    ...preparationOf(parts),
    ...(parts.sourceSize && { sourceSize: parts.sourceSize }),
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
  checkClassNames(name, classes);
  checkOccurring(name, classes, train);
}

function checkOccurring(name: string, classes: readonly string[], train: Examples): void {
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
