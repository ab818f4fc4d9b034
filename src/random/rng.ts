// Seeded random streams. A stream is derived by name from its parent's key, never from its parent's position, so the draws
// of one part of the program cannot affect those of another.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { hash128 } from './hash128.ts';

/** A stream of random numbers. */
export interface Rng {
  /** An independent stream for `name`. The same name always gives the same stream, regardless of earlier draws. */
  fork(name: string | number): Rng;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [minimum, maximum], both included. */
  integer(minimum: number, maximum: number): number;
  /** Uniform element of a non-empty list. */
  pick<T>(items: readonly T[]): T;
  /** Index drawn with the given probabilities (non-negative, any positive sum). */
  weightedIndex(weights: readonly number[]): number;
  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A;
}

/**
 * The root stream of a seed: xoroshiro128+ (Blackman & Vigna 2018), initialised with a hash of the seed.
 *
 * @param seed  any integer or text; equal seeds give equal streams on every machine.
 */
export function createRng(seed: number | string): Rng {
  return streamOf(`seed:${seed}`);
}

function streamOf(key: string): Rng {
  const [a, b, c, d] = hash128(key);
  const generator = xoroshiro128plusFromState([a, b, c, d]);
  const rng: Rng = {
    fork: (name) => streamOf(`${key}/${name}`),
    uniform: () => uniformFloat64(generator),
    integer: (minimum, maximum) => uniformInt(generator, minimum, maximum),
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('cannot pick from an empty list');
      return items[uniformInt(generator, 0, items.length - 1)] as T;
    },
    weightedIndex: (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      let rest = uniformFloat64(generator) * total;
      for (const [index, weight] of weights.entries()) {
        if (rest < weight) return index;
        rest -= weight;
      }
      // Rounding can leave a tiny rest after the last positive weight.
      return weights.findLastIndex((weight) => weight > 0);
    },
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = uniformInt(generator, 0, i);
        const swapped = items[i];
        items[i] = items[j];
        items[j] = swapped;
      }
      return items;
    },
  };
  return rng;
}
