// Eigenvalues and eigenvectors of a symmetric matrix, with the same bits on every platform.

export interface SymmetricEigen {
  /** In descending order. */
  readonly values: readonly number[];
  /** `vectors[i]` belongs to `values[i]`; orthonormal. The component of the largest magnitude is positive. */
  readonly vectors: readonly (readonly number[])[];
}

/** Rotations end when the off-diagonal elements are this small beside the diagonal, squared sums of each. */
const TOLERANCE = 1e-28;
/** Convergence is quadratic: a matrix of 100×100 needs about ten. */
const MOST_SWEEPS = 60;

/**
 * The cyclic Jacobi method (Golub & Van Loan 2013, algorithm 8.5.3), which needs only square roots.
 *
 * @param matrix  `[n][n]`, symmetric; only numbers that are finite.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  // Rows are the eigenvectors, so that a rotation changes two of them.
  const v = matrix.map((_, i) => Float64Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < MOST_SWEEPS && offDiagonal(a) > TOLERANCE * onDiagonal(a); sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => at(a, j, j) - at(a, i, i) || i - j);
  return { values: order.map((i) => at(a, i, i)), vectors: order.map((i) => withSign([...(v[i] ?? [])])) };
}

/** Makes the element (p, q) zero. */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void {
  const element = at(a, p, q);
  if (element === 0) return;
  const ratio = (at(a, q, q) - at(a, p, p)) / (2 * element);
  const tangent = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = tangent * cosine;
  for (const row of a) turn(row, row, p, q, cosine, sine);
  const [aP, aQ, vP, vQ] = [a[p], a[q], v[p], v[q]] as readonly [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let k = 0; k < a.length; k++) {
    turn(aP, aQ, k, k, cosine, sine);
    turn(vP, vQ, k, k, cosine, sine);
  }
}

/** Rotates the pair (left[i], right[j]). */
function turn(left: Float64Array, right: Float64Array, i: number, j: number, cosine: number, sine: number): void {
  const [x, y] = [left[i] ?? 0, right[j] ?? 0];
  left[i] = cosine * x - sine * y;
  right[j] = sine * x + cosine * y;
}

function at(matrix: readonly Float64Array[], row: number, column: number): number {
  return matrix[row]?.[column] ?? 0;
}

function offDiagonal(a: readonly Float64Array[]): number {
  return a.reduce((sum, row, i) => row.reduce((total, x, j) => (i === j ? total : total + x * x), sum), 0);
}

function onDiagonal(a: readonly Float64Array[]): number {
  return a.reduce((sum, row, i) => sum + (row[i] ?? 0) * (row[i] ?? 0), 0);
}

function withSign(vector: readonly number[]): readonly number[] {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}
