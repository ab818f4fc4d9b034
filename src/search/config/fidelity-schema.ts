// The part of the configuration that says how much training each candidate has.

import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { count, positive } from './training-schema.ts';

export const fidelityFields = {
  rungs: count
    .default(1)
    .describe(
      'Successive halving: levels of training; of those on one, the better go on to the next, with more images.',
    ),
  reduction: z.number().gt(1).default(3).describe('On each rung but the last, one in so many candidates goes on.'),
  earlyStopCandidates: z
    .enum(['none', 'median'])
    .default('none')
    .describe(
      'median: a candidate ends after an epoch with which it is still below the median of those of earlier generations.',
    ),
  equalCompute: z
    .boolean()
    .default(false)
    .describe(
      'Candidates have equal work instead of equal epochs: training.epochs is what a typical network has, a smaller one has more.',
    ),
  typicalWork: positive
    .optional()
    .describe(
      'With equalCompute: work of training on one image of the typical network. Unless given, the median of random networks, or what a budget plans with.',
    ),
  inheritWeights: z
    .boolean()
    .default(false)
    .describe('Layers of a candidate that are unchanged since its parent start with the parent’s weights.'),
};

/** @throws {InvalidInputError} if the weights of parents are needed where only their fitness is kept. */
export function checkInheritance(
  { inheritWeights, fitnessCache }: { readonly inheritWeights: boolean; readonly fitnessCache?: string | undefined },
  placeOf: (path: string) => string,
): void {
  if (!inheritWeights || fitnessCache === undefined) return;
  throw new InvalidInputError(
    `${placeOf('inheritWeights')} needs the weights of parents, and the fitnessCache ${fitnessCache} has none; share a checkpointDir instead`,
    { details: { path: 'inheritWeights', fitnessCache } },
  );
}

/** @throws {InvalidInputError} if the time of a candidate is limited where all take about the same. */
export function checkTimeLimit(
  {
    equalCompute,
    searchSpace: { maxSeconds },
  }: { readonly equalCompute: boolean; readonly searchSpace: { readonly maxSeconds?: number | undefined } },
  placeOf: (path: string) => string,
): void {
  if (maxSeconds === undefined || !equalCompute) return;
  throw new InvalidInputError(
    `${placeOf('searchSpace.maxSeconds')} has no use with equalCompute, with which all candidates take about the same time; leave one of them out`,
    { details: { path: 'searchSpace.maxSeconds', received: maxSeconds } },
  );
}
