// Measures how well one number predicts another. The functions are pure.

/** Spearman's rank correlation: Pearson's correlation of the ranks, where equal values get their mean rank. */
export function spearman(a, b) {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (x.length - 1) / 2;
  const product = (p, q) => p.reduce((sum, value, i) => sum + (value - middle) * (q[i] - middle), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/** Ranks counted from 0. */
function ranks(values) {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}

/**
 * The expected fitness of the best-scored of `of` different candidates drawn at random, which is what a filter would
 * select. Equal scores are ordered arbitrarily.
 */
export function fitnessOfChosen(scores, fitness, of) {
  const order = [...scores.keys()].toSorted((a, b) => scores[a] - scores[b]);
  const n = order.length;
  const draws = binomial(n, of);
  // The candidate at position i is the best of a draw if the others are among the i candidates below it.
  return order.reduce((sum, index, i) => sum + fitness[index] * (binomial(i, of - 1) / draws), 0);
}

function binomial(n, k) {
  if (k > n) return 0;
  let result = 1;
  for (let i = 0; i < k; i++) result = (result * (n - i)) / (i + 1);
  return result;
}

/** ln |det M| of a square matrix, by Gaussian elimination with pivoting; −∞ if it is singular. */
export function logDeterminant(matrix) {
  const rows = matrix.map((row) => Float64Array.from(row));
  let sum = 0;
  for (let column = 0; column < rows.length; column++) {
    let pivot = column;
    for (let r = column + 1; r < rows.length; r++) {
      if (Math.abs(rows[r][column]) > Math.abs(rows[pivot][column])) pivot = r;
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const value = rows[column][column];
    if (value === 0) return Number.NEGATIVE_INFINITY;
    sum += Math.log(Math.abs(value));
    for (let r = column + 1; r < rows.length; r++) {
      const factor = rows[r][column] / value;
      for (let c = column; c < rows.length; c++) rows[r][c] -= factor * rows[column][c];
    }
  }
  return sum;
}
