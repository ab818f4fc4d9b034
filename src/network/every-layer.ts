// A tiny network that has every kind of layer: what a lowering is tried out on.

import { parseGenome } from '../genome/text.ts';
import { createNetwork, type Network } from './training-graph.ts';

/** Whole blocks of channels and less than one; images of odd and even sizes. */
export function everyLayer(): Network {
  return createNetwork(
    parseGenome('4-32-max-16-8-mean'),
    {
      input: { channels: 3, height: 11, width: 10 },
      classes: 3,
      head: [{ type: 'flatten' }, { type: 'dense', units: 7, activation: 'relu' }, { type: 'dense', units: 'classes' }],
    },
    { mean: [100, 120, 140], std: [50, 60, 70] },
  );
}
