// Random truths: which pictures each class of each part has.

import fc from 'fast-check';
import type { Part } from '../../../src/data/set/source.ts';
import type { Picture } from './pictures.ts';
import type { Truth } from './truth.ts';

export interface TruthPlan {
  readonly names: 'words' | 'accents' | 'numbers' | 'codes';
  readonly classCount: number;
  readonly perClass: number;
  readonly validation: number;
  readonly test: number;
  /** The test part has no image of the last class. */
  readonly isTestShort: boolean;
}

const NAMES: Readonly<Record<TruthPlan['names'], readonly string[]>> = {
  words: ['cat', 'dog', 'owl', 'Sea lion'],
  accents: ['Bär', 'café', 'Öl', 'niño'],
  numbers: ['0', '1', '2', '10'],
  codes: ['007', 'n01440764', 'A-1', 'x.y'],
};

/** Two to four classes, four to six training images of each, and up to three of each in other parts. */
export const truthPlans: fc.Arbitrary<TruthPlan> = fc.record({
  names: fc.constantFrom('words', 'accents', 'numbers', 'codes'),
  classCount: fc.integer({ min: 2, max: 4 }),
  perClass: fc.integer({ min: 4, max: 6 }),
  validation: fc.integer({ min: 0, max: 2 }),
  test: fc.integer({ min: 0, max: 3 }),
  isTestShort: fc.boolean(),
});

export function truthOf({ names, classCount, perClass, validation, test, isTestShort }: TruthPlan): Truth {
  const classes = NAMES[names].slice(0, classCount);
  let next = 0;
  const take = (count: number, of: readonly string[]) =>
    Object.fromEntries(of.map((name) => [name, Array.from({ length: count }, () => next++)]));
  const tested = isTestShort && classCount > 2 ? classes.slice(0, -1) : classes;
  return {
    train: take(perClass, classes),
    ...(validation > 0 && { validation: take(validation, classes) }),
    ...(test > 0 && { test: take(test, tested) }),
  };
}

export interface PlacedPicture extends Picture {
  readonly part: Part;
}

/** All pictures; those of a class follow each other within a part. */
export function placedPictures(truth: Truth): PlacedPicture[] {
  return PARTS.flatMap((part) =>
    Object.entries(truth[part] ?? {}).flatMap(([className, indices]) =>
      indices.map((index) => ({ part, className, index })),
    ),
  );
}

export const PARTS = ['train', 'validation', 'test'] as const satisfies readonly Part[];

/** Names that people give to the parts. */
export const partNames: fc.Arbitrary<Readonly<Record<Part, string>>> = fc.record({
  train: fc.constantFrom(
    ...['train', 'Train', 'TRAIN', 'training', 'Training', 'train_set', 'training-set', 'seg_train', 'trainImages'],
    ...['asl_alphabet_train', '01 Training', 'train2017'],
  ),
  validation: fc.constantFrom(
    ...['val', 'valid', 'Validation', 'VALID', 'dev', 'val_set', 'seg_val', 'valImages', '02 Validation', 'val2017'],
  ),
  test: fc.constantFrom(
    ...['test', 'Test', 'TEST', 'testing', 'test_set', 'seg_test', 'testImages', 'test1', '03 Test', 'eval'],
  ),
});
