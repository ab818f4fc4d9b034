// Work: the computing that a network takes, in machine-independent FLOP equivalents. A machine is described by one rate:
// the work that a core does per second.

import type { NetworkCost } from './cost.ts';

/**
 * FLOPs that could be computed while one byte of activations passes through memory, forward and backward: small layers
 * spend more time waiting for memory than computing. Fitted with bench/work-model.mjs.
 */
const MEMORY_WEIGHT = 90;

type Figures = Pick<NetworkCost, 'flops' | 'paddedActivationBytes' | 'orthogonalFlops'>;

/** The settings of a training that its work depends on. */
interface Training {
  readonly batchSize: number;
  readonly optimizer: { readonly name: string };
}

/**
 * Work of training on one image: the forward pass, the backward pass, which takes twice as much, and the image's share of the
 * optimiser's step, if it is known how the network is trained.
 */
export function trainingWork(cost: Figures, training?: Training): number {
  const { flops, paddedActivationBytes, orthogonalFlops } = cost;
  const passes = 3 * flops + MEMORY_WEIGHT * paddedActivationBytes;
  if (training?.optimizer.name !== 'muon') return passes;
  return passes + orthogonalFlops / training.batchSize;
}

/** Work of scoring one image: only the forward pass. */
export function scoringWork(cost: Figures): number {
  return trainingWork(cost) / 3;
}
