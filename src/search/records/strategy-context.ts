// What a strategy that a program brings is made from.

import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { NetworkInput } from '../../genome/cost.ts';
import type { SearchSpace } from '../../genome/search-space.ts';
import type { Rng } from '../../random/rng.ts';
import type { SearchConfig } from '../config/config.ts';

/** What a strategy is made from. */
export interface StrategyContext {
  /** Which genomes the search may visit. */
  readonly space: SearchSpace;
  /** Shape of the images, number of classes, and what surrounds a genome. */
  readonly problem: NetworkInput;
  /** The strategy's own stream of random numbers, from the seed of the run. */
  readonly rng: Rng;
  /** Everything resolved: `population`, `generations` (null: until work or time ends the search), `initialGenomes`, … */
  readonly config: SearchConfig;
}

/**
 * Makes a strategy. It is called more than once, and each time must give a new strategy that asks the same: a run is resumed
 * by asking a new one again and answering it from the journal. An object that has been asked before cannot be asked again.
 */
export type CreateStrategy = (context: StrategyContext) => SearchStrategy;
