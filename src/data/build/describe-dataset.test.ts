import { describe, expect, it } from 'vitest';
import { tinyDigitParts } from '../../../test/support/tiny-digits.ts';
import { buildDataset } from './build-dataset.ts';
import { describeDataset } from './describe-dataset.ts';

describe('describeDataset', () => {
  it('counts the images of each part, as a whole and by class', () => {
    const described = describeDataset(buildDataset(tinyDigitParts()));
    expect(described).toMatchObject({ trainExamples: 200, validationExamples: 60, testExamples: 40 });
    expect(described.classes[3]).toEqual({ name: '3', train: 20, validation: 6, test: 4 });
  });

  it('says nothing of a validation part where there is none', () => {
    const described = describeDataset(buildDataset({ ...tinyDigitParts(), validation: undefined }));
    expect(described).not.toHaveProperty('validationExamples');
    expect(described.classes[3]).toEqual({ name: '3', train: 20, test: 4 });
  });
});
