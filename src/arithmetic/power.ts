// Powers, computed only with multiplication, division and square roots: the standard leaves the bits of `**` to the
// implementation, and 0.999 ** 1000 differs between versions of Node.js.

/**
 * base ^ exponent for an integer exponent, by repeated squaring. The bits are the same on every platform.
 *
 * The relative error is at most (|exponent| − 1) · 2⁻⁵³, to first order. The result is exact if all products are exact:
 * powers of two, powers of ten up to 10²².
 *
 * @param exponent  an integer; if negative, the result is 1 / base ^ −exponent, which is 0 once the power overflows.
 * @throws {RangeError} if the exponent is not a safe integer.
 * @see Knuth, The Art of Computer Programming 2, section 4.6.3, algorithm A.
 */
export function integerPower(base: number, exponent: number): number {
  if (!Number.isSafeInteger(exponent)) throw new RangeError(`the exponent must be an integer, received ${exponent}`);
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
 * base ^ exponent for any exponent. The bits are the same on every platform. The integer part is computed with
 * {@link integerPower}, the fraction as a product of iterated square roots, one for each binary digit that is 1.
 *
 * The relative error is at most (|exponent| + 60) · 2⁻⁵³, to first order.
 *
 * @param base      finite, ≥ 0.
 * @param exponent  finite.
 * @throws {RangeError} if either is outside its range.
 */
export function power(base: number, exponent: number): number {
  if (!(base >= 0 && base < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`the base must be finite and not negative, received ${base}`);
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
