// Whitening filters whose values do not matter, where a network with a stem needs some.

import { stemChannels } from '../../src/genome/cost.ts';
import type { ImageShape } from '../../src/genome/image-shape.ts';
import type { Rng } from '../../src/random/rng.ts';

/** As many as the stem has, of numbers that float32 holds exactly. */
export function randomFilters(input: ImageShape, rng: Rng): readonly (readonly number[])[] {
  const filter = () => Array.from({ length: 9 * input.channels }, () => Math.fround(rng.uniform() - 0.5));
  return Array.from({ length: stemChannels(input) }, filter);
}
