// Decides what a run computes with, before it begins or goes on.

import { engineKind } from '../engine/engine-kind.ts';
import { chooseLowering } from '../engine/lowering/choose-lowering.ts';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import type { Runtime } from '../engine/runtime.ts';
import { InvalidInputError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import type { RunConfig, SearchConfig } from './config/config.ts';

export interface SettledEngine extends Pick<RunConfig, 'lowering' | 'engineKind'> {
  /** What the user should know about it. */
  readonly notices: readonly string[];
}

/** Who computes, if not this machine. */
export type Engine = Pick<Evaluator, 'engineKind'>;

/**
 * For a new run: the fastest lowering that works, and the kind of engine that it makes. A kind that is already in the
 * configuration comes from another run, whose results this one need not repeat.
 *
 * @throws {InvalidInputError} if the lowering that is asked for does not work here.
 */
export async function settleEngine(config: SearchConfig, engine: Engine = {}): Promise<SettledEngine> {
  const { runtime, lowering, notices } = await settleLowering(config);
  const here = await kindOf(engine, runtime, lowering);
  const differs = config.engineKind !== undefined && config.engineKind !== here;
  const warning = `the configuration is of a run on another kind of engine (${config.engineKind}); here it is ${here}: results differ by rounding, and so may the search`;
  return { lowering, engineKind: here, notices: differs ? [...notices, warning] : notices };
}

/**
 * For a run that goes on: it keeps what it began with, since results of two kinds differ. A run that was begun before there
 * were kinds has none, and goes on with its lowering alone.
 *
 * @throws {InvalidInputError} if it began on another kind of engine.
 */
export async function resettleEngine(config: SearchConfig, engine: Engine = {}): Promise<SettledEngine> {
  const { runtime, lowering, notices } = await settleLowering(config);
  if (config.engineKind === undefined) return { lowering, notices };
  const here = await kindOf(engine, runtime, lowering);
  if (here === config.engineKind) return { lowering, engineKind: here, notices };
  throw new InvalidInputError(
    `the run was begun on another kind of engine (${config.engineKind}); here it is ${here}, whose results differ by rounding: resume it where it was begun, or start a new search with "auto-cnn search --config" and its config.json`,
    { details: { expected: config.engineKind, received: here } },
  );
}

/** For a finished run, which computes nothing more. */
export function settledEngine({ lowering, engineKind: kind }: SearchConfig): SettledEngine {
  const name = lowering === 'auto' || lowering === 'blocked' ? 'plain' : lowering;
  return { lowering: name, ...(kind !== undefined && { engineKind: kind }), notices: [] };
}

async function settleLowering({ lowering }: SearchConfig) {
  const runtime = await loadRuntime();
  const { name, notice } = await chooseLowering(runtime, lowering);
  return { runtime, lowering: name, notices: [runtime.notice, notice].filter((text) => text !== undefined) };
}

function kindOf(engine: Engine, runtime: Runtime, lowering: LoweringName): Promise<string> {
  return engine.engineKind?.(lowering) ?? engineKind(runtime, lowering);
}
