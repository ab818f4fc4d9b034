// Tiny networks that together have every operator of a layer, for trying out an engine.

import { parseGenome } from '../genome/text.ts';
import { createNetwork, type Network } from './training-graph.ts';

const NORMALISATION = { mean: [100, 120, 140], std: [50, 60, 70] };

/**
 * All layers but global average pooling, which flattening replaces, and stages, which have the operators of skip layers and
 * pooling. It covers full and partial blocks of channels, and images of odd and even sizes.
 */
export function everyLayer(): Network {
  return createNetwork(
    parseGenome('4-32-max-16-8-mean'),
    {
      input: { channels: 3, height: 11, width: 10 },
      classes: 3,
      head: [
        { type: 'flatten' },
        { type: 'dropout', rate: 0.25 },
        { type: 'dense', units: 7, activation: 'relu' },
        { type: 'dense', units: 'classes' },
      ],
    },
    NORMALISATION,
  );
}

/** Global average pooling, and a shortcut without a convolution. */
export function globallyPooled(): Network {
  return createNetwork(
    parseGenome('16-4-8-4'),
    {
      input: { channels: 3, height: 5, width: 7 },
      classes: 3,
      head: [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes' }],
      shortcut: 'where-channels-differ',
    },
    NORMALISATION,
  );
}
