// The part of the configuration that determines how much training each candidate gets.

import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { count, headSchema, positive, shortcutSchema } from './training-schema.ts';

/** Beyond that, each image more says little, and takes a whole training. */
const MOST_SPLITS = 10;

export const fidelityFields = {
  fitnessSplits: z
    .union([z.int().min(1).max(MOST_SPLITS), z.literal('auto')], {
      error: `a whole number from 1 to ${MOST_SPLITS}, or auto`,
    })
    .optional()
    .describe(
      'Disjoint validation splits: each candidate is trained once for each of them, and scored on the validation images of all together. auto: more than one where few images are held out and a budget has the work for it. Default: auto with a budget and the preset fast; else 1.',
    ),
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

interface SplitSettings {
  readonly fitnessSplits?: number | 'auto' | undefined;
  readonly validation: number | 'part';
  readonly fitnessOn: 'validation' | 'test';
  readonly inheritWeights: boolean;
  readonly earlyStopCandidates: 'none' | 'median';
  readonly genome?: string | undefined;
}

/** Validation splits that score a candidate: one as long as it is not decided. */
export function splitsOf({ fitnessSplits }: Pick<SplitSettings, 'fitnessSplits'>): number {
  return typeof fitnessSplits === 'number' ? fitnessSplits : 1;
}

/**
 * The default number of validation splits: the plan of a budget decides. Presets of the package and the paper have one.
 *
 * @param given      by the user or the preset.
 * @param undecided  keys that a budget has yet to decide.
 */
export function splitsFor(
  given: number | 'auto' | undefined,
  undecided: readonly string[],
): Pick<SplitSettings, 'fitnessSplits'> {
  const fitnessSplits = given ?? (undecided.includes('searchWork') ? 'auto' : undefined);
  return fitnessSplits === undefined ? {} : { fitnessSplits };
}

/** Why candidates cannot be scored on so many splits, as the end of a sentence with its cure; undefined if they can. */
export function splitsTrouble(splits: number, config: Omit<SplitSettings, 'fitnessSplits'>): string | undefined {
  const { validation, fitnessOn, inheritWeights, earlyStopCandidates } = config;
  const cure = 'leave one of them out';
  if (splits === 1) return undefined;
  if (fitnessOn === 'test') return `fitnessOn is test, which scores candidates on the test images; ${cure}`;
  if (validation === 'part')
    return 'the validation part of the data scores candidates, and there is one of it; use 1, or data without that part';
  if (inheritWeights)
    return `inheritWeights gives candidates weights that were trained on validation images of other splits; ${cure}`;
  if (earlyStopCandidates === 'median')
    return `earlyStopCandidates is median, which could end only the last of the trainings of a candidate; ${cure}`;
  // Shares such as 1/3 are not exact.
  if (splits * validation <= 1 + 1e-9) return undefined;
  return `with validation ${validation} no more than ${Math.floor(1 / validation + 1e-9)} disjoint splits exist; use as many or fewer, or a smaller share`;
}

/** @throws {InvalidInputError} if candidates cannot be scored on so many validation splits. */
export function checkSplits(config: SplitSettings, placeOf: (path: string) => string): void {
  const { fitnessSplits, genome } = config;
  // Without a search there are no candidates.
  const trouble = genome === undefined ? splitsTrouble(splitsOf(config), config) : undefined;
  if (trouble === undefined) return;
  throw new InvalidInputError(`${placeOf('fitnessSplits')} is ${fitnessSplits}, but ${trouble}`, {
    details: { path: 'fitnessSplits', received: fitnessSplits },
  });
}

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
