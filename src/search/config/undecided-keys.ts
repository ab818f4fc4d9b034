// Which keys of a configuration its budget decides.

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
    finalEpochs: isGiven('finalSteps'),
    frontWork: isGiven('frontEpochs') || !Array.isArray(objectives) || objectives.length < 2,
  };
  return keys.filter((key) => !isGiven(key) && !isMoot[key]);
}
