// Work: the computing that a network takes, in machine-independent FLOP equivalents. A machine is described by one rate:
// the work that a core does per second.

import type { NetworkCost } from './cost.ts';

/**
 * FLOPs that could be computed while one byte of activations passes through memory, forward and backward: small layers
 * spend more time waiting for memory than computing. Fitted with bench/work-model.mjs.
 */
const MEMORY_WEIGHT = 90;

/** Iterations of Newton and Schulz in a step of Muon (Jordan et al. 2024). */
export const NEWTON_SCHULZ_STEPS = 5;

type Figures = Pick<NetworkCost, 'flops' | 'paddedActivationBytes'>;

/** The settings of a training that its work depends on. */
interface Training {
  readonly batchSize: number;
  readonly optimizer: { readonly name: string };
}

/** Work of the forward and the backward pass of one image; the latter takes twice as much as the former. */
export function imageWork({ flops, paddedActivationBytes }: Figures): number {
  return 3 * flops + MEMORY_WEIGHT * paddedActivationBytes;
}

/** Work of training on one image, with its share of the optimiser's step. */
export function trainingWork(cost: Figures & Pick<NetworkCost, 'newtonSchulzFlops'>, training: Training): number {
  const step = training.optimizer.name === 'muon' ? NEWTON_SCHULZ_STEPS * cost.newtonSchulzFlops : 0;
  return imageWork(cost) + step / training.batchSize;
}

/** Work of scoring one image: only the forward pass. */
export function scoringWork(figures: Figures): number {
  return imageWork(figures) / 3;
}
