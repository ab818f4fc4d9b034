// The lowerings by name, as used in configurations, tasks and run folders.

import { blocked } from './blocked.ts';
import { gpu } from './gpu.ts';
import type { Lowering } from './lower.ts';
import { plain } from './plain.ts';

/** How graphs are compiled; the number is the block size. Results of two lowerings differ by rounding. */
export type LoweringName = 'plain' | 'blocked-8' | 'blocked-16' | 'gpu';

const LOWERINGS: Readonly<Record<LoweringName, Lowering>> = {
  plain,
  'blocked-8': blocked(8),
  'blocked-16': blocked(16),
  gpu,
};

export const LOWERING_NAMES = Object.keys(LOWERINGS) as readonly LoweringName[];

export function loweringNamed(name: LoweringName): Lowering {
  return LOWERINGS[name];
}

/** The name of the blocked lowering with this block size, if there is one. */
export function blockedName(blockSize: number): LoweringName | undefined {
  return LOWERING_NAMES.find((name) => name === `blocked-${blockSize}`);
}

export function isBlocked(name: LoweringName): boolean {
  return name.startsWith('blocked');
}
