// How much computing a network takes, in FLOP-equivalents that do not depend on the machine: work. A machine is described
// by one rate: the work that a core does in a second.

import type { NetworkCost } from './cost.ts';

/**
 * FLOPs that could be done while one byte of activations goes through memory, forward and backward: small layers wait for
 * memory more than they compute. Fitted with bench/work-model.mjs.
 */
const MEMORY_WEIGHT = 90;

type Figures = Pick<NetworkCost, 'flops' | 'paddedActivationBytes'>;

/** Work of training on one image: the forward pass, and the backward pass, which takes twice as much. */
export function trainingWork({ flops, paddedActivationBytes }: Figures): number {
  return 3 * flops + MEMORY_WEIGHT * paddedActivationBytes;
}

/** Work of scoring one image: the forward pass alone. */
export function scoringWork(figures: Figures): number {
  return trainingWork(figures) / 3;
}
