// Work: the computing that a network takes, in machine-independent FLOP equivalents. A machine is described by one rate:
// the work that a core does per second.

import type { NetworkCost } from './cost.ts';

/**
 * FLOPs that could be computed while one byte of activations passes through memory, forward and backward: small layers
 * spend more time waiting for memory than computing. Fitted with bench/work-model.mjs.
 */
const MEMORY_WEIGHT = 90;

type Figures = Pick<NetworkCost, 'flops' | 'paddedActivationBytes'>;

/** Work of training on one image: the forward pass, and the backward pass, which takes twice as much. */
export function trainingWork({ flops, paddedActivationBytes }: Figures): number {
  return 3 * flops + MEMORY_WEIGHT * paddedActivationBytes;
}

/** Work of scoring one image: only the forward pass. */
export function scoringWork(figures: Figures): number {
  return trainingWork(figures) / 3;
}
