// Reference values with some hundred binary digits: whole numbers of 2^−BITS, and Taylor series.

const BITS = 400n;
const ONE = 1n << BITS;

/** Exact for all numbers that are no smaller than 2^−340. */
export function toFixedPoint(value: number): bigint {
  // Numerator and denominator are powers of two times a whole number: exact in double precision.
  let denominator = 0n;
  let whole = value;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    denominator++;
  }
  return (BigInt(whole) * ONE) >> denominator;
}

/** How far a number is from a reference. */
export function errorOf(value: number, reference: bigint): number {
  return Math.abs(Number(((toFixedPoint(value) - reference) * 2n ** 200n) / ONE)) / 2 ** 200;
}

export function cosineOf(angle: number): bigint {
  return series(toFixedPoint(angle), 0n, 2n, -1n);
}

export function sineOf(angle: number): bigint {
  return series(toFixedPoint(angle), 1n, 2n, -1n);
}

export function exponentialOf(value: number): bigint {
  return series(toFixedPoint(value), 0n, 1n, 1n);
}

/** Σ signⁱ · xⁿ / n! over n = first, first + step, … */
function series(x: bigint, first: bigint, step: bigint, sign: bigint): bigint {
  let term = first === 0n ? ONE : x;
  let sum = term;
  for (let n = first; term !== 0n; ) {
    for (let i = 0n; i < step; i++) term = (term * x) / (++n * ONE);
    term *= sign;
    sum += term;
  }
  return sum;
}
