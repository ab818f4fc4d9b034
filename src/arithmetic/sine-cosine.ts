// Sine and cosine, computed only with + − ×: the standard leaves the bits of Math.sin and Math.cos to the implementation,
// and they differ between Node.js and browsers.
//
// The method and the coefficients are those of fdlibm (k_sin.c, k_cos.c, e_rem_pio2.c):
// Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun Microsystems, Inc.
// business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.

/** Larger angles would need more digits of π. */
const LARGEST_ANGLE = 1e6;

/**
 * Cosine, with the same bits on every platform.
 *
 * The absolute error is below 1.2 · 10⁻¹⁶, which is one unit in the last place of numbers from 0.5 to 1.
 *
 * @param angle  in radians, from −10⁶ to 10⁶.
 * @throws {RangeError} if the angle is outside this range.
 * @see Sun Microsystems 1993, fdlibm: subtracts a multiple of π/2 (Cody and Waite), then uses a minimax polynomial on
 *   ±π/4. Differs: π/2 always has 119 bits; and 1 − x²/2 is corrected for its rounding as in FreeBSD's k_cos.c.
 */
export function cosine(angle: number): number {
  const { quadrant, high, low } = reduce(angle);
  if (quadrant === 0) return cosineNearZero(high, low);
  if (quadrant === 1) return -sineNearZero(high, low);
  return quadrant === 2 ? -cosineNearZero(high, low) : sineNearZero(high, low);
}

/** Sine, with the error and range of {@link cosine}. */
export function sine(angle: number): number {
  const { quadrant, high, low } = reduce(angle);
  if (quadrant === 0) return sineNearZero(high, low);
  if (quadrant === 1) return cosineNearZero(high, low);
  return quadrant === 2 ? -sineNearZero(high, low) : -cosineNearZero(high, low);
}

/** π/2 = A + B + C: A and B have 33 bits each, so that a multiple of them is exact. */
const HALF_PI_A = 1.5707963267341256;
const HALF_PI_B = 6.077100506303966e-11;
const HALF_PI_C = 2.0222662487959506e-21;
const TWO_OVER_PI = 0.6366197723675814;

/** angle = n · π/2 + high + low, |high| ≤ π/4 and low below its last place; the quadrant is n modulo 4. */
function reduce(angle: number): { readonly quadrant: number; readonly high: number; readonly low: number } {
  if (!(Math.abs(angle) <= LARGEST_ANGLE)) {
    throw new RangeError(`an angle must be from −${LARGEST_ANGLE} to ${LARGEST_ANGLE} radians, received ${angle}`);
  }
  // Math.round is not symmetric; cosines of opposite angles are equal to the bit all the same.
  const n = angle < 0 ? -Math.round(-angle * TWO_OVER_PI) : Math.round(angle * TWO_OVER_PI);
  const first = angle - n * HALF_PI_A;
  const second = first - n * HALF_PI_B;
  const lost = n * HALF_PI_C - (first - second - n * HALF_PI_B);
  const high = second - lost;
  return { quadrant: n & 3, high, low: second - high - lost };
}

/** cos(high + low) = 1 − x²/2 + x⁴ · (C1 + C2·x² + …) − high·low. */
function cosineNearZero(high: number, low: number): number {
  const z = high * high;
  const tail =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  const half = 0.5 * z;
  const leading = 1 - half;
  return leading + (1 - leading - half + (z * tail - high * low));
}

/** sin(high + low) = x + x³ · (S1 + S2·x² + …) + low · (1 − x²/2). */
function sineNearZero(high: number, low: number): number {
  const z = high * high;
  const cube = z * high;
  const tail =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return high - (z * (0.5 * low - cube * tail) - low - cube * -0.16666666666666632);
}
