import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { heldOutBy, stratifiedFolds, stratifiedSample, stratifiedSplit, stratifiedSplits } from './split.ts';

const labelsOf = (...sizes: number[]): Int32Array =>
  Int32Array.from(sizes.flatMap((size, label) => new Array<number>(size).fill(label)));

const countsOf = (labels: Int32Array, indices: Int32Array, classCount: number): number[] => {
  const counts = new Array<number>(classCount).fill(0);
  for (const index of indices) counts[labels[index] ?? 0] = (counts[labels[index] ?? 0] ?? 0) + 1;
  return counts;
};

const classSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 8 });

describe('stratifiedSplit', () => {
  it('gives each class its share, remainders to the largest, ties to the lower class', () => {
    const labels = labelsOf(25, 25, 10, 40);
    const { train, validation } = stratifiedSplit(labels, 4, 0.1, createRng(1));
    expect(countsOf(labels, validation, 4)).toEqual([3, 2, 1, 4]);
    expect(countsOf(labels, train, 4)).toEqual([22, 23, 9, 36]);
  });

  it('parts all examples, keeps every class in training and comes as near to the fraction as that allows', () => {
    fc.assert(
      fc.property(
        classSizes,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer(),
        (sizes, fraction, seed) => {
          fc.pre(sizes.some((size) => size > 1));
          const labels = createRng(seed).shuffle(labelsOf(...sizes));
          const { train, validation } = stratifiedSplit(labels, sizes.length, fraction, createRng(seed));
          expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...labels.keys()]);
          expect(Math.min(...countsOf(labels, train, sizes.length))).toBeGreaterThan(0);
          const wanted = Math.max(1, Math.round(fraction * labels.length));
          expect(validation.length).toBe(Math.min(wanted, labels.length - sizes.length));
        },
      ),
    );
  });

  it('takes this choice with seed 7, on every machine', () => {
    expect([...stratifiedSplit(labelsOf(10, 10), 2, 0.2, createRng(7)).validation]).toMatchInlineSnapshot(`
      [
        3,
        6,
        17,
        18,
      ]
    `);
  });

  it('refuses a fraction outside 0..1 and data with nothing to spare', () => {
    for (const fraction of [0, 1, -0.1, Number.NaN]) {
      expect(() => stratifiedSplit(labelsOf(5, 5), 2, fraction, createRng(1))).toThrow(
        `The validation fraction must lie between 0 and 1, got ${fraction}: use 0.1, for example.`,
      );
    }
    expect(() => stratifiedSplit(labelsOf(1, 1), 2, 0.5, createRng(1))).toThrow(
      'Nothing can be split off: each of the 2 classes has at most one example, and one must stay for training; add images.',
    );
  });
});

describe('stratifiedSample', () => {
  it('draws the number asked for, at least one of each class, without repeats', () => {
    fc.assert(
      fc.property(classSizes, fc.nat(400), fc.integer(), (sizes, extra, seed) => {
        const labels = createRng(seed).shuffle(labelsOf(...sizes));
        const sample = stratifiedSample(labels, sizes.length, sizes.length + extra, createRng(seed));
        expect(sample.length).toBe(Math.min(labels.length, sizes.length + extra));
        expect(new Set(sample).size).toBe(sample.length);
        expect(Math.min(...countsOf(labels, sample, sizes.length))).toBeGreaterThan(0);
      }),
    );
  });

  it('keeps the shares of the classes', () => {
    const labels = labelsOf(100, 300, 600);
    expect(countsOf(labels, stratifiedSample(labels, 3, 100, createRng(3)), 3)).toEqual([10, 30, 60]);
  });

  it('takes an image away from the largest class rather than leave a small one out', () => {
    const labels = labelsOf(1, 1, 98);
    expect(countsOf(labels, stratifiedSample(labels, 3, 10, createRng(3)), 3)).toEqual([1, 1, 8]);
  });

  it('refuses fewer images than classes', () => {
    expect(() => stratifiedSample(labelsOf(5, 5, 5, 5), 4, 3, createRng(1))).toThrow(
      '--train-limit 3 is too small: at least one training image for each of the 4 classes is needed; use --train-limit 4 or more.',
    );
  });
});

describe('stratifiedFolds', () => {
  it('deals every class evenly, and the folds are of one size', () => {
    fc.assert(
      fc.property(classSizes, fc.integer({ min: 2, max: 9 }), fc.integer(), (sizes, wanted, seed) => {
        const labels = labelsOf(...sizes);
        const folds = Math.min(wanted, labels.length);
        const foldOf = stratifiedFolds(labels, sizes.length, folds, createRng(seed));
        const positions = Int32Array.from(labels.keys());
        const perFold = Array.from({ length: folds }, (_, fold) => positions.filter((index) => foldOf[index] === fold));
        const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);
        expect(perFold.reduce((sum, fold) => sum + fold.length, 0)).toBe(labels.length);
        expect(spread(perFold.map(({ length }) => length))).toBeLessThanOrEqual(1);
        for (const label of sizes.keys()) {
          expect(spread(perFold.map((fold) => countsOf(labels, fold, sizes.length)[label] ?? 0))).toBeLessThanOrEqual(
            1,
          );
        }
      }),
    );
  });

  it('depends on its seed, and on nothing else', () => {
    const labels = labelsOf(20, 30);
    const deal = (seed: number) => stratifiedFolds(labels, 2, 5, createRng(seed));
    expect(deal(1)).toEqual(deal(1));
    expect(deal(1)).not.toEqual(deal(2));
  });

  it.each([1, 2.5, 7])('refuses %d folds of 6 images', (folds) => {
    expect(() => stratifiedFolds(labelsOf(3, 3), 2, folds, createRng(1))).toThrow(
      `The number of folds must be a whole number from 2 to the number of images, 6, got ${folds}: use 5, for example.`,
    );
  });
});

describe('stratifiedSplits', () => {
  it('gives disjoint validation parts, of each class its share of all of them together', () => {
    const labels = createRng(3).shuffle(labelsOf(25, 25, 10, 40));
    const splits = stratifiedSplits(labels, 4, 0.1, 5, createRng(1));
    const pooled = Int32Array.from(splits.flatMap(({ validation }) => [...validation]));
    expect(splits.map(({ validation }) => validation.length)).toEqual([10, 10, 10, 10, 10]);
    expect(new Set(pooled).size).toBe(50);
    expect(countsOf(labels, pooled, 4)).toEqual([13, 12, 5, 20]);
    for (const { validation } of splits) {
      const [first = 0, second = 0, third = 0, fourth = 0] = countsOf(labels, validation, 4);
      expect([first + second, third, fourth]).toEqual([5, 1, 4]);
    }
  });

  it('covers all examples where the shares add up to all', () => {
    const labels = labelsOf(7, 9, 14);
    const splits = stratifiedSplits(labels, 3, 1 / 3, 3, createRng(1));
    expect(splits.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b)).toEqual([...labels.keys()]);
  });

  it('begins with the one split, parts all examples each time, and never takes one twice', () => {
    const someSizes = fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(someSizes, fc.integer({ min: 2, max: 10 }), fc.nat(), (sizes, count, seed) => {
        const labels = createRng(seed).shuffle(labelsOf(...sizes));
        fc.pre(labels.length >= 2 * count);
        const fraction = 1 / count;
        const splits = stratifiedSplits(labels, sizes.length, fraction, count, createRng(seed));
        expect(splits[0]).toEqual(stratifiedSplit(labels, sizes.length, fraction, createRng(seed)));
        for (const [index, { train, validation }] of splits.entries()) {
          expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...labels.keys()]);
          expect(Math.min(...countsOf(labels, train, sizes.length))).toBeGreaterThan(0);
          const pooled = splits.slice(0, index + 1).flatMap((split) => [...split.validation]);
          expect(new Set(pooled).size).toBe(pooled.length);
          expect(pooled).toHaveLength(heldOutBy(labels.length, fraction, index + 1));
          const counts = countsOf(labels, Int32Array.from(pooled), sizes.length);
          for (const [label, size] of sizes.entries()) {
            expect(Math.abs((counts[label] ?? 0) - (size * pooled.length) / labels.length)).toBeLessThan(2);
          }
        }
      }),
    );
  });

  it('refuses more splits than there are images for', () => {
    expect(() => stratifiedSplits(labelsOf(2, 2, 1, 1), 4, 0.2, 5, createRng(1))).toThrow(
      '6 images in 4 classes are too few for 5 validation splits of 0.2 of them each: no image is left for split 4; use fewer splits, or add images.',
    );
  });
});
