import { describe, expect, it } from 'vitest';
import { pixelsOf, randomExamples } from '../../../test/support/data-fixtures.ts';
import type { Examples } from '../set/dataset.ts';
import { buildDataset } from './build-dataset.ts';

const shape = { channels: 1, height: 2, width: 2 };
const withLabels = (labels: readonly number[], seed = 1): Examples => ({
  ...randomExamples(labels.length, shape, 2, seed),
  labels: Int32Array.from(labels),
});

const notesOn = (train: Examples, test: Examples): readonly string[] =>
  buildDataset({ name: 'x', shape, classes: ['cat', 'dog'], train, test, notes: ['read'] }).notes;

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
    ]);
  });

  it('name the classes without a test image', () => {
    expect(notesOn(withLabels([0, 1]), withLabels([0], 2))).toEqual(['read', 'Classes without a test image: dog.']);
  });

  it('suggest weights where a class has ten times as many images as another', () => {
    const uneven = [1, ...new Array<number>(10).fill(0)];
    expect(notesOn(withLabels(uneven), withLabels([0, 1], 2))).toEqual([
      'read',
      'The classes are uneven (training images: 10 of cat, 1 of dog); --class-weights balanced makes up for it.',
    ]);
    expect(notesOn(withLabels(uneven.slice(0, -1)), withLabels([0, 1], 2))).toEqual(['read']);
  });
});
