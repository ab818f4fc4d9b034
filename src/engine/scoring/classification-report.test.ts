import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReportCounter } from './classification-report.ts';

/** Truth and prediction of each example, with the confidence of the prediction. */
type Row = readonly [truth: number, predicted: number, confidence: number];

function reportOf(classes: number, rows: readonly Row[], batch = 2) {
  const counter = new ReportCounter(classes);
  for (let from = 0; from < rows.length; from += batch) {
    const part = rows.slice(from, from + batch);
    const probabilities = Float32Array.from({ length: part.length * classes }, (_, i) => {
      const [, predicted = 0, confidence = 0] = part[Math.floor(i / classes)] ?? [];
      return i % classes === predicted ? confidence : (1 - confidence) / (classes - 1);
    });
    counter.add(
      part.map(([, predicted]) => predicted),
      probabilities,
      part.map(([truth]) => truth),
    );
  }
  return counter.report();
}

describe('a classification report', () => {
  it('counts confusions, and scores each class, as computed by hand', () => {
    const rows: Row[] = [
      [0, 0, 0.9],
      [0, 0, 0.9],
      [0, 1, 0.6],
      [1, 1, 0.6],
      [1, 0, 0.9],
    ];
    const { confusion, classes, macro } = reportOf(4, rows);
    expect(confusion).toEqual([
      [2, 1, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(classes).toEqual([
      { examples: 3, precision: 2 / 3, recall: 2 / 3, f1: 4 / 6 },
      { examples: 2, precision: 1 / 2, recall: 1 / 2, f1: 2 / 4 },
      { examples: 0, precision: 0, recall: 0, f1: 0 },
      { examples: 0, precision: 0, recall: 0, f1: 0 },
    ]);
    expect(macro.f1).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
  });

  it('finds the calibration error of Guo et al., as computed by hand', () => {
    // Four answers at 0.75, one of them right: |0.75 − 0.25|. One at 1, right. Both are in bins of their own.
    const rows: Row[] = [
      [0, 0, 0.75],
      [0, 1, 0.75],
      [0, 1, 0.75],
      [1, 0, 0.75],
      [1, 1, 1],
    ];
    const { calibration } = reportOf(2, rows);
    expect(calibration.expectedError).toBeCloseTo((4 / 5) * 0.5, 6);
    expect(calibration.bins).toHaveLength(15);
    expect(calibration.bins[11]).toEqual({ examples: 4, confidence: 0.75, accuracy: 0.25 });
    expect(calibration.bins[14]).toEqual({ examples: 1, confidence: 1, accuracy: 1 });
  });

  it('sums up to its examples, whatever they are and however they are batched', () => {
    const row = fc.tuple(fc.nat(2), fc.nat(2), fc.float({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (rows, batch) => {
        const report = reportOf(3, rows, batch);
        expect(report).toEqual(reportOf(3, rows, 100));
        expect(report.confusion.flat().reduce((sum, count) => sum + count)).toBe(rows.length);
        expect(report.calibration.bins.reduce((sum, { examples }) => sum + examples, 0)).toBe(rows.length);
        expect(report.calibration.expectedError).toBeGreaterThanOrEqual(0);
        expect(report.calibration.expectedError).toBeLessThanOrEqual(1);
      }),
      { seed: 4 },
    );
  });
});
