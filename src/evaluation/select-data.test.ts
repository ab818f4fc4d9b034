import { describe, expect, it } from 'vitest';
import { brightOrDark, toyDataset } from '../../test/support/toy-data.ts';
import { readImages } from '../data/set/dataset.ts';
import { channelStatistics } from '../data/set/statistics.ts';
import { prepareData, selectData, selectFolds } from './select-data.ts';
import type { DataSelection } from './task.ts';

const dataset = toyDataset(40, 10);
const SELECTION: DataSelection = { seed: 'split', validation: 0.25, purpose: 'search' };
const select = (changes: Partial<DataSelection> = {}) => selectData(dataset, { ...SELECTION, ...changes });
const brightCount = (indices: Int32Array) => indices.filter((index) => dataset.train.labels[index] === 1).length;

describe('selectData', () => {
  it('holds out the validation share, stratified, and trains on the rest', () => {
    const { examples, train, validation } = select();
    expect(examples).toBe(dataset.train);
    expect([train.length, validation.length]).toEqual([30, 10]);
    expect([brightCount(train), brightCount(validation)]).toEqual([15, 5]);
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('holds out other images in each of several splits, and all the others are trained on', () => {
    const splits = [0, 1, 2].map((split) => selectData(dataset, { ...SELECTION, splits: 3 }, split));
    expect(splits[0]).toEqual(select());
    const pooled = splits.flatMap(({ validation }) => [...validation]);
    expect(new Set(pooled).size).toBe(30);
    for (const { train, validation } of splits) {
      expect([train.length, brightCount(train), validation.length, brightCount(validation)]).toEqual([30, 15, 10, 5]);
      expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    }
    expect(selectData(dataset, { ...SELECTION, splits: 3, purpose: 'final' }).train).toHaveLength(40);
  });

  it('depends on its seed alone', () => {
    expect(select()).toEqual(select());
    expect(select({ seed: 'another' }).validation).not.toEqual(select().validation);
  });

  it('trains and scores on at most as many images as the search limit says, never on the same ones', () => {
    const whole = select();
    const { train, validation } = select({ searchLimit: 6 });
    expect([train.length, brightCount(train), validation.length, brightCount(validation)]).toEqual([6, 3, 6, 3]);
    expect(train.every((index) => whole.train.includes(index))).toBe(true);
    expect(validation.every((index) => whole.validation.includes(index))).toBe(true);
    expect(select({ searchLimit: 20 }).validation).toEqual(whole.validation);
  });

  it('scores on the test part where that is asked for', () => {
    const { train, validation, validationExamples } = select({ scoreOnTest: true });
    expect(train).toEqual(select().train);
    expect(validationExamples).toBe(dataset.test);
    expect([...validation]).toEqual(Array.from({ length: 10 }, (_, i) => i));
    expect(select()).not.toHaveProperty('validationExamples');
  });

  it('takes the train limit for all there is, in the search and at the end', () => {
    const { train, validation } = select({ trainLimit: 20 });
    const final = select({ trainLimit: 20, purpose: 'final' });
    expect([train.length, validation.length, final.train.length]).toEqual([15, 5, 20]);
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...final.train]);
  });

  it('trains on everything at the end, whatever the search limit', () => {
    const { train, validation } = select({ purpose: 'final', searchLimit: 6 });
    expect([train.length, validation.length]).toEqual([40, 0]);
  });
});

describe('folds', () => {
  it('leave each image out once, and depend on the seed alone', () => {
    const final: DataSelection = { ...SELECTION, purpose: 'final' };
    const { examples, indices, foldOf } = selectFolds(dataset, final, 4);
    expect(examples).toBe(dataset.train);
    expect(indices).toEqual(select({ purpose: 'final' }).train);
    for (let fold = 0; fold < 4; fold++) {
      const { train, validation } = select({ purpose: 'final', leaveOut: { fold, folds: 4 } });
      expect([train.length, brightCount(train), validation.length]).toEqual([30, 15, 0]);
      expect([...train]).toEqual([...indices.filter((_, i) => foldOf[i] !== fold)]);
    }
  });
});

describe('selectData with a validation part', () => {
  const parts = { ...dataset, validation: brightOrDark(12, dataset.shape, 3) };
  const selectOf = (changes: Partial<DataSelection> = {}) =>
    selectData(parts, { ...SELECTION, validation: 'part', ...changes });
  const all = (count: number) => Array.from({ length: count }, (_, i) => i);

  it('trains on the whole training part and scores on the validation part', () => {
    const { examples, train, validation, validationExamples } = selectOf();
    expect(examples).toBe(parts.train);
    expect(validationExamples).toBe(parts.validation);
    expect([...train]).toEqual(all(40));
    expect([...validation]).toEqual(all(12));
  });

  it('trains on both in the end', () => {
    const { examples, train, validation } = selectOf({ purpose: 'final' });
    expect([...train]).toEqual(all(52));
    expect(validation).toHaveLength(0);
    expect([...examples.labels]).toEqual([...parts.train.labels, ...parts.validation.labels]);
    expect(readImages(examples, 64, 39, 40)).toEqual(readImages(parts.train, 64, 39, 40));
    expect(readImages(examples, 64, 40, 52)).toEqual(parts.validation.pixels);
  });

  it('samples each part by both limits, and trains on the samples in the end', () => {
    const { train, validation, validationExamples } = selectOf({ trainLimit: 10 });
    expect([train.length, brightCount(train), validation.length]).toEqual([10, 5, 10]);
    expect(validationExamples).toBe(parts.validation);
    const final = selectOf({ trainLimit: 10, purpose: 'final' });
    expect([...final.train]).toEqual([...train, ...validation.map((index) => 40 + index)]);
    const both = selectOf({ trainLimit: 10, searchLimit: 6 });
    expect([both.train.length, both.validation.length]).toEqual([6, 6]);
    expect(both.train.every((index) => train.includes(index))).toBe(true);
    expect(both.validation.every((index) => validation.includes(index))).toBe(true);
  });

  it('scores on the test part where that is asked for', () => {
    const { train, validation, validationExamples } = selectOf({ scoreOnTest: true });
    expect([train.length, validation.length]).toEqual([40, 10]);
    expect(validationExamples).toBe(parts.test);
  });

  it.each(['search', 'final'] as const)('is refused where the data has none (%s)', (purpose) => {
    expect(() => select({ validation: 'part', purpose })).toThrow(
      'validation is "part", but bright or dark has no validation part; add one, or give the share of the training images to hold out, such as 0.1',
    );
  });
});

describe('prepareData', () => {
  it('selects once for tasks with the same selection, and measures the training images of it', () => {
    const selection: DataSelection = { seed: 'a', validation: 0.25, purpose: 'search', searchLimit: 6 };
    const first = prepareData(dataset, selection);
    expect(first.data).toEqual(selectData(dataset, selection));
    expect(first.normalisation).toEqual(channelStatistics(dataset.train, first.data.train, dataset.shape));
    expect(prepareData(dataset, { ...selection })).toBe(first);

    const other = prepareData(dataset, { ...selection, seed: 'b' });
    expect(other.data.train).not.toEqual(first.data.train);
    expect(prepareData(dataset, selection)).toEqual(first);
  });
});
