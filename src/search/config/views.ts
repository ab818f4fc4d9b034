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

interface EnsembleSettings extends Settings {
  readonly repeats: number;
  readonly undecided?: readonly string[] | undefined;
  readonly searchSpace: { readonly maxFlops: number | null; readonly maxParameters?: number | undefined };
}

/**
 * An ensemble takes as many times the size, the FLOPs and the time, so it is chosen only if nothing limits these and a budget
 * says how often each image is seen.
 *
 * @param given  by the user.
 * @throws {InvalidInputError} if it is `auto` where it cannot be decided.
 */
export function ensembleFor(
  given: number | 'auto' | undefined,
  preset: PresetName = 'fast',
  { backbone, genome, objectives, searchSpace, repeats, undecided = [] }: EnsembleSettings,
  placeOf: PlaceOfKey,
): number | 'auto' {
  const { maxFlops, maxParameters } = searchSpace;
  const isUnlimited = genome !== undefined || (maxFlops === null && maxParameters === undefined);
  const mayDecide = undecided.includes('finalEpochs') && objectives.length === 1 && isUnlimited && repeats === 1;
  if (given === 'auto' && !mayDecide) {
    throw new InvalidInputError(
      `${placeOf('ensemble')}: auto needs a budget that decides finalEpochs, and neither repeats, objectives besides the fitness, maxFlops nor maxParameters; give a number`,
      { details: { path: 'ensemble', received: given } },
    );
  }
  return given ?? (preset === 'fast' && mayDecide && backbone === undefined ? 'auto' : 1);
}

/** Each member should see each image this often, and there are no more members than this; see docs/decisions/0021-ensemble.md. */
const MEMBER_EPOCHS = 100;
const MOST_MEMBERS = 4;

/**
 * The number of members where nothing else says it: many passes over few images are worth more to several networks.
 *
 * @param epochsOf  of each of so many members that share the work.
 */
export function membersFor(epochsOf: (members: number) => number): number {
  let members = MOST_MEMBERS;
  while (members > 1 && epochsOf(members) < MEMBER_EPOCHS) members--;
  return members;
}

type Members = { readonly ensemble: number | 'auto' };

/** Networks in the model: one as long as it is not decided. */
export function membersOf({ ensemble }: Members): number {
  return ensemble === 'auto' ? 1 : ensemble;
}

/** How often a network is run for an answer of the model: each member of an ensemble takes every look. */
export function passesOf(config: Members & { readonly views: Views | 'auto' }): number {
  return viewsOf(config) * membersOf(config);
}

/** The number of final trainings. */
export function trainingsOf(config: Members & { readonly repeats: number }): number {
  return Math.max(config.repeats, membersOf(config));
}
