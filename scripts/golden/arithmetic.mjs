// Results of arithmetic, as numbers whose bits are compared. Also runs in browsers, so it imports no Node.js modules.

import { naturalLogarithm } from '../../dist/arithmetic/logarithm.js';
import { integerPower, power } from '../../dist/arithmetic/power.js';
import { cosine, sine } from '../../dist/arithmetic/sine-cosine.js';

const COUNT = 20_000;

/** @returns the results for many arguments, by name. */
export function arithmetic() {
  const over = (of) => Float64Array.from({ length: COUNT }, (_, i) => of(i));
  return {
    integerPower: over((i) => integerPower(0.999 - (i % 7) / 16, i - 50)),
    power: over((i) => power((i + 1) / 300, (i % 97) / 24 - 2)),
    cosine: over((i) => cosine((i - COUNT / 2) / 777)),
    sine: over((i) => sine((i - COUNT / 2) / 777)),
    naturalLogarithm: over((i) => naturalLogarithm(((i + 1) / COUNT) * integerPower(2, (i % 64) * 16 - 500))),
    // Built-in and used everywhere: correctly rounded in practice, although the standard does not require it.
    squareRoot: over((i) => Math.sqrt((i + 1) / 7)),
    // Exact in practice, although the standard does not require it.
    powersOfTwo: Float64Array.from({ length: 2046 }, (_, i) => 2 ** (i - 1022)),
    decimals: Float64Array.from({ length: COUNT }, (_, i) => Number(`${(i * 7919) % COUNT}.${i}e-${i % 300}`)),
  };
}
