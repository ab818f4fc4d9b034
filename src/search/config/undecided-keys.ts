// Which keys of a configuration its budget decides.

import { InvalidInputError } from '../../errors.ts';
import { valueAt } from './config-issue.ts';

/** In place of a genome: the reference design that the budget can train. */
export const AUTO_GENOME = 'auto';

/** Keys that a budget decides unless they are given. */
export const BUDGET_KEYS = [
  'population',
  'generations',
  'initialGenomes',
  'searchWork',
  'searchLimit',
  'searchSpace.channels',
  'searchSpace.maxDepth',
  'searchSpace.maxFlops',
  'searchSpace.maxWork',
  'training.epochs',
  'finalEpochs',
  'replicas',
  'frontWork',
] as const;

/** The share of a budget that a search has if nothing else is known: a quarter. */
export const SEARCH_SHARE = 0.25;
/** Who gives one of these wants a search, however short the budget is. */
export const SEARCH_KEYS = [
  'searchShare',
  'strategy',
  'population',
  'generations',
  'initialGenomes',
  'searchWork',
  'searchLimit',
  'searchSpace',
  'rungs',
  'reduction',
  'earlyStopCandidates',
  'equalCompute',
  'inheritWeights',
  'fitnessCache',
  'crossoverProbability',
  'mutationProbability',
  'mutationWeights',
  'fitnessOn',
  'fitnessSplits',
  'pick',
  'training.epochs',
  'training.metrics',
];

export type BudgetKey = (typeof BUDGET_KEYS)[number];

/**
 * The keys that the budget of a configuration decides. Values that come from a preset do not count as given.
 *
 * @param input  the configuration as the user gave it.
 */
export function undecidedKeys(input: unknown): BudgetKey[] {
  if (valueAt(input, ['budget']) === undefined) return [];
  const keys = valueAt(input, ['genome']) === undefined ? BUDGET_KEYS : (['finalEpochs', 'replicas'] as const);
  const isGiven = (key: string): boolean => valueAt(input, key.split('.')) !== undefined;
  const objectives = valueAt(input, ['objectives']);
  const isMoot: Partial<Record<BudgetKey, boolean>> = {
    finalEpochs: isGiven('finalSteps') || isGiven('memberSteps'),
    frontWork: isGiven('frontEpochs') || !Array.isArray(objectives) || objectives.length < 2,
  };
  return keys.filter((key) => !isGiven(key) && !isMoot[key]);
}

/**
 * The default share of a budget for the search: the plan decides whether there is one, unless the configuration asks for it.
 *
 * @param input  the configuration as the user gave it.
 */
export function searchShareFor(input: unknown): number | 'auto' | undefined {
  const given = (key: string): unknown => valueAt(input, key.split('.'));
  if (given('budget') === undefined || given('genome') !== undefined) return undefined;
  const { length = 1 } = Object(given('objectives'));
  const asks =
    length > 1 || (given('preset') ?? 'fast') !== 'fast' || SEARCH_KEYS.some((key) => given(key) !== undefined);
  return asks ? SEARCH_SHARE : 'auto';
}

/** No search is left where a share is given for it, or none of a budget that there is not. */
export function checkSearchShare(
  {
    searchShare = 0,
    budget,
    genome,
    objectives,
  }: {
    readonly searchShare?: number | 'auto' | undefined;
    readonly budget?: unknown;
    readonly genome?: string | undefined;
    readonly objectives: readonly string[];
  },
  placeOf: (path: string) => string,
): void {
  const fail = (problem: string): never => {
    throw new InvalidInputError(`${placeOf('searchShare')} is ${searchShare}, but ${problem}`, {
      details: { path: 'searchShare', received: searchShare },
    });
  };
  if (
    (searchShare === 0 || searchShare === 'auto') &&
    budget !== undefined &&
    genome === undefined &&
    objectives.length > 1
  )
    fail('several objectives need a search; give a share of more than 0');
  if (searchShare === 0) return;
  if (budget === undefined) fail('there is no budget to share; give a budget');
  if (genome !== undefined) fail('a genome is given, so nothing is searched for; leave one of them out');
}
