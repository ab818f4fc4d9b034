// Powers from multiplication, division and square roots alone: the standard leaves the bits of `**` to the implementation,
// and 0.999 ** 1000 differs between versions of Node.js.

/**
 * base ^ exponent for a whole exponent, by repeated squaring; the same bits on every platform.
 *
 * The relative error is at most (|exponent| − 1) · 2⁻⁵³, to first order. Exact as long as all products are: powers of two,
 * powers of ten up to 10²².
 *
 * @param exponent  whole; below 0 the result is 1 / base ^ −exponent, which is 0 once that overflows.
 * @throws {RangeError} if the exponent is not a safe integer.
 * @see Knuth, The Art of Computer Programming 2, section 4.6.3, algorithm A.
 */
export function integerPower(base: number, exponent: number): number {
  if (!Number.isSafeInteger(exponent)) throw new RangeError(`an exponent must be whole, received ${exponent}`);
  if (exponent < 0) return 1 / integerPower(base, -exponent);
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/**
 * base ^ exponent for any exponent; the same bits on every platform. The whole part is {@link integerPower}, the fraction
 * a product of iterated square roots, one for each binary digit that is 1.
 *
 * The relative error is at most (|exponent| + 60) · 2⁻⁵³, to first order.
 *
 * @param base      finite, ≥ 0.
 * @param exponent  finite.
 * @throws {RangeError} if either is outside its range.
 */
export function power(base: number, exponent: number): number {
  if (!(base >= 0 && base < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`a base must be finite and not negative, received ${base}`);
  }
  if (exponent < 0) return 1 / power(base, -exponent);
  const whole = Math.floor(exponent);
  let result = integerPower(base, whole);
  let root = base;
  // Doubling and subtracting 1 are exact, so the loop ends after the last binary digit.
  for (let fraction = exponent - whole; fraction > 0; ) {
    root = Math.sqrt(root);
    fraction *= 2;
    if (fraction < 1) continue;
    result *= root;
    fraction -= 1;
  }
  return result;
}
