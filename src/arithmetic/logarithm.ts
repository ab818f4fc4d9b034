// The natural logarithm, computed only with + − × ÷: the standard leaves the bits of Math.log to the implementation, and
// they differ between Node.js and browsers.
//
// The method and the coefficients are those of fdlibm (e_log.c):
// Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun Microsystems, Inc.
// business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.

/** ln 2 = HIGH + LOW; HIGH has 32 bits, so that a multiple of it is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

const view = new DataView(new ArrayBuffer(8));

/**
 * Natural logarithm, with the same bits on every platform; they equal those of Math.log in the tested versions of Node.js
 * (20 to 26). The error is below one unit in the last place.
 *
 * @returns −Infinity for 0, NaN for negative numbers and NaN, Infinity for Infinity.
 * @see Sun Microsystems 1993, fdlibm, e_log.c: x = 2ᵏ · (1 + f) with √2/2 < 1 + f < √2; with s = f / (2 + f),
 *   ln(1 + f) = 2 · artanh(s), where a minimax polynomial in s² replaces all but the first terms.
 */
export function naturalLogarithm(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isSubnormal = x < SMALLEST_NORMAL;
  view.setFloat64(0, isSubnormal ? x * 2 ** 54 : x);
  const word = view.getUint32(0);
  /** The upper 20 bits of the mantissa, which is halved if it is above √2. */
  const mantissa = word & 0xfffff;
  const isHalved = mantissa >= 0x6a09c;
  view.setUint32(0, mantissa | (isHalved ? 0x3fe00000 : 0x3ff00000));
  const f = view.getFloat64(0) - 1;
  const k = (word >>> 20) - 1023 + (isHalved ? 1 : 0) - (isSubnormal ? 54 : 0);
  const [high, low] = [k * LN2_HIGH, k * LN2_LOW];

  // |f| < 2⁻²⁰
  if (((mantissa + 2) & 0xfffff) < 3) {
    const rest = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - rest : high - (rest - low - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const tail = odd + even;
  // Near the ends of the range of f, its square is subtracted separately.
  if (mantissa >= 0x6147a && mantissa <= 0x6b851) {
    const half = 0.5 * f * f;
    return k === 0 ? f - (half - s * (half + tail)) : high - (half - (s * (half + tail) + low) - f);
  }
  return k === 0 ? f - s * (f - tail) : high - (s * (f - tail) - low - f);
}
