// Arrays of images, IDX files and pickles, by the names and the ranges that people's data has.

import { zipSync } from 'fflate';
import { describe } from 'vitest';
import { encodeNpy, interleave } from '../support/array-fixtures.ts';
import { itReads, itRefuses, picturesOf } from '../support/data-cases/data-case.ts';
import { colourPixels, GREY_SHAPE, greyPixels, PICTURE_SHAPE, type Picture } from '../support/data-cases/pictures.ts';
import { type ClassTruth, inTurn, type Truth } from '../support/data-cases/truth.ts';
import { encodeIdx } from '../support/data-fixtures.ts';

const CLASSES = ['0', '1', '2'];
const LETTERS = ['Aa', 'Bb', 'Cc'];
const train = inTurn(CLASSES, 0, 12);
const test = inTurn(CLASSES, 501, 6);
const validation = inTurn(CLASSES, 801, 3);
const { channels, height, width } = PICTURE_SHAPE;

/** The labels of all pictures: the positions of their classes. */
const numbersOf = (classes: ClassTruth): number[] =>
  picturesOf(classes).map(({ className }) => Object.keys(classes).indexOf(className));

/** `[n, 8, 8, 3]`. */
function imagesOf(classes: ClassTruth): Uint8Array {
  const pictures = picturesOf(classes);
  const pixels = new Uint8Array(Buffer.concat(pictures.map(colourPixels)));
  return interleave({ count: pictures.length, pixels, labels: Int32Array.from(numbersOf(classes)) }, PICTURE_SHAPE);
}

type NumberType = '|u1' | '<u2' | '<f4' | '<i8';

/** npy bytes of numbers. */
function npy(type: NumberType, shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  const arrays = {
    '|u1': () => Uint8Array.from(values),
    '<u2': () => Uint16Array.from(values),
    '<f4': () => Float32Array.from(values),
    '<i8': () => BigInt64Array.from(Array.from(values, BigInt)),
  };
  const { buffer } = arrays[type]();
  return encodeNpy(type, shape, new Uint8Array(buffer));
}

interface ArrayForm {
  readonly type?: NumberType;
  readonly map?: (value: number) => number;
}

const x = (classes: ClassTruth, { type = '|u1', map = (value) => value }: ArrayForm = {}): Uint8Array =>
  npy(type, [numbersOf(classes).length, height, width, channels], Array.from(imagesOf(classes), map));
const y = (classes: ClassTruth): Uint8Array => npy('<i8', [numbersOf(classes).length], numbersOf(classes));
/** Labels in a column, as MedMNIST has them. */
const column = (classes: ClassTruth): Uint8Array => npy('|u1', [numbersOf(classes).length, 1], numbersOf(classes));

const npz = (arrays: Readonly<Record<string, Uint8Array>>) => ({
  files: {
    'a.npz': zipSync(Object.fromEntries(Object.entries(arrays).map(([key, bytes]) => [`${key}.npy`, bytes]))),
  },
  source: 'data/a.npz',
});
/** Keras's keys. */
const keras = (trainForm?: ArrayForm, testForm = trainForm) =>
  npz({ x_train: x(train, trainForm), y_train: y(train), x_test: x(test, testForm), y_test: y(test) });

describe('names of arrays in npz', () => {
  const both: Truth = { train, test };
  itReads({
    "Keras's": { ...keras(), truth: both },
    "MedMNIST's, with labels in a column": {
      ...npz({
        train_images: x(train),
        train_labels: column(train),
        val_images: x(validation),
        val_labels: column(validation),
        test_images: x(test),
        test_labels: column(test),
      }),
      truth: { train, validation, test },
    },
    'X_train and its like': {
      ...npz({ X_train: x(train), y_train: y(train), X_test: x(test), y_test: y(test) }),
      truth: both,
    },
    'x_train and x_val': {
      ...npz({ x_train: x(train), y_train: y(train), x_val: x(validation), y_val: y(validation) }),
      truth: { train, validation },
    },
    'images and labels': { ...npz({ images: x(train), labels: y(train) }), truth: { train } },
    'X and y': { ...npz({ X: x(train), y: y(train) }), truth: { train } },
    'data and target': { ...npz({ data: x(train), target: y(train) }), truth: { train } },
  });
});

describe('ranges of arrays', () => {
  const both: Truth = { train, test };
  const each =
    (map: (value: number) => number) =>
    (picture: Picture): Uint8Array =>
      colourPixels(picture).map(map);
  itReads({
    '12 bits in 16': {
      ...keras({ type: '<u2', map: (value) => value * 16 }),
      truth: both,
      pixelsOf: each((value) => Math.round((value * 16 * 255) / 4095)),
      notes: ['12'],
    },
    '0 and 1 as whole numbers': {
      ...keras({ map: (value) => (value > 100 ? 1 : 0) }),
      truth: both,
      pixelsOf: each((value) => (value > 100 ? 255 : 0)),
      notes: ['0', '1'],
    },
  });
  itRefuses({
    'parts of different ranges': {
      ...keras({ type: '<f4', map: (value) => value / 255 }, {}),
      code: 'DATA_FORMAT',
      words: ['x_train', 'x_test', '0..1', '255'],
    },
    'pixels from -1 to 1': {
      ...keras({ type: '<f4', map: (value) => value / 127.5 - 1 }),
      code: 'DATA_FORMAT',
      words: ['from -1 to 1', '(x + 1) * 127.5'],
    },
  });
});

describe('IDX files', () => {
  const images = (classes: ClassTruth): Uint8Array =>
    encodeIdx(
      [numbersOf(classes).length, GREY_SHAPE.height, GREY_SHAPE.width],
      new Uint8Array(Buffer.concat(picturesOf(classes).map(greyPixels))),
    );
  const labels = (classes: ClassTruth, first = 0): Uint8Array =>
    encodeIdx(
      [numbersOf(classes).length],
      Uint8Array.from(numbersOf(classes), (label) => label + first),
    );
  const both: Truth = { train, test };
  const four = (nameOf: (part: 'train' | 't10k', kind: 'images-idx3' | 'labels-idx1') => string) => ({
    [nameOf('train', 'images-idx3')]: images(train),
    [nameOf('train', 'labels-idx1')]: labels(train),
    [nameOf('t10k', 'images-idx3')]: images(test),
    [nameOf('t10k', 'labels-idx1')]: labels(test),
  });
  const letters = { train: inTurn(LETTERS, 0, 12), test: inTurn(LETTERS, 501, 6) };
  itReads({
    "EMNIST's letters, which are counted from 1, by their mapping": {
      files: Object.assign(
        { 'emnist-letters-mapping.txt': '1 65 97\n2 66 98\n3 67 99\n' },
        ...Object.entries(letters).map(([part, classes]) => ({
          [`emnist-letters-${part}-images-idx3-ubyte`]: images(classes),
          [`emnist-letters-${part}-labels-idx1-ubyte`]: labels(classes, 1),
        })),
      ),
      truth: letters,
      pixelsOf: greyPixels,
      notes: ['transpose'],
    },
    'files that were unpacked into folders of their own names, beside themselves': {
      files: {
        ...four((part, kind) => `${part}-${kind}-ubyte/${part}-${kind}-ubyte`),
        ...four((part, kind) => `${part}-${kind.replace('-idx', '.idx')}-ubyte`),
      },
      truth: both,
      pixelsOf: greyPixels,
    },
    'the folder in which torchvision keeps Fashion-MNIST': {
      files: four((part, kind) => `FashionMNIST/raw/${part}-${kind}-ubyte`),
      truth: both,
      pixelsOf: greyPixels,
    },
  });
});

describe('pickles', () => {
  // The first bytes of a dictionary in pickle's protocol 2.
  const pickle = Buffer.from('\x80\x02}q\x00(U\x06labelsq\x01]q\x02K\x00au.', 'latin1');
  const batches = [1, 2, 3, 4, 5].map((batch) => [`data_batch_${batch}`, pickle]);
  itRefuses({
    "CIFAR's version for Python": {
      files: { ...Object.fromEntries(batches), test_batch: pickle, 'batches.meta': pickle, 'readme.html': 'x' },
      code: 'INVALID_INPUT',
      words: ['cifar', 'binary', 'pickle'],
    },
  });
});
