import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './symmetric-eigen.ts';

const size = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Symmetric, some of them singular or with repeated eigenvalues. */
const symmetric = fc
  .integer({ min: 1, max: 12 })
  .chain((n) =>
    fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })), {
      minLength: n * n,
      maxLength: n * n,
    }),
  )
  .map((values) => {
    const n = Math.sqrt(values.length);
    return size(n).map((i) => size(n).map((j) => values[Math.min(i, j) * n + Math.max(i, j)] ?? 0));
  });

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that the matrix only scales, by values in descending order', () => {
    fc.assert(
      fc.property(symmetric, (matrix) => {
        const { values, vectors } = symmetricEigen(matrix);
        const scale = Math.max(1e-300, ...matrix.flat().map(Math.abs)) * matrix.length;
        expect(values).toEqual(values.toSorted((a, b) => b - a));
        for (const [i, vector] of vectors.entries()) {
          for (const [row, numbers] of matrix.entries()) {
            const product = numbers.reduce((sum, x, k) => sum + x * (vector[k] ?? 0), 0);
            expect(Math.abs(product - (values[i] ?? 0) * (vector[row] ?? 0))).toBeLessThan(1e-12 * scale);
          }
          for (const [j, other] of vectors.entries()) {
            const product = vector.reduce((sum, x, k) => sum + x * (other[k] ?? 0), 0);
            expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
          }
        }
      }),
    );
  });

  it('gives vectors whose largest component is positive', () => {
    const { values, vectors } = symmetricEigen([
      [2, -1],
      [-1, 2],
    ]);
    expect(values.map((value) => Number(value.toFixed(12)))).toEqual([3, 1]);
    for (const vector of vectors) {
      const largest = [...vector].sort((a, b) => Math.abs(b) - Math.abs(a))[0];
      expect(largest).toBeGreaterThan(0);
    }
  });
});
