import { describe, expect, it } from 'vitest';
import { pixelsOf, randomExamples } from '../../../test/support/data-fixtures.ts';
import type { Examples } from '../set/dataset.ts';
import { buildDataset } from './build-dataset.ts';

const shape = { channels: 1, height: 2, width: 2 };
const withLabels = (labels: readonly number[], seed = 1): Examples => ({
  ...randomExamples(labels.length, shape, 2, seed),
  labels: Int32Array.from(labels),
});

const notesOn = (train: Examples, test: Examples, validation?: Examples): readonly string[] =>
  buildDataset({ name: 'x', shape, classes: ['cat', 'dog'], train, validation, test, notes: ['read'] }).notes;

describe('notes on the content', () => {
  it('are none where there is nothing to say', () => {
    expect(notesOn(withLabels([0, 1, 0]), withLabels([0, 1], 2))).toEqual(['read']);
  });

  it('count the test images that are in the training part', () => {
    const train = withLabels([0, 1, 0, 1]);
    const test = withLabels([0, 1, 1], 2);
    pixelsOf(test).set(pixelsOf(train).subarray(4, 8), 0);
    pixelsOf(test).set(pixelsOf(train).subarray(4, 8), 8);
    expect(notesOn(train, test)).toEqual([
      'read',
      'Test images that are in the training part too, pixel for pixel: 2 of 3; the test accuracy will be too high.',
      'The same image in two classes, pixel for pixel: 1 (one of dog = one of cat); no network can tell which class is right.',
    ]);
  });

  it('count the images of a validation part that are in another part, and name the classes that it lacks', () => {
    const train = withLabels([0, 1, 0, 1]);
    const [validation, test] = [withLabels([0, 0, 0], 2), withLabels([0, 1], 3)];
    pixelsOf(validation).set(pixelsOf(train).subarray(0, 8), 0);
    pixelsOf(test).set(pixelsOf(validation).subarray(8, 12), 0);
    expect(notesOn(train, test, validation)).toEqual([
      'read',
      'Test images that are in the validation part too, pixel for pixel: 1 of 2; the test accuracy will be too high.',
      'Validation images that are in the training part too, pixel for pixel: 2 of 3; the accuracy in the search will be too high.',
      'Classes without a validation image: dog.',
      'The same image in two classes, pixel for pixel: 1 (one of dog = one of cat); no network can tell which class is right.',
    ]);
  });

  it('name the classes without a test image', () => {
    expect(notesOn(withLabels([0, 1]), withLabels([0], 2))).toEqual(['read', 'Classes without a test image: dog.']);
  });

  it('suggest weights where a class has ten times as many images as another', () => {
    const uneven = [1, ...new Array<number>(10).fill(0)];
    expect(notesOn(withLabels(uneven), withLabels([0, 1], 2))).toEqual([
      'read',
      'The classes are uneven (training images: 10 of cat, 1 of dog): look at the recall of each class, not at the accuracy alone.',
    ]);
    expect(notesOn(withLabels(uneven.slice(0, -1)), withLabels([0, 1], 2))).toEqual(['read']);
  });
});
