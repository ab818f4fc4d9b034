// A folder with the four IDX files of MNIST and its kin (Fashion-MNIST, KMNIST, EMNIST).

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataFormatError, InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { listNames, nameLabels, noteOnEmptyClasses } from '../../labels/name-labels.ts';
import { fitImages } from '../../pixels/fit-images.ts';
import type { Examples, ImageShape } from '../../set/dataset.ts';
import type { DatasetParts, LocatedSource, ReadOptions } from '../../set/source.ts';
import { readIdx, readIdxImages } from './idx.ts';

/**
 * Recognises a folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same of `t10k` or `test`; a dot
 * may stand for the second hyphen (`train-images.idx3-ubyte`), and each may be gzip-compressed, with or without `.gz`.
 * Without the two test files, a test part is split off later.
 *
 * Images are `[n, height, width]` (grey) or `[n, channels, height, width]` with 1 or 3 channels. The distinct labels of
 * the training part, in their order, become the classes.
 *
 * @param names  names of the labels 0, 1, …; they become the classes.
 */
export async function locateIdxFolder(
  folder: string,
  name?: string,
  names?: readonly string[],
): Promise<LocatedSource | undefined> {
  const entries = await readdir(folder).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const find = (part: RegExp, kind: string): string | undefined => {
    const pattern = new RegExp(`^(?:${part.source})-${kind}[-.]idx\\d-ubyte(?:\\.gz)?$`, 'i');
    const [found] = entries
      .filter((entry) => pattern.test(entry))
      .sort((a, b) => a.length - b.length || compareCodePoints(a, b));
    return found === undefined ? undefined : join(folder, found);
  };
  const train = pairOf(folder, 'train', find(/train/, 'images'), find(/train/, 'labels'));
  const test = pairOf(folder, 't10k', find(/t10k|test/, 'images'), find(/t10k|test/, 'labels'));
  if (train === undefined && test === undefined) return undefined;
  if (train === undefined) throw missingFile(folder, 'train-images-idx3-ubyte');
  const pairs = test === undefined ? [train] : [train, test];
  return {
    format: 'idx',
    files: pairs.flatMap(({ images, labels }) => [images, labels]),
    read: (options) => readParts(name ?? basename(folder), train, test, names, options),
  };
}

interface IdxPair {
  readonly images: string;
  readonly labels: string;
}

interface RawPart extends IdxPair {
  readonly shape: ImageShape;
  readonly pixels: Examples['pixels'];
  readonly values: Uint8Array;
}

function pairOf(folder: string, part: string, images?: string, labels?: string): IdxPair | undefined {
  if (images === undefined && labels === undefined) return undefined;
  if (images === undefined) throw missingFile(folder, `${part}-images-idx3-ubyte`);
  if (labels === undefined) throw missingFile(folder, `${part}-labels-idx1-ubyte`);
  return { images, labels };
}

function missingFile(folder: string, file: string): InvalidInputError {
  const path = join(folder, file);
  return new InvalidInputError(`${folder} has IDX files, but not ${file} (or ${file}.gz): add it to the folder.`, {
    details: { path },
  });
}

async function readParts(
  name: string,
  trainPair: IdxPair,
  testPair: IdxPair | undefined,
  names: readonly string[] | undefined,
  options: ReadOptions,
): Promise<DatasetParts> {
  const train = await readPair(trainPair, options);
  options.signal?.throwIfAborted();
  const test = testPair === undefined ? undefined : await readPair(testPair, options);
  options.signal?.throwIfAborted();
  if (test !== undefined && shapeText(test.shape) !== shapeText(train.shape)) {
    throw new DataFormatError(
      `${test.images}, byte 4: images of ${shapeText(test.shape)}, but those of ${train.images} are ${shapeText(train.shape)}; all must have one size.`,
      { details: { path: test.images, offset: 4 } },
    );
  }
  const namesOf = ({ values }: RawPart): string[] => Array.from(values, (value) => names?.[value] ?? String(value));
  const named = nameLabels(namesOf(train), test && namesOf(test), (row, label, classes) => {
    const [path, offset] = [test?.labels ?? train.labels, LABELS_START + row];
    return new DataFormatError(
      `${path}, byte ${offset}: label ${label} does not occur in the training part (its labels: ${listNames(classes)}); every class needs training images.`,
      { details: { path, offset } },
    );
  });
  const parts: DatasetParts = {
    name,
    shape: train.shape,
    classes: named.classes,
    train: { count: train.values.length, pixels: train.pixels, labels: named.train },
    test: test && named.test && { count: test.values.length, pixels: test.pixels, labels: named.test },
    notes: names === undefined ? [] : noteOnEmptyClasses(names, named.classes),
  };
  return fitImages(parts, options);
}

async function readPair({ images, labels }: IdxPair, { overflow }: ReadOptions): Promise<RawPart> {
  const { dimensions, pixels } = await readIdxImages(images, [3, 4], overflow);
  const [count = 0] = dimensions;
  const [height = 0, width = 0] = dimensions.slice(-2);
  const channels = dimensions.length === 4 ? (dimensions[1] ?? 0) : 1;
  if (channels !== 1 && channels !== 3) {
    throw new DataFormatError(
      `${images}, byte 8: ${channels} channels, expected 1 (grey) or 3 (red, green, blue); the order is images × channels × height × width.`,
      { details: { path: images, offset: 8 } },
    );
  }
  const { data: values } = await readIdx(labels, [1]);
  if (values.length !== count) {
    throw new DataFormatError(
      `${labels}, byte 4: ${values.length} labels, but ${images} has ${count} images; each image needs one label.`,
      { details: { path: labels, offset: 4, labels: values.length, images: count } },
    );
  }
  return { images, labels, shape: { channels, height, width }, pixels, values };
}

const LABELS_START = 8;
const shapeText = ({ channels, height, width }: ImageShape): string =>
  `${height} × ${width} with ${channels} channel${channels === 1 ? '' : 's'}`;
