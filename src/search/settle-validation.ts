// Decides which images score the candidates of a new run: the validation part of the data, or a share that is held out.

import type { Dataset } from '../data/set/dataset.ts';
import { DEFAULT_SHARE, type SearchConfig } from './config/config.ts';

export interface SettledValidation extends Pick<SearchConfig, 'validation'> {
  /** What the user should know about it. */
  readonly notices: readonly string[];
}

/** Data with a validation part uses it, whatever share the configuration names. */
export function settleValidation(
  { validation, genome, fitnessOn }: Pick<SearchConfig, 'validation' | 'genome' | 'fitnessOn'>,
  { validation: part }: Pick<Dataset, 'validation'>,
): SettledValidation {
  if (part === undefined) return { validation, notices: [] };
  const isOverruled = validation !== 'part' && validation !== DEFAULT_SHARE;
  const matters = genome === undefined && fitnessOn === 'validation';
  if (!isOverruled || !matters) return { validation: 'part', notices: [] };
  const notice = `The data has a validation part, which scores the candidates: the share of ${validation} is not held out of the training images.`;
  return { validation: 'part', notices: [notice] };
}
