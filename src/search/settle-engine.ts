// What a run computes with, found out before it begins or goes on.

import { chooseLowering } from '../engine/lowering/choose-lowering.ts';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import type { SearchConfig } from './config/config.ts';

export interface SettledEngine {
  readonly lowering: LoweringName;
  /** What the user should know about it. */
  readonly notices: readonly string[];
}

/**
 * A run keeps the lowering that it began with, since results of two differ.
 *
 * @param isDone  the run computes nothing any more.
 * @throws {InvalidInputError} if its lowering does not work here.
 */
export async function settleEngine({ lowering }: SearchConfig, isDone = false): Promise<SettledEngine> {
  if (isDone) return { lowering: lowering === 'auto' || lowering === 'blocked' ? 'plain' : lowering, notices: [] };
  const runtime = await loadRuntime();
  const { name, notice } = await chooseLowering(runtime, lowering);
  return { lowering: name, notices: [runtime.notice, notice].filter((text) => text !== undefined) };
}
