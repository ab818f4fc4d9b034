// How many looks a model takes at an image, and with how many networks.

import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import type { Views } from '../../network/deployable-graph.ts';
import type { PlaceOfKey } from './config-issue.ts';
import type { PresetName } from './presets.ts';

export const viewsSchema = z
  .literal([1, 2, 'auto'])
  .describe(
    'How many looks the model takes at an image: 1, or 2 for the image and its mirror image, at twice the FLOPs and time; auto: 2 if that classifies more validation images rightly. Default: auto with a budget and the preset fast, unless FLOPs or latency matter; else 1.',
  );

interface Settings {
  readonly genome?: string | undefined;
  readonly backbone?: object | undefined;
  readonly budget?: object | undefined;
  readonly objectives: readonly string[];
  readonly searchSpace: { readonly maxFlops: number | null };
}

/** One as long as it is not decided. */
export function viewsOf({ views }: { readonly views: Views | 'auto' }): Views {
  return views === 'auto' ? 1 : views;
}

/**
 * Looking twice takes twice the FLOPs and the time, so validation images decide about it only if nothing limits these and
 * there is a budget for the decision. The package and the paper look once.
 *
 * @param given  by the user.
 * @throws {InvalidInputError} if it is `auto` where it cannot be decided.
 */
export function viewsFor(
  given: Views | 'auto' | undefined,
  preset: PresetName = 'fast',
  { backbone, genome, budget, objectives, searchSpace }: Settings,
  placeOf: PlaceOfKey,
): Views | 'auto' {
  const mayDecide =
    budget !== undefined && objectives.length === 1 && (genome !== undefined || searchSpace.maxFlops === null);
  if (given === 'auto' && !mayDecide) {
    throw new InvalidInputError(
      `${placeOf('views')}: auto needs a budget, and neither objectives besides the fitness nor maxFlops; give 1 or 2`,
      { details: { path: 'views', received: given } },
    );
  }
  return given ?? (preset === 'fast' && mayDecide && backbone === undefined ? 'auto' : 1);
}

type Passes = { readonly views: Views | 'auto'; readonly ensemble: number };

/** How often a network is run for an answer of the model: each member of an ensemble takes every look. */
export function passesOf(config: Passes): number {
  return viewsOf(config) * config.ensemble;
}

/** The number of final trainings. */
export function trainingsOf({ repeats, ensemble }: { readonly repeats: number; readonly ensemble: number }): number {
  return Math.max(repeats, ensemble);
}
