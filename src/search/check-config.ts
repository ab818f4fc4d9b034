// Checks a configuration against the data: limits below the number of classes, a search space without a network, too much
// pooling.

import type { Dataset } from '../data/set/dataset.ts';
import { InvalidInputError } from '../errors.ts';
import { selectData } from '../evaluation/select-data.ts';
import { estimateCost } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import { createStrategy } from './candidates/create-strategy.ts';
import type { SearchConfig } from './config/config.ts';
import { checkSplits, splitsOf } from './config/fidelity-schema.ts';
import { networkInputOf } from './config/network-input.ts';
import { AUTO_GENOME } from './config/undecided-keys.ts';
import { checkRounds } from './final/rounds.ts';
import type { CreateStrategy } from './records/strategy-context.ts';

/**
 * @param create  makes a strategy of the program's own.
 * @throws {InvalidInputError} naming what does not fit the data.
 */
export function checkAgainstData(config: SearchConfig, dataset: Dataset, create?: CreateStrategy): void {
  checkRounds(config);
  const { classWeights } = config.training;
  const classes = dataset.classes.length;
  if (Array.isArray(classWeights) && classWeights.length !== classes) {
    throw new InvalidInputError(
      `training.classWeights has ${classWeights.length} entries, the data has ${classes} classes; give one weight for each, or "balanced"`,
      { details: { classWeights, classes } },
    );
  }
  const { trainLimit, searchLimit, validation, seed, genome, crossValidation: folds } = config;
  const problem = networkInputOf(config, dataset);
  const whole = { seed: `${seed}/data`, validation, purpose: 'final', ...(trainLimit && { trainLimit }) } as const;
  if (folds !== undefined) selectData(dataset, { ...whole, leaveOut: { fold: 0, folds } });
  if (genome !== undefined) {
    selectData(dataset, whole);
    if (genome !== AUTO_GENOME) estimateCost(parseGenome(genome), problem);
    return;
  }
  const limits = { ...(trainLimit && { trainLimit }), ...(searchLimit && { searchLimit }) };
  checkSplits(config, () => '--fitness-splits (fitnessSplits)');
  const splits = splitsOf(config);
  selectData(dataset, { seed: `${seed}/data`, validation, purpose: 'search', ...limits, splits });
  createStrategy(config, problem, create);
}

/** Whether the data has images enough for all validation splits: classes of one image give none. */
export function hasSplits(config: SearchConfig, dataset: Dataset): boolean {
  const { seed, validation, trainLimit } = config;
  const splits = splitsOf(config);
  if (splits === 1) return true;
  const limits = trainLimit && { trainLimit };
  try {
    selectData(dataset, { seed: `${seed}/data`, validation, purpose: 'search', ...limits, splits });
    return true;
  } catch (error) {
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}
