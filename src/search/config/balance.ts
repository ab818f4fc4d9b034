// Which keys of the training uneven classes decide.

import { z } from 'zod';
import { valueAt } from './config-issue.ts';
import { overPreset } from './presets.ts';

const BALANCE_KEYS = ['metrics', 'classWeights'] as const;

type BalanceKey = (typeof BALANCE_KEYS)[number];

export const balanceSchema = z
  .array(z.enum(BALANCE_KEYS))
  .optional()
  .describe(
    'Keys of training that the run sets where one class has more than 3 times the training images of another: balanced-accuracy as the fitness, weights by class in the loss. Default: those that are not given; a run keeps those that it has set.',
  );

/**
 * The keys that are left to the data.
 *
 * @param input  the configuration as the user gave it.
 */
export function openBalance(input: unknown): BalanceKey[] {
  const settings = overPreset(input);
  // The run of a version before: it keeps what it had.
  if (valueAt(settings, ['engineKind']) !== undefined) return [];
  return BALANCE_KEYS.filter((key) => valueAt(settings, ['training', key]) === undefined);
}
