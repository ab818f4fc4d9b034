import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../../test/support/data-fixtures.ts';
import { InvalidInputError } from '../../errors.ts';
import { type ArrayDataset, datasetFromArrays, examplesFromArrays, pixelsFromArray } from './from-arrays.ts';

const grey: ArrayDataset = {
  xTrain: { data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), shape: [2, 2, 2] },
  yTrain: [0, 1],
  xTest: { data: Uint8Array.from([9, 9, 9, 9]), shape: [1, 2, 2] },
  yTest: [1],
};

/** Image → label, whatever the order. */
function labelled({ train }: ReturnType<typeof datasetFromArrays>): Record<string, number> {
  const size = pixelsOf(train).length / train.count;
  const images = [...train.labels].map((label, i) => [
    pixelsOf(train)
      .slice(i * size, (i + 1) * size)
      .join(),
    label,
  ]);
  return Object.fromEntries(images);
}

const untested = 'Classes without a test image: 0.';
const blank = (count: number): string => `Blank images, of one colour throughout: ${count} of 3.`;

describe('datasetFromArrays', () => {
  it('takes grey images with and without a channel axis', () => {
    const dataset = datasetFromArrays(grey);
    expect(dataset).toMatchObject({ name: 'arrays', shape: { channels: 1, height: 2, width: 2 }, classes: ['0', '1'] });
    expect(labelled(dataset)).toEqual({ '1,2,3,4': 0, '5,6,7,8': 1 });
    expect(dataset.notes).toEqual([expect.stringContaining('only go up to 8 of 255'), untested, blank(1)]);
    const withAxis = { ...grey, xTrain: { ...grey.xTrain, shape: [2, 2, 2, 1] } };
    expect(datasetFromArrays(withAxis).fingerprint).toBe(dataset.fingerprint);
  });

  it('takes a validation part, which the range of floats and the number of classes cover', () => {
    const floats = (...data: number[]) => ({ data: Float32Array.from(data), shape: [data.length / 4, 2, 2] });
    const xTrain = floats(0, 0.1, 0.2, 1, 0.3, 0.2, 0.1, 0);
    const xValidation = floats(0, 1, 0.2, 0.4);
    const dataset = datasetFromArrays({ ...grey, xTrain, xValidation, yValidation: [0], xTest: floats(1, 0, 0, 0) });
    const { validation = dataset.test, train, test } = dataset;
    expect([train.count, validation.count, test.count]).toEqual([2, 1, 1]);
    expect([...pixelsOf(validation)]).toEqual([0, 255, 51, 102]);
    expect([...validation.labels]).toEqual([0]);
    expect(datasetFromArrays(grey)).not.toHaveProperty('validation');
  });

  it.each<[string, Partial<ArrayDataset>, string]>([
    [
      'no labels',
      { xValidation: grey.xTest },
      'xValidation is given without yValidation; a validation part needs both',
    ],
    ['no images', { yValidation: [0] }, 'yValidation is given without xValidation; a validation part needs both'],
    [
      'images of another size',
      { xValidation: { data: new Uint8Array(4), shape: [1, 1, 4] }, yValidation: [0] },
      'xValidation has images of [1, 4], xTrain of [2, 2]; both must have the same size',
    ],
    ['a class that is never trained', { xValidation: grey.xTest, yValidation: [2] }, 'has no training image of 2'],
  ])('refuses a validation part with %s', (_, change, message) => {
    expect(() => datasetFromArrays({ ...grey, ...change })).toThrow(message);
  });

  it('brings the channels of coloured images to the front', () => {
    const data = Uint8Array.from([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
    const x = { data, shape: [2, 1, 2, 3] };
    const dataset = datasetFromArrays({ xTrain: x, yTrain: [1, 0], xTest: x, yTest: [1, 0] });
    expect(dataset.shape).toEqual({ channels: 3, height: 1, width: 2 });
    expect(labelled(dataset)).toEqual({ '1,4,2,5,3,6': 1, '11,14,12,15,13,16': 0 });
  });

  it('scales floats in 0..1 to bytes and says so', () => {
    const xTrain = { data: Float32Array.from([0, 0.5, 1, 0.2, 0, 0, 0, 0]), shape: [2, 2, 2] };
    const xTest = { data: Float32Array.of(1, 0.1, 0.2, 0.3), shape: [1, 2, 2] };
    const dataset = datasetFromArrays({ ...grey, xTrain, xTest });
    expect(labelled(dataset)).toEqual({ '0,128,255,51': 0, '0,0,0,0': 1 });
    expect(dataset.notes).toEqual(['Pixels from 0..1 were scaled to 0..255 and rounded.', untested, blank(1)]);
  });

  it('rounds floats in 0..255 and says so', () => {
    const xTrain = { data: Float32Array.from([0, 0.6, 254.4, 255, 0, 0, 0, 0]), shape: [2, 2, 2] };
    const xTest = { data: new Float32Array(4), shape: [1, 2, 2] };
    const dataset = datasetFromArrays({ ...grey, xTrain, xTest });
    expect(labelled(dataset)).toEqual({ '0,1,254,255': 0, '0,0,0,0': 1 });
    expect(dataset.notes).toEqual([
      'Pixels that are floats in 0..255 were rounded.',
      'Test images that are in the training part too, pixel for pixel: 1 of 1; the test accuracy will be too high.',
      untested,
      blank(2),
    ]);
  });

  it('takes one-hot labels for the same data as whole numbers', () => {
    const oneHot = datasetFromArrays({ ...grey, yTrain: Float32Array.from([1, 0, 0, 1]), yTest: [0, 1] });
    expect(oneHot.fingerprint).toBe(datasetFromArrays(grey).fingerprint);
  });

  it('takes names of classes and of the data', () => {
    const dataset = datasetFromArrays({ ...grey, classes: ['cat', 'dog'], name: 'pets' });
    expect(dataset).toMatchObject({ name: 'pets', classes: ['cat', 'dog'] });
  });

  it.each<[string, Partial<ArrayDataset>, string]>([
    [
      'data that do not fit the shape',
      { xTrain: { data: new Uint8Array(7), shape: [2, 2, 2] } },
      'xTrain has 7 values, but its shape [2, 2, 2] needs 8',
    ],
    [
      'a shape of two axes',
      { xTest: { data: new Uint8Array(4), shape: [2, 2] } },
      'xTest must have the shape [n, height, width] or [n, height, width, channels] of positive whole numbers, received [2,2]',
    ],
    [
      'two channels',
      { xTest: { data: new Uint8Array(8), shape: [1, 2, 2, 2] } },
      'xTest has 2 channels in its last axis; grey images have 1, colour images 3',
    ],
    [
      'test images of another size',
      { xTest: { data: new Uint8Array(6), shape: [1, 2, 3] } },
      'xTest has images of [2, 3], xTrain of [2, 2]; both must have the same size',
    ],
    [
      'pixels that are no numbers',
      { xTest: { data: Float32Array.of(0, 1, Number.NaN, 0), shape: [1, 2, 2] } },
      'xTest holds NaN at position 2; pixels must be finite numbers',
    ],
    [
      'floats in -1..1',
      { xTrain: { data: Float32Array.of(-1, 0, 0.5, 1, 0, 0, 0, 0), shape: [2, 2, 2] } },
      'pixels must lie in 0..1 or in 0..255 (whole numbers also in 0..65535), but those of xTrain go from -1 to 1; bring −1..1 to 0..255 with (x + 1) * 127.5',
    ],
    [
      'standardised floats in one part alone',
      { xTest: { data: Float32Array.of(-0.5, 0, 1.75, 0), shape: [1, 2, 2] } },
      'the pixels of xTest must be in the range of xTrain (1 to 8), but they go from -0.5 to 1.75; scale all parts alike, to 0..255 for example',
    ],
    [
      'floats above 255',
      { xTest: { data: Float32Array.of(0, 0, 300, 0), shape: [1, 2, 2] } },
      'the pixels of xTrain go from 1 to 8 (range 0..255), those of xTest from 0 to 300: both must have one range;',
    ],
    [
      'one part scaled to 0..1 and the other not',
      {
        xTrain: { data: Float32Array.of(0, 0.25, 0.5, 1, 0, 0, 0, 0), shape: [2, 2, 2] },
        xTest: { data: Float32Array.of(0, 64, 127.5, 255), shape: [1, 2, 2] },
      },
      'the pixels of xTrain go from 0 to 1 (range 0..1), those of xTest from 0 to 255: both must have one range;',
    ],
    ['negative labels', { yTrain: [0, -1] }, 'yTrain holds -1 for image 1; labels are whole numbers from 0 up'],
    ['broken labels', { yTest: [0.5] }, 'yTest holds 0.5 for image 0; labels are whole numbers from 0 up'],
    [
      'labels above the classes',
      { yTest: [2], classes: ['a', 'b'] },
      'the labels go up to 2, but classes has 2 names; give a name for each class',
    ],
    [
      'too few labels',
      { yTrain: [0] },
      'yTrain has 1 labels for 2 images; give one whole number or one one-hot row per image',
    ],
    [
      'a row that is not one-hot',
      { yTrain: [1, 0, 1, 1] },
      'yTrain has no one-hot row for image 1: [1, 1]; a row must hold one 1, and 0 otherwise',
    ],
  ])('refuses %s', (_, change, message) => {
    const make = () => datasetFromArrays({ ...grey, ...change });
    expect(make).toThrow(InvalidInputError);
    expect(make).toThrow(message);
  });

  it('refuses data that are no typed array', () => {
    const data = [1, 2, 3, 4];
    // @ts-expect-error: plain JavaScript can
    expect(() => datasetFromArrays({ ...grey, xTest: { data, shape: [1, 2, 2] } })).toThrow(
      'xTest needs data: a Uint8Array or a Float32Array',
    );
  });
});

describe('examplesFromArrays and pixelsFromArray', () => {
  it('read images as a data set does', () => {
    const x = { data: Float32Array.of(0, 1), shape: [1, 1, 2] };
    expect(pixelsFromArray('images', x).pixels).toEqual(Uint8Array.of(0, 255));
    expect(examplesFromArrays(x, [3], 4).examples).toMatchObject({ count: 1, labels: Int32Array.of(3) });
    expect(() => examplesFromArrays(x, [4], 4)).toThrow('the labels in y go up to 4, but the network has 4 classes');
  });

  it('refuse normalised images as a data set does', () => {
    const x = { data: Float32Array.of(-1, 1), shape: [1, 1, 2] };
    expect(() => pixelsFromArray('images', x)).toThrow(/^images: pixels must lie in 0..1 .* from -1 to 1; bring/);
    expect(() => examplesFromArrays(x, [0], 2)).toThrow(InvalidInputError);
  });

  it('bring pixels to bytes by the range of the training part', () => {
    const digits = { data: Uint8Array.from({ length: 68 }, (_, i) => i % 17), shape: [4, 1, 17] };
    const dataset = datasetFromArrays({ xTrain: digits, yTrain: [0, 1, 0, 1], xTest: digits, yTest: [0, 1, 0, 1] });
    expect(dataset.pixelRange).toEqual({ low: 0, high: 16 });
    const dim = { data: Uint8Array.of(0, 1, 8), shape: [1, 1, 3] };
    expect(pixelsFromArray('x', dim, dataset.pixelRange).pixels).toEqual(Uint8Array.of(0, 16, 128));
    expect(pixelsFromArray('x', dim).pixels).toEqual(dim.data);
    const bright = { data: Uint8Array.of(0, 17, 8), shape: [1, 1, 3] };
    expect(() => examplesFromArrays(bright, [0], 2, dataset.pixelRange)).toThrow(
      'x: the pixels must lie in 0..16, as those of the training part, but they go from 0 to 17; scale them alike',
    );
  });
});
