import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pixelsOf, randomExamples } from '../../../test/support/data-fixtures.ts';
import { createRng } from '../../random/rng.ts';
import { joinExamples, selectExamples } from '../set/dataset.ts';
import type { DatasetParts } from '../set/source.ts';
import { buildDataset } from './build-dataset.ts';

const shape = { channels: 1, height: 3, width: 3 };
const parts: DatasetParts = {
  name: 'small',
  shape,
  classes: ['a', 'b'],
  train: randomExamples(40, shape, 2),
  test: randomExamples(6, shape, 2, 2),
  notes: ['a note'],
};

describe('buildDataset', () => {
  it('gives the same data and fingerprint whatever the order of the examples', () => {
    const first = buildDataset(parts);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const order = createRng(seed).shuffle(Int32Array.from({ length: 40 }, (_, i) => i));
        expect(buildDataset({ ...parts, train: selectExamples(parts.train, 9, order) })).toEqual(first);
      }),
    );
  });

  it('orders equal images by label', () => {
    const pixels = new Uint8Array(4 * 9);
    const train = (...labels: number[]) => ({ count: 4, pixels, labels: Int32Array.from(labels) });
    const ordered = buildDataset({ ...parts, train: train(1, 0, 1, 0) });
    expect([...ordered.train.labels]).toEqual([0, 0, 1, 1]);
    expect(buildDataset({ ...parts, train: train(0, 1, 1, 0) }).fingerprint).toBe(ordered.fingerprint);
  });

  it('keeps each image with its label', () => {
    const keyed = (examples: DatasetParts['train']): string[] =>
      [...examples.labels].map((label, i) => `${label}:${pixelsOf(examples).slice(i * 9, (i + 1) * 9)}`).sort();
    expect(keyed(buildDataset(parts).train)).toEqual(keyed(parts.train));
  });

  it('gives this fingerprint, on every machine', () => {
    expect(buildDataset(parts).fingerprint).toMatchInlineSnapshot(
      `"15faf535c10f610931aa5a5955d5bbd380154c2bce6cd7615c4a7de2c14b9f4a"`,
    );
  });

  it('gives another fingerprint for another pixel, label, class name, shape or part', () => {
    const { train } = parts;
    const changed: DatasetParts[] = [
      { ...parts, train: { ...train, pixels: pixelsOf(train).map((value, i) => (i === 5 ? value ^ 1 : value)) } },
      { ...parts, train: { ...train, labels: train.labels.map((label, i) => (i === 5 ? 1 - label : label)) } },
      { ...parts, classes: ['a', 'c'] },
      { ...parts, shape: { channels: 1, height: 1, width: 9 } },
      { ...parts, test: train, train: randomExamples(6, shape, 2, 2) },
    ];
    const fingerprints = [parts, ...changed].map((each) => buildDataset(each).fingerprint);
    expect(new Set(fingerprints).size).toBe(6);
  });

  it('leaves name and notes out of the fingerprint', () => {
    expect(buildDataset({ ...parts, name: 'other', notes: [] }).fingerprint).toBe(buildDataset(parts).fingerprint);
  });

  it('splits a test part off if there is none, by the seed, and says so', () => {
    const whole = { ...parts, test: undefined };
    const dataset = buildDataset(whole, { test: 0.25, seed: 3 });
    expect([dataset.train.count, dataset.test.count]).toEqual([30, 10]);
    expect([...dataset.test.labels].filter((label) => label === 0)).toHaveLength(5);
    expect(dataset.notes).toEqual([
      'a note',
      'No test part in the data: 10 of 40 images were split off as one (stratified, seed 3).',
    ]);
    expect(buildDataset(whole, { test: 0.25, seed: 3 })).toEqual(dataset);
    expect(buildDataset(whole, { test: 0.25, seed: 4 }).fingerprint).not.toBe(dataset.fingerprint);
    expect(buildDataset(whole).test.count).toBe(4);
    expect(buildDataset(whole, { test: 0.025 }).notes[1]).toContain('1 of 40 images was split off');
  });

  describe('with a validation part', () => {
    const validation = randomExamples(12, shape, 2, 3);
    const three = { ...parts, validation };

    it('orders it by content, and keeps it apart', () => {
      const dataset = buildDataset(three);
      const reversed = selectExamples(validation, 9, [...validation.labels.keys()].reverse());
      expect(buildDataset({ ...three, validation: reversed })).toEqual(dataset);
      expect(dataset.validation?.count).toBe(12);
      expect({ ...dataset, validation: undefined, fingerprint: '' }).toEqual({
        ...buildDataset(parts),
        fingerprint: '',
      });
      expect(buildDataset(parts)).not.toHaveProperty('validation');
    });

    it('gives another fingerprint than the same images in other parts', () => {
      const { train, test = train } = parts;
      const all = selectExamples(
        joinExamples(train, validation, 9),
        9,
        Array.from({ length: 52 }, (_, i) => i),
      );
      const both = selectExamples(
        joinExamples(validation, test, 9),
        9,
        Array.from({ length: 18 }, (_, i) => i),
      );
      const others: DatasetParts[] = [
        parts,
        { ...three, validation: test, test: validation },
        { ...three, train: validation, validation: train },
        { ...parts, train: all },
        { ...parts, test: both },
      ];
      const fingerprints = [three, ...others].map((each) => buildDataset(each).fingerprint);
      expect(new Set(fingerprints).size).toBe(6);
    });

    it('takes it for the test part if there is none, and says so', () => {
      const dataset = buildDataset({ ...three, test: undefined });
      const { notes, ...expected } = buildDataset({ ...parts, test: validation });
      expect(dataset).toEqual({
        ...expected,
        notes: [
          'a note',
          'No test part in the data: its validation part (12 images) is the test part, and a search holds out training images for validation.',
        ],
      });
      expect(dataset).not.toHaveProperty('validation');
    });
  });

  it.each<[string, Partial<DatasetParts>, string]>([
    ['no class', { classes: [] }, 'small has no class: a classifier needs at least two; add images of another class.'],
    [
      'one class',
      { classes: ['a'] },
      'small has only one class (a): a classifier needs at least two; add images of another class.',
    ],
    [
      'classes without training images',
      { classes: ['a', 'b', 'c', 'd'] },
      'small has no training image of c, d: every class needs at least one; add images or remove the class.',
    ],
    [
      'too few labels',
      { train: { ...parts.train, labels: new Int32Array(39) } },
      'small, training part: 40 images but 39 labels; each image needs one label.',
    ],
    [
      'too few pixels',
      { test: { count: 2, pixels: new Uint8Array(10), labels: new Int32Array(2) } },
      'small, test part: 2 images of 9 bytes need 18 bytes, got 10.',
    ],
    [
      'a label out of range',
      { test: { count: 2, pixels: new Uint8Array(18), labels: Int32Array.of(1, 2) } },
      'small, test part: label 2 of image 1 is outside 0..1.',
    ],
    [
      'an empty test part',
      { test: { count: 0, pixels: new Uint8Array(0), labels: new Int32Array(0) } },
      'small has an empty test part: add images to it, or remove it.',
    ],
    [
      'a validation label out of range',
      { validation: { count: 2, pixels: new Uint8Array(18), labels: Int32Array.of(1, 2) } },
      'small, validation part: label 2 of image 1 is outside 0..1.',
    ],
    [
      'an empty validation part',
      { validation: { count: 0, pixels: new Uint8Array(0), labels: new Int32Array(0) } },
      'small has an empty validation part: add images to it, or remove it.',
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => buildDataset({ ...parts, ...change })).toThrow(message);
  });

  it('says that a share of the test part is of no use beside a test part', () => {
    const { notes } = buildDataset(parts, { test: 0.3 });
    expect(notes).toContain('No test part was split off (--test 0.3): the data has one.');
  });

  it('refuses a share of the test part outside 0..1', () => {
    expect(() => buildDataset({ ...parts, test: undefined }, { test: 1 })).toThrow(
      'The share of the test part must lie between 0 and 1, got 1: use --test 0.1, for example.',
    );
  });
});
