import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partOfName, sortIntoParts, wordsOf } from './part-files.ts';

describe('partOfName', () => {
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
    ['strain', undefined],
    ['contest', undefined],
    ['valley', undefined],
    ['train_test', undefined],
    ['', undefined],
  ])('reads %s as %s', (name, part) => {
    expect(partOfName(name)).toBe(part);
  });

  it('finds a part among any other words, and the words are never empty', () => {
    const word = fc.stringMatching(/^[b-d]{1,5}$/);
    const separator = fc.constantFrom('_', '-', ' ', '.', '12');
    fc.assert(
      fc.property(word, separator, fc.constantFrom('train', 'TEST', 'Val'), separator, word, (a, b, part, c, d) => {
        const name = [a, b, part, c, d].join('');
        expect(partOfName(name)).toBe(part === 'train' ? 'train' : part === 'TEST' ? 'test' : 'validation');
        expect(wordsOf(name)).toEqual([a, part.toLowerCase(), d]);
      }),
    );
  });
});

describe('sortIntoParts', () => {
  it('takes files without a part for the training part if none is called that', () => {
    expect(sortIntoParts('/d', ['/d/b.csv', '/d/test.csv', '/d/a.csv', '/d/val.csv'])).toEqual({
      train: ['/d/a.csv', '/d/b.csv'],
      validation: ['/d/val.csv'],
      test: ['/d/test.csv'],
      unused: [],
    });
    expect(sortIntoParts('/d', ['/d/train.csv', '/d/a.csv'])).toMatchObject({
      train: ['/d/train.csv'],
      unused: ['/d/a.csv'],
    });
  });

  it('refuses a test part alone', () => {
    expect(() => sortIntoParts('/d', ['/d/test.csv'])).toThrow(
      'Cannot use /d as a data set: none of its files is called train (test.csv): give the training part that name.',
    );
  });
});
