import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { findLabelErrors, rankBySelfConfidence } from './confident-learning.ts';

describe('findLabelErrors', () => {
  it('counts what is sure, scales it to the class, and takes the lowest self-confidence: by hand', () => {
    const labels = Int32Array.from([0, 0, 0, 0, 1, 1]);
    const first = [0.9, 0.8, 0.1, 0.6, 0.1, 0.3];
    const probabilities = Float32Array.from(first.flatMap((p) => [p, 1 - p]));
    const { thresholds, joint, selfConfidences, others, isWrong } = findLabelErrors({
      classes: 2,
      labels,
      probabilities,
    });
    // Of class 0: (0.9 + 0.8 + 0.1 + 0.6) / 4; of class 1: (0.9 + 0.7) / 2.
    expect(thresholds[0]).toBeCloseTo(0.6, 6);
    expect(thresholds[1]).toBeCloseTo(0.8, 6);
    // Sure of 0: the first two and, at its threshold, the fourth; sure of 1: the third, and the fifth image.
    expect(joint.map((row) => row.map((count) => Number(count.toFixed(6))))).toEqual([
      [3, 1],
      [0, 2],
    ]);
    expect([...others]).toEqual([1, 1, 1, 1, 0, 0]);
    expect([...selfConfidences].map((one) => Number(one.toFixed(6)))).toEqual([0.9, 0.8, 0.1, 0.6, 0.9, 0.7]);
    expect([...isWrong]).toEqual([0, 0, 1, 0, 0, 0]);
    expect([...rankBySelfConfidence({ selfConfidences })]).toEqual([2, 3, 5, 1, 0, 4]);
  });

  it('finds planted errors among clear predictions, and nothing where all is clear', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 12 }), (seed, planted) => {
        const rng = createRng(seed);
        const truth = Array.from({ length: 120 }, (_, i) => i % 4);
        const labels = Int32Array.from(truth, (label, i) =>
          i < planted ? (label + 1 + rng.integer(0, 2)) % 4 : label,
        );
        const probabilities = Float32Array.from(
          truth.flatMap((label) => Array.from({ length: 4 }, (_, j) => (j === label ? 0.94 : 0.02))),
        );
        const { isWrong } = findLabelErrors({ classes: 4, labels, probabilities });
        expect([...isWrong.keys()].filter((i) => isWrong[i] === 1)).toEqual(
          Array.from({ length: planted }, (_, i) => i).filter((i) => labels[i] !== truth[i]),
        );
      }),
    );
  });

  it('keeps the images of each class in its row of the joint, also where no image is sure or a class is empty', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const rng = createRng(seed);
        const labels = Int32Array.from({ length: 30 }, () => rng.integer(0, 2));
        const rows = Array.from({ length: 30 }, () => Array.from({ length: 4 }, () => rng.integer(1, 100)));
        const probabilities = Float32Array.from(
          rows.flatMap((row) => row.map((value) => value / row.reduce((a, b) => a + b, 0))),
        );
        const { joint, selfConfidences } = findLabelErrors({ classes: 4, labels, probabilities });
        for (const [label, row] of joint.entries()) {
          const given = labels.filter((each) => each === label).length;
          expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(given, 9);
        }
        expect(joint.map((row) => row[3])).toEqual([0, 0, 0, 0]);
        const ranked = [...rankBySelfConfidence({ selfConfidences })].map((i) => selfConfidences[i] ?? 0);
        expect(ranked).toEqual(ranked.toSorted((a, b) => a - b));
      }),
    );
  });
});
