import { describe, expect, it } from 'vitest';
import { sortIntoParts } from './part-files.ts';

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
