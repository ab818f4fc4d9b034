import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeNpy, npzEntries, writeNpz } from '../../../../test/support/array-fixtures.ts';
import { readBothWays } from '../../../../test/support/both-ways.ts';
import { pixelsOf, randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import type { DatasetParts, LocatedSource, ReadOptions } from '../../set/source.ts';
import { locateArrayFolder, locateNpy, locateNpz } from './npz.ts';

const grey = { channels: 1, height: 3, width: 2 };
const colour = { channels: 3, height: 3, width: 2 };
const train = randomExamples(8, grey, 2);
const coloured = randomExamples(8, colour, 2);
const labels = encodeNpy('|u1', [8], Uint8Array.from(train.labels));

/** What is said of every archive of that name. */
const LABELS_NOTE = 'Labels: y_train in digits.npz.';

const read = async (entries: Record<string, Uint8Array>, options: ReadOptions = {}): Promise<DatasetParts> =>
  readBothWays(locateNpz(await writeNpz(await temporaryFolder(), 'digits.npz', entries)), options);

/** The images as elements of a typed array. */
const encodeImages = (
  descr: string,
  elements: ArrayBufferView,
  axes = [8, 3, 2],
  options: { fortran?: boolean; version?: number } = {},
): Uint8Array =>
  encodeNpy(descr, axes, new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), options);

describe('locateNpz', () => {
  it('reads both parts, grey without a channel axis', async () => {
    const test = randomExamples(4, grey, 2, 9);
    const parts = await read(npzEntries(train, test, grey));
    expect(parts).toEqual({ name: 'digits', shape: grey, classes: ['0', '1'], train, test, notes: [LABELS_NOTE] });
  });

  it('reads colours in the last axis, or in the second when told so or when only that can be', async () => {
    expect((await read(npzEntries(coloured, undefined, colour))).train).toEqual(coloured);
    const first = { 'x_train.npy': encodeImages('|u1', coloured.pixels, [8, 3, 3, 2]), 'y_train.npy': labels };
    expect((await read(first)).train).toEqual(coloured);
    const square = { channels: 3, height: 3, width: 3 };
    const examples = randomExamples(8, square, 2);
    const ambiguous = { 'x_train.npy': encodeImages('|u1', examples.pixels, [8, 3, 3, 3]), 'y_train.npy': labels };
    expect((await read(ambiguous, { layout: 'nchw' })).train).toEqual(examples);
    expect((await read(ambiguous)).train).not.toEqual(examples);
    expect((await read(ambiguous, { layout: 'nhwc' })).train).toEqual((await read(ambiguous)).train);
  });

  it.each([2, 3])('reads version %d of the npy format', async (version) => {
    const images = encodeImages('|u1', train.pixels, [8, 3, 2], { version });
    expect((await read({ 'x_train.npy': images, 'y_train.npy': labels })).train).toEqual(train);
  });

  it('reads Fortran order', async () => {
    const elements = Uint8Array.from({ length: 48 }, (_, i) => {
      const [image, row, column] = [i % 8, Math.floor(i / 8) % 3, Math.floor(i / 24)];
      return train.pixels[image * 6 + row * 2 + column] ?? 0;
    });
    const images = encodeImages('|u1', elements, [8, 3, 2], { fortran: true });
    expect((await read({ 'x_train.npy': images, 'y_train.npy': labels })).train).toEqual(train);
  });

  it.each<[string, (pixels: Uint8Array) => ArrayBufferView, number]>([
    ['<i4', (pixels) => Int32Array.from(pixels), 0],
    ['>i4', (pixels) => swapped(Int32Array.from(pixels), 4), 0],
    ['<u2', (pixels) => Uint16Array.from(pixels), 0],
    ['>u2', (pixels) => swapped(Uint16Array.from(pixels), 2), 0],
    ['<u2', (pixels) => Uint16Array.from(pixels, (value) => value * 256 + 99), 1],
    ['<i8', (pixels) => BigInt64Array.from(pixels, BigInt), 0],
    ['>u8', (pixels) => swapped(BigUint64Array.from(pixels, BigInt), 8), 0],
    ['<f4', (pixels) => Float32Array.from(pixels), 1],
    ['<f4', (pixels) => Float32Array.from(pixels, (value) => value / 255), 1],
    [
      '>f8',
      (pixels) =>
        swapped(
          Float64Array.from(pixels, (value) => value / 255),
          8,
        ),
      1,
    ],
    ['<f2', (pixels) => Uint16Array.from(pixels, halfOf), 1],
  ])('brings %s to bytes (%#)', async (descr, encode, notes) => {
    const images = encodeImages(descr, encode(train.pixels));
    const parts = await read({ 'x_train.npy': images, 'y_train.npy': labels });
    expect(parts.train).toEqual(train);
    expect(parts.notes).toHaveLength(1 + notes);
  });

  it('takes booleans for black and white', async () => {
    const images = encodeImages(
      '|b1',
      train.pixels.map((value) => value & 1),
    );
    const { pixels } = (await read({ 'x_train.npy': images, 'y_train.npy': labels })).train;
    expect(pixels).toEqual(train.pixels.map((value) => (value & 1) * 255));
  });

  it('reads labels in a column, one-hot, and as words', async () => {
    const images = encodeImages('|u1', train.pixels);
    const column = encodeImages(
      '<i8',
      BigInt64Array.from(train.labels, (label) => BigInt(label + 5)),
      [8, 1],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': column })).classes).toEqual(['5', '6']);
    const oneHot = encodeImages(
      '<f4',
      Float32Array.from([...train.labels].flatMap((label) => (label ? [0, 1] : [1, 0]))),
      [8, 2],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': oneHot })).train.labels).toEqual(train.labels);
    const words = [...train.labels].map((label) => (label ? 'dög' : 'cat'));
    const unicode = encodeImages(
      '<U3',
      Uint32Array.from(words.flatMap((word) => [...word].map((c) => c.codePointAt(0) ?? 0))),
      [8],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': unicode })).classes).toEqual(['cat', 'dög']);
    const bytes = encodeImages(
      '|S5',
      Buffer.from(words.map((word) => word.padEnd(word === 'cat' ? 5 : 4, '\0')).join('')),
      [8],
    );
    expect((await read({ 'x_train.npy': images, 'y_train.npy': bytes })).classes).toEqual(['cat', 'dög']);
  });

  it.each<[string, Record<string, Uint8Array>, string]>([
    [
      'missing images',
      { 'y_train.npy': labels, 'z.npy': labels },
      'names do not tell which array holds the images of the training part; it has y_train in digits.npz (8) byte, z in digits.npz (8) byte. Known names: x_train and y_train,',
    ],
    [
      'parts of two ranges',
      {
        ...npzEntries(train, train, grey),
        'x_test.npy': encodeImages(
          '<f4',
          Float32Array.from(train.pixels, (value) => value / 255),
        ),
      },
      '(x_test.npy), byte 128: the pixels of x_train go from 2 to 251 (range 0..255), those of x_test from 0.007843137718737125 to 0.9843137264251709: both must have one range; scale all parts alike, to 0..255 for example.',
    ],
    [
      'more labels than images',
      { 'x_train.npy': encodeImages('|u1', train.pixels.subarray(6), [7, 3, 2]), 'y_train.npy': labels },
      '(x_train.npy), byte 128: 7 images, but 8 labels; each image needs one label.',
    ],
    [
      'normalised floats',
      {
        'x_train.npy': encodeImages(
          '<f4',
          Float32Array.from(train.pixels, (value) => value / 64 - 2),
        ),
        'y_train.npy': labels,
      },
      '(x_train.npy), byte 128: pixels must lie in 0..1 or in 0..255 (whole numbers also in 0..65535), but those of x_train go from -1.96875 to 1.921875; give the pixels as they were before they were normalised.',
    ],
    [
      'floats that are no numbers',
      {
        'x_train.npy': encodeImages(
          '<f4',
          Float32Array.from(train.pixels, () => Number.NaN),
        ),
        'y_train.npy': labels,
      },
      'but some of x_train are not finite numbers; replace the values that are not numbers, or remove their images.',
    ],
    ['two channels', { 'x_train.npy': encodeImages('|u1', train.pixels, [8, 1, 3, 2]), 'y_train.npy': labels }, ''],
    [
      'pickled objects',
      { 'x_train.npy': encodeNpy('|O', [8], train.pixels), 'y_train.npy': labels },
      '(x_train.npy), byte 0: an array of Python objects (a pickle), which is never read, because a pickle can run code; save it again without objects: words with np.savez(…, y_train=y.astype(str)), images of one size with x_train=np.stack(x).',
    ],
    [
      'an axis of zero',
      { 'x_train.npy': encodeNpy('|u1', [0, 28, 28], new Uint8Array()), 'y_train.npy': labels },
      'the shape (0, 28, 28) has an axis of 0',
    ],
    [
      'a label that only the test part has',
      { ...npzEntries(train, train, grey), 'y_test.npy': encodeNpy('|u1', [8], train.pixels.subarray(0, 8).fill(7)) },
      '(y_test.npy), row 0: label 7 does not occur in the training part (its labels: 0, 1); add training images of it.',
    ],
  ])('refuses %s', async (name, entries, message) => {
    const reading = read(entries);
    if (name === 'two channels') expect((await reading).shape).toEqual({ channels: 1, height: 3, width: 2 });
    else await expect(reading).rejects.toThrow(message);
  });
});

describe('the names of arrays', () => {
  const test = randomExamples(4, grey, 2, 9);
  const validation = randomExamples(2, grey, 2, 5);
  const parts = npzEntries(train, test, grey);
  const entries = (
    names: Readonly<Record<string, 'x' | 'y' | 'tx' | 'ty' | 'vx' | 'vy'>>,
  ): Record<string, Uint8Array> =>
    Object.fromEntries(
      Object.entries(names).map(([name, what]) => {
        const examples = what.startsWith('t') ? test : what.startsWith('v') ? validation : train;
        const array = what.endsWith('x')
          ? encodeImages('|u1', examples.pixels, [examples.count, 3, 2])
          : encodeNpy('|u1', [examples.count], Uint8Array.from(examples.labels));
        return [`${name}.npy`, array];
      }),
    );

  it.each<[string, Readonly<Record<string, 'x' | 'y' | 'tx' | 'ty' | 'vx' | 'vy'>>]>([
    ['capitals', { X_train: 'x', Y_train: 'y', X_test: 'tx', Y_test: 'ty', X_valid: 'vx', Y_valid: 'vy' }],
    [
      'MedMNIST',
      {
        train_images: 'x',
        train_labels: 'y',
        test_images: 'tx',
        test_labels: 'ty',
        val_images: 'vx',
        val_labels: 'vy',
      },
    ],
    ['camel case', { trainX: 'x', trainY: 'y', testX: 'tx', testY: 'ty', valX: 'vx', valY: 'vy' }],
    ['together', { xtrain: 'x', ytrain: 'y', xtest: 'tx', ytest: 'ty', xval: 'vx', yval: 'vy' }],
    [
      'the part last',
      { imgs_tr: 'x', target_tr: 'y', imgs_te: 'tx', target_te: 'ty', imgs_dev: 'vx', target_dev: 'vy' },
    ],
    [
      'data and their labels',
      {
        train_data: 'x',
        train_data_labels: 'y',
        test_data: 'tx',
        test_data_labels: 'ty',
        validation_data: 'vx',
        validation_data_labels: 'vy',
      },
    ],
  ])('tell three parts by their words: %s', async (_, names) => {
    const found = await read(entries(names));
    expect(found).toMatchObject({ train, test, validation });
  });

  it.each([
    ['images', 'labels'],
    ['X', 'y'],
    ['data', 'target'],
    ['imgs', 'labels'],
    ['features', 'class'],
  ])('without a part are the training part: %s and %s', async (images, labels) => {
    const found = await read(entries({ [images]: 'x', [labels]: 'y', label_names: 'ty' }));
    expect(found).toMatchObject({
      train,
      test: undefined,
      notes: [`Labels: ${labels} in digits.npz.`, 'Arrays were left out: label_names in digits.npz.'],
    });
  });

  it('may be given, and the other parts are then found by them', async () => {
    const named = entries({ a_train: 'x', b_train: 'y', a_test: 'tx', b_test: 'ty' });
    await expect(read(named)).rejects.toThrow(
      'names do not tell which arrays hold the images and labels of the training part; it has',
    );
    expect(await read(named, { imageColumn: 'a_train', labelColumn: 'b_train' })).toMatchObject({ train, test });
    const unnamed = entries({ arr_0: 'x', arr_1: 'y' });
    await expect(read(unnamed)).rejects.toThrow(
      'or name the arrays of the training part with --image-column and --label-column.',
    );
    expect(await read(unnamed, { imageColumn: 'arr_0', labelColumn: 'arr_1' })).toMatchObject({ train });
    await expect(read(unnamed, { imageColumn: 'arr_7', labelColumn: 'arr_1' })).rejects.toThrow(
      'there is no array "arr_7"',
    );
  });

  it('are refused where several could be the labels', async () => {
    await expect(read(entries({ images: 'x', fine_labels: 'y', coarse_labels: 'y' }))).rejects.toThrow(
      'several arrays could be the labels: fine_labels in digits.npz, coarse_labels in digits.npz;',
    );
  });

  it('leave out images of a part without labels, or whose labels are all -1', async () => {
    const { 'y_test.npy': _, ...without } = parts;
    expect(await read(without)).toMatchObject({
      test: undefined,
      notes: [LABELS_NOTE, 'x_test in digits.npz was left out: there are no labels of it.'],
    });
    const { 'x_test.npy': __, ...imageless } = parts;
    await expect(read(imageless)).rejects.toThrow('no array holds the images of y_test in digits.npz; it has');
    const minus = { ...parts, 'y_test.npy': encodeNpy('|i1', [4], new Uint8Array(4).fill(255)) };
    expect(await read(minus)).toMatchObject({
      test: undefined,
      notes: [LABELS_NOTE, 'x_test was left out: all of its labels are -1, which means that it has none.'],
    });
  });

  it('go before "data", as in the digits of scikit-learn', async () => {
    const digits = {
      'data.npy': encodeImages('<f8', Float64Array.from(train.pixels), [8, 6]),
      'images.npy': encodeImages('<f8', Float64Array.from(train.pixels), [8, 3, 2]),
      'target.npy': labels,
      'target_names.npy': encodeNpy('<i8', [2], new Uint8Array(16)),
    };
    expect(await read(digits)).toMatchObject({ train, shape: grey });
  });

  it('are explained', async () => {
    const path = await writeNpz(await temporaryFolder(), 'a.npz', { ...parts, 'mean.npy': labels });
    expect(await locateNpz(path).explain?.({})).toEqual([
      { file: 'a.npz (x_train)', part: 'train', rule: 'images, by the name of the array' },
      { file: 'a.npz (y_train)', part: 'train', rule: 'labels, by the name of the array' },
      { file: 'a.npz (x_test)', part: 'test', rule: 'images, by the name of the array' },
      { file: 'a.npz (y_test)', part: 'test', rule: 'labels, by the name of the array' },
      { file: 'a.npz (mean)', rule: 'another array' },
    ]);
  });
});

describe('the axes of arrays', () => {
  const square = { channels: 3, height: 4, width: 4 };
  const squares = randomExamples(8, square, 2);
  const squareLabels = encodeNpy('|u1', [8], Uint8Array.from(squares.labels));
  const greys = randomExamples(8, { ...square, channels: 1 }, 2);

  it('may count the images last, as in MATLAB', async () => {
    const elements = Uint8Array.from({ length: 384 }, (_, i) => {
      const [row, column, channel, image] = [Math.floor(i / 96), Math.floor(i / 24) % 4, Math.floor(i / 8) % 3, i % 8];
      return squares.pixels[image * 48 + channel * 16 + row * 4 + column] ?? 0;
    });
    const parts = await read({
      'X.npy': encodeImages('|u1', elements, [4, 4, 3, 8]),
      'y.npy': encodeNpy('|u1', [1, 8], Uint8Array.from(squares.labels)),
    });
    expect(parts.train).toEqual(squares);
    expect(parts.notes).toContain(
      'The images are in the last axis of the array: (4, 4, 3, 8) was read as (height, width, channels, images).',
    );
  });

  it('may be rows of square images, whose channels need a layout', async () => {
    const rows = await read({ 'X.npy': encodeImages('|u1', greys.pixels, [8, 16]), 'y.npy': squareLabels });
    expect(rows.train.pixels).toEqual(greys.pixels);
    expect(rows.notes).toContain('Rows of 16 numbers were read as grey images of 4 × 4.');
    const coloured = { 'X.npy': encodeImages('|u1', squares.pixels, [8, 48]), 'y.npy': squareLabels };
    await expect(read(coloured)).rejects.toThrow(
      'reshape the array to (n, 4, 4, 3) or (n, 3, 4, 4), or give --layout nhwc (pixel by pixel) or nchw (plane by plane).',
    );
    expect((await read(coloured, { layout: 'nchw' })).train).toEqual(squares);
    const odd = { 'X.npy': encodeImages('|u1', greys.pixels.subarray(0, 56), [8, 7]), 'y.npy': squareLabels };
    await expect(read(odd)).rejects.toThrow('rows of 7 numbers are not square images, grey or of 3 channels; reshape');
  });

  it('may have a fourth channel if it is opaque throughout', async () => {
    const withAlpha = (alpha: (pixel: number) => number): Uint8Array =>
      Uint8Array.from({ length: 512 }, (_, i) => {
        const [image, pixel, channel] = [Math.floor(i / 64), Math.floor(i / 4) % 16, i % 4];
        return channel === 3 ? alpha(Math.floor(i / 4)) : (squares.pixels[image * 48 + channel * 16 + pixel] ?? 0);
      });
    const entries = (elements: Uint8Array) => ({
      'X.npy': encodeImages('|u1', elements, [8, 4, 4, 4]),
      'y.npy': squareLabels,
    });
    const parts = await read(entries(withAlpha(() => 255)));
    expect(parts.train).toEqual(squares);
    expect(parts.notes).toContain('The fourth channel, which is opaque throughout, was left out.');
    await expect(read(entries(withAlpha((pixel) => (pixel === 40 ? 254 : 255))))).rejects.toThrow(
      '4 channels in the shape (8, 4, 4, 4), and the fourth, the opacity, is not 255 throughout (image 2); keep three channels, with x[..., :3].',
    );
  });

  it('are swapped on request', async () => {
    const parts = await read(npzEntries(train, undefined, grey), { transpose: true });
    expect(parts.shape).toEqual({ channels: 1, height: 2, width: 3 });
    const [a, b, c, d, e, f] = train.pixels;
    expect(pixelsOf(parts.train).subarray(0, 6)).toEqual(Uint8Array.from([a, c, e, b, d, f].map((v) => v ?? 0)));
    expect(parts.notes).toContain(
      'Rows and columns of all images were swapped: a model of this data takes images that are upright.',
    );
  });
});

describe('labels in arrays', () => {
  const images = encodeImages('|u1', train.pixels);
  const withLabels = (array: Uint8Array): Record<string, Uint8Array> => ({
    'x_train.npy': images,
    'y_train.npy': array,
  });
  const floats = (...values: number[]): Uint8Array =>
    encodeImages(
      '<f8',
      Float64Array.from({ length: 8 }, (_, i) => values[i % values.length] ?? 0),
      [8],
    );
  const texts = (...values: string[]): Uint8Array =>
    encodeNpy(
      '|S4',
      [8],
      Buffer.from(Array.from({ length: 8 }, (_, i) => (values[i % values.length] ?? '').padEnd(4, '\0')).join('')),
    );

  it('are one class as 0, 0.0, -0.0 and "0"', async () => {
    expect((await read(withLabels(floats(0, -0, 1)))).classes).toEqual(['0', '1']);
    expect((await read(withLabels(texts('0', '0.0', '1', '1.')))).classes).toEqual(['0', '1']);
  });

  it('are words of windows-1252 where they are not UTF-8', async () => {
    const bytes = encodeNpy('|S2', [8], Buffer.from('ab\xe4b'.repeat(4), 'latin1'));
    expect((await read(withLabels(bytes))).classes).toEqual(['ab', 'äb']);
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a fraction',
      floats(0, 1, 1.5),
      '(y_train.npy), row 2: the label 1.5 is not a whole number; labels are whole numbers or words.',
    ],
    ['not a number', floats(0, Number.NaN), '(y_train.npy), row 1: the label NaN is not a whole number;'],
    [
      'an empty word',
      texts('a', ''),
      '(y_train.npy), row 1: the label is empty; give every image a label, or remove it.',
    ],
    [
      'several ones',
      encodeNpy('|u1', [8, 2], new Uint8Array(16).fill(1)),
      '(y_train.npy), row 0: not a one-hot row: [1, 1]; it must hold one 1, and 0 otherwise; if the largest value is the class, save y.argmax(axis=1).',
    ],
  ])('are refused with %s', async (_, array, message) => {
    await expect(read(withLabels(array))).rejects.toThrow(message);
  });

  it('may be -1 like any number, which is said', async () => {
    const parts = await read(withLabels(floats(-1, 1)));
    expect(parts.classes).toEqual(['-1', '1']);
    expect(parts.notes).toContain('The label -1 was read as a class of its own.');
  });
});

describe('a folder of arrays', () => {
  const npy = encodeImages('|u1', train.pixels);

  it('has one array in each file, or the two of a part', async () => {
    const expected = { train, notes: ['Labels: y.npy.'] };
    const folder = await temporaryFolder();
    await writeIn(folder, 'X.npy', npy);
    await writeIn(folder, 'y.npy', labels);
    expect(await readBothWays(await locatedIn(folder))).toMatchObject(expected);
    const kmnist = await temporaryFolder();
    for (const part of ['train', 'test']) {
      await writeNpz(kmnist, `kmnist-${part}-imgs.npz`, { 'arr_0.npy': npy });
      await writeNpz(kmnist, `kmnist-${part}-labels.npz`, { 'arr_0.npy': labels });
    }
    expect(await readBothWays(await locatedIn(kmnist))).toMatchObject({ train, test: train });
    const pairs = await temporaryFolder();
    for (const part of ['train', 'val', 'test'])
      await writeNpz(pairs, `${part}.npz`, { 'x.npy': npy, 'y.npy': labels });
    expect(await readBothWays(await locatedIn(pairs))).toMatchObject({ train, validation: train, test: train });
  });

  it('is refused with half of a pair, but left to others where there are images', async () => {
    const folder = await temporaryFolder();
    const path = await writeIn(folder, 'images.npy', npy);
    await expect((await locatedIn(folder)).read({})).rejects.toThrow(
      'names do not tell which array holds the labels of the training part; it has images.npy (8, 3, 2) byte.',
    );
    await expect(locateNpy(path)).rejects.toThrow(
      'one array has images or labels, and both are needed; put the images and the labels into one folder, as x_train.npy and y_train.npy, and give the folder.',
    );
    await writeIn(folder, 'cat/1.png', '');
    expect(await locateArrayFolder(folder)).toBeUndefined();
    await writeIn(folder, 'labels.npy', labels);
    expect(await locateArrayFolder(folder)).toBeDefined();
    await expect(locateNpy(path)).rejects.toThrow(`give the folder that holds the others too (${folder}).`);
  });

  const locatedIn = async (folder: string): Promise<LocatedSource> => {
    const located = await locateArrayFolder(folder);
    if (located === undefined) throw new Error('not recognised');
    return located;
  };
});

describe('an archive that lies', () => {
  const whole = Buffer.from(zipSync(npzEntries(train, undefined, grey)));
  const readBytes = async (bytes: Uint8Array): Promise<DatasetParts> =>
    readBothWays(locateNpz(await writeIn(await temporaryFolder(), 'a.npz', bytes)));
  /** The directory's entry of a name. */
  const entryOf = (bytes: Buffer, name: string): number => bytes.lastIndexOf(name) - 46;

  it('cannot inflate more than it announces', async () => {
    const bomb = Buffer.from(
      zipSync({ 'x_train.npy': new Uint8Array(5_000_000), 'y_train.npy': new Uint8Array(5_000_000) }),
    );
    bomb.writeUInt32LE(1000, entryOf(bomb, 'y_train.npy') + 24);
    await expect(readBytes(bomb)).rejects.toThrow(
      'y_train.npy inflates to more than the 1000 bytes that were announced',
    );
  });

  it('cannot announce what its bytes cannot give, or more than memory holds', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(4_000_000_000, entryOf(bytes, 'y_train.npy') + 24);
    await expect(readBytes(bytes)).rejects.toThrow(
      /y_train.npy claims to have 4000000000 bytes, more than its \d+ bytes in the archive can give/,
    );
  });

  it('is found out by its check sums', async () => {
    const stored = Buffer.from(zipSync(npzEntries(train, undefined, grey), { level: 0 }));
    const at = stored.indexOf(Buffer.from(train.pixels));
    expect(at).toBeGreaterThan(0);
    stored[at] = (stored[at] ?? 0) ^ 1;
    await expect(readBytes(stored)).rejects.toThrow('x_train.npy is damaged: its check sum does not match');
  });

  it('writes no file, whatever its entries are called', async () => {
    const entries = { ...npzEntries(train, undefined, grey), '../../outside.npy': labels, '/tmp/outside.npy': labels };
    expect((await read(entries)).train).toEqual(train);
  });
});

function swapped(elements: ArrayBufferView, size: 2 | 4 | 8): Uint8Array {
  const bytes = Buffer.from(elements.buffer.slice(0));
  return size === 2 ? bytes.swap16() : size === 4 ? bytes.swap32() : bytes.swap64();
}

/** Whole numbers below 2048 fit exactly. */
function halfOf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.round((value / 2 ** exponent - 1) * 1024);
}
