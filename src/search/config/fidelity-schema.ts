// The part of the configuration that determines how much training each candidate gets.

import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { count, headSchema, positive, shortcutSchema } from './training-schema.ts';

export const fidelityFields = {
  rungs: count
    .default(1)
    .describe(
      'Successive halving: number of training levels. The better candidates on each level advance to the next, with more images.',
    ),
  reduction: z.number().gt(1).default(3).describe('On each rung but the last, one in this many candidates advances.'),
  earlyStopCandidates: z
    .enum(['none', 'median'])
    .default('none')
    .describe(
      'median: a candidate ends after an epoch in which it is still below the median of candidates of earlier generations.',
    ),
  equalCompute: z
    .boolean()
    .default(false)
    .describe(
      'Candidates get equal work instead of equal epochs: a typical network trains for training.epochs, a smaller one for more.',
    ),
  typicalWork: positive
    .optional()
    .describe(
      'With equalCompute: work of training the typical network on one image. Default: the median of random networks, or the value that a budget plans with.',
    ),
  inheritWeights: z
    .boolean()
    .default(false)
    .describe('Layers of a candidate that are unchanged from its parent start with the parent’s weights.'),
  startFrom: z
    .strictObject({
      run: z.string().min(1).describe('Folder of a finished run.'),
      genomes: z.array(z.string()).optional().describe('Its networks, that of its model first, then the fittest.'),
      model: z
        .strictObject({
          sha256: z.string().describe('Hash that its model.onnx must have.'),
          genome: z.string(),
          problem: z.strictObject({
            input: z.strictObject({ channels: count, height: count, width: count }),
            classes: count,
            head: headSchema,
            shortcut: shortcutSchema,
          }),
          newClassifier: z.literal(true).optional().describe('It knows other classes.'),
        })
        .optional()
        .describe('Set when a run begins.'),
    })
    .optional()
    .describe(
      'A run whose networks the search begins with, and whose weights all layers begin with that its model has, too.',
    ),
};

/** @throws {InvalidInputError} if the weights of parents are needed but only their fitness is kept. */
export function checkInheritance(
  { inheritWeights, fitnessCache }: { readonly inheritWeights: boolean; readonly fitnessCache?: string | undefined },
  placeOf: (path: string) => string,
): void {
  if (!inheritWeights || fitnessCache === undefined) return;
  throw new InvalidInputError(
    `${placeOf('inheritWeights')} needs the weights of parents, but the fitnessCache ${fitnessCache} has none; share a checkpointDir instead`,
    { details: { path: 'inheritWeights', fitnessCache } },
  );
}

/** @throws {InvalidInputError} if candidate time is limited although all candidates take about the same time. */
export function checkTimeLimit(
  {
    equalCompute,
    searchSpace: { maxSeconds },
  }: { readonly equalCompute: boolean; readonly searchSpace: { readonly maxSeconds?: number | undefined } },
  placeOf: (path: string) => string,
): void {
  if (maxSeconds === undefined || !equalCompute) return;
  throw new InvalidInputError(
    `${placeOf('searchSpace.maxSeconds')} is useless with equalCompute, which gives all candidates about the same time; remove one of them`,
    { details: { path: 'searchSpace.maxSeconds', received: maxSeconds } },
  );
}
