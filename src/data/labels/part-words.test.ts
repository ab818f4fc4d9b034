import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPartWord, partOf, partOfList, wordsOf } from './part-words.ts';

describe('partOf', () => {
  it.each([
    ['train.csv', 'train'],
    ['X_train', 'train'],
    ['trainX', 'train'],
    ['xtrain', 'train'],
    ['asl_alphabet_train', 'train'],
    ['train_32x32', 'train'],
    ['Training', 'train'],
    ['train-00000-of-00001.parquet', 'train'],
    ['PublicTest', 'test'],
    ['t10k-images-idx3-ubyte', 'test'],
    ['val_images', 'validation'],
    ['valid', 'validation'],
    ['validation-0', 'validation'],
    ['dev.csv', 'validation'],
    ['traindata', 'train'],
    ['TestImages', 'test'],
    ['testimages', 'test'],
    ['validationset', 'validation'],
    ['trainingdataset_v2', 'train'],
    ['strain', undefined],
    ['testimony', undefined],
    ['contest', undefined],
    ['valley', undefined],
    ['train_test', undefined],
    ['', undefined],
  ])('reads %s as %s', (name, part) => {
    expect(partOf(name)).toBe(part);
  });

  it('finds a part among any other words, and the words are never empty', () => {
    const word = fc.stringMatching(/^[b-d]{1,5}$/);
    const separator = fc.constantFrom('_', '-', ' ', '.', '12');
    fc.assert(
      fc.property(word, separator, fc.constantFrom('train', 'TEST', 'Val'), separator, word, (a, b, part, c, d) => {
        const name = [a, b, part, c, d].join('');
        expect(partOf(name)).toBe(part === 'train' ? 'train' : part === 'TEST' ? 'test' : 'validation');
        expect(wordsOf(name)).toEqual([a, part.toLowerCase(), d]);
      }),
    );
  });
});

describe('partOfList', () => {
  it.each([
    ['trainval.txt', 'train'],
    ['train_val_list.txt', 'train'],
    ['test_list.txt', 'test'],
    ['val.txt', 'validation'],
    ['train_test_split.txt', undefined],
    ['classes.txt', undefined],
  ])('reads %s as %s', (name, part) => {
    expect(partOfList(name)).toBe(part);
  });
});

describe('isPartWord', () => {
  it('is true of a word for a part alone', () => {
    expect(['train', 'Test', 'valid/', 'test1'].map(isPartWord)).toEqual([true, true, true, true]);
    expect(['seg_train', 'test images', 'cat', ''].map(isPartWord)).toEqual([false, false, false, false]);
  });
});
