// Work: the computing that a training takes, in FLOPs. A machine is described by two figures: the work that a core does per
// second, and the work that it could do while a byte passes through memory.

import type { NetworkCost } from './cost.ts';

type Figures = Pick<NetworkCost, 'trainingFlops' | 'trainingBytes' | 'orthogonalFlops'>;

/** What work depends on besides the network. */
export interface WorkSetting {
  /** How the network is trained, if it is known. */
  readonly batchSize?: number | undefined;
  readonly optimizer?: { readonly name: string } | undefined;
  /** FLOPs that the machine computes while a byte is read or written. Default: 30. */
  readonly byteWork?: number | undefined;
}

/** Without a machine: fitted with bench/work-model.mjs on one with AVX-512. */
export const BYTE_WORK = 30;

/**
 * Work of training on one image: the FLOPs of both passes, what could be computed while convolutions read and write, and the
 * image's share of the optimiser's step.
 */
export function trainingWork(cost: Figures, setting?: WorkSetting): number {
  const { trainingFlops, trainingBytes, orthogonalFlops } = cost;
  const passes = trainingFlops + (setting?.byteWork ?? BYTE_WORK) * trainingBytes;
  if (setting?.optimizer?.name !== 'muon' || setting.batchSize === undefined) return passes;
  return passes + orthogonalFlops / setting.batchSize;
}
