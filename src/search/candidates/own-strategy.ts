// A strategy that a program brings, in place of one that the configuration names.

import { InvalidInputError } from '../../errors.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { SearchConfig } from '../config/config.ts';
import type { CreateStrategy, StrategyContext } from '../records/strategy-context.ts';

/** @throws {InvalidInputError} if it makes no strategy, or the configuration asks for what needs one of ours. */
export function ownStrategy(create: CreateStrategy | undefined, context: StrategyContext): SearchStrategy {
  if (create === undefined) {
    throw new InvalidInputError(
      'strategy custom stands for one that a program brings, and there is none: give strategy to AutoCNN, or choose generational, steady-state or random',
      { details: { received: 'custom' } },
    );
  }
  const { rungs, earlyStopCandidates } = context.config;
  if (rungs > 1 || earlyStopCandidates !== 'none') {
    const key = rungs > 1 ? 'rungs' : 'earlyStopCandidates';
    // They compare a candidate with those before it, whose results must be known by then whatever the number of workers.
    throw new InvalidInputError(
      `${key} needs the strategy generational, steady-state or random, as it relies on the order in which these ask; leave it out with a strategy of your own`,
      { details: { path: key, received: context.config[key] } },
    );
  }
  const strategy: Partial<SearchStrategy> | undefined = create(context);
  if (typeof strategy?.ask === 'function' && typeof strategy.tell === 'function') return strategy as SearchStrategy;
  throw new InvalidInputError(
    'strategy must be a function that gives an object with ask and tell; see SearchStrategy in the documentation',
  );
}

/**
 * Whether a run is resumed with the strategy it began with, as far as one can tell.
 *
 * @param folder  for messages.
 * @throws {InvalidInputError} saying how it is to be resumed.
 */
export function requireSameStrategy(config: SearchConfig, create: CreateStrategy | undefined, folder: string): void {
  const isCustom = config.strategy === 'custom';
  // The training of a genome has no strategy.
  if (config.genome !== undefined || isCustom === (create !== undefined)) return;
  throw new InvalidInputError(
    isCustom
      ? `the run ${folder} was searched with a strategy that its program brought; resume it from there, with AutoCNN.resume(folder, { strategy })`
      : `the run ${folder} was searched with the strategy ${config.strategy}; resume it without a strategy of your own`,
    { details: { path: folder, strategy: config.strategy } },
  );
}
