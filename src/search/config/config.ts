// The configuration of a search: one schema for the command line, the library and `config.json`, validated as a whole.

import { z } from 'zod';
import { DEVICES, deviceOf, isAccelerator } from '../../engine/device.ts';
import { InvalidInputError } from '../../errors.ts';
import type { HeadLayer } from '../../genome/head.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { LOWERING_NAMES, type LoweringName } from '../../network/lowering/lowerings.ts';
import { BUDGET_EXAMPLES, type Budget, requireBudget } from './budget-text.ts';
import { describeIssue, type PlaceOfKey, valueAt } from './config-issue.ts';
import { backboneSchema, checkBackbone, datasetSchema } from './dataset-schema.ts';
import { checkInheritance, checkSplits, checkTimeLimit, fidelityFields, splitsFor } from './fidelity-schema.ts';
import { objectiveFields, withObjectives } from './objectives-schema.ts';
import { withPresetRules } from './preset-rules.ts';
import { finalEpochsFor, finalTrainingFor, headFor, overPreset, PRESET_NAMES, pickFor } from './presets.ts';
import {
  augmentationSchema,
  balanceSchema,
  checkFinalTrainings,
  count,
  finalFields,
  finalTrainingSchema,
  headSchema,
  LOSS_NAMES,
  lossSchema,
  OPTIMISER_NAMES,
  optimiserSchema,
  positive,
  probability,
  SCHEDULE_NAMES,
  scheduleSchema,
  shortcutSchema,
  trainingSchema,
} from './training-schema.ts';
import {
  AUTO_GENOME,
  BUDGET_KEYS,
  type BudgetKey,
  checkSearchShare,
  searchShareFor,
  undecidedKeys,
} from './undecided-keys.ts';
import { ensembleFor, viewsFor, viewsSchema } from './views.ts';

/** Share of the training images that a search holds out. */
export const DEFAULT_SHARE = 0.1;

const searchSpaceSchema = z.strictObject({
  channels: z
    .array(z.int())
    .default([8, 16, 32])
    .describe('Filter counts of skip layers and stages: powers of two, ascending.'),
  maxDepth: count.default(6).describe('Maximum number of layers of a genome.'),
  maxParameters: positive.optional(),
  maxFlops: positive.nullable().default(20e6).describe('Forward FLOPs per image; null for no limit.'),
  maxActivationBytes: positive.optional().describe('Activation memory per image in training, in bytes.'),
  maxWork: positive
    .optional()
    .describe(
      'Maximum work of training on one image: FLOPs of both passes, plus the equivalent of waiting for memory.',
    ),
  maxSeconds: positive
    .optional()
    .describe('Maximum training time of a candidate; the machine is measured, and the limit becomes maxWork.'),
});

const budgetSchema = z.union([
  z.string(),
  z.strictObject({
    seconds: positive,
    rate: positive.optional().describe('Work per second of each worker, as measured at the start.'),
    byteWork: positive
      .optional()
      .describe('Work that a worker could do while it reads or writes a byte, as measured at the start.'),
  }),
  z.strictObject({ flops: positive }),
]);

const searchConfigSchema = z.strictObject({
  preset: z
    .enum(PRESET_NAMES)
    .optional()
    .describe('Values of keys that are not given: fast (the defaults), as in the Python package, or as in the paper.'),
  dataset: datasetSchema,
  backbone: backboneSchema.optional(),
  genome: z
    .string()
    .optional()
    .describe(
      'Trains this genome for the final epochs, without a search; auto, with a budget: the reference design of its size.',
    ),
  budget: budgetSchema
    .transform((budget): Budget => (typeof budget === 'string' ? requireBudget(budget, 'budget') : budget))
    .optional()
    .describe(
      `Time or computing that the whole run may take, such as ${BUDGET_EXAMPLES}; it decides the keys that are not given.`,
    ),
  undecided: z
    .array(z.enum(BUDGET_KEYS))
    .optional()
    .describe('Keys that the budget has yet to decide. Default: those that are not given.'),
  searchShare: z
    .union([z.number().min(0).max(0.9), z.literal('auto')], {
      error: 'a share of the budget from 0 (no search) to 0.9, or auto',
    })
    .optional()
    .describe(
      'Share of a budget for the search; auto: none if there is little computing for each image, else up to 0.25. Default: auto; 0.25 if another key of the search is given.',
    ),
  searchWork: positive.optional().describe('The search ends before its work would exceed this, in FLOPs.'),
  seed: z.int().default(1),
  strategy: z
    .enum(['generational', 'steady-state', 'random', 'custom'])
    .default('generational')
    .describe(
      'CNN-GA; aging evolution, which breeds by mutation alone and keeps up to half as many workers busy as the population has individuals; random search; or custom, a strategy supplied by a program.',
    ),
  population: z.int().min(2).default(6),
  generations: z
    .int()
    .min(0)
    .nullable()
    .default(3)
    .describe('Generations after the initial population; null for as many as the work allows.'),
  initialGenomes: z.array(z.string()).default([]).describe('Genomes of the initial population; the rest are random.'),
  ...fidelityFields,
  crossoverProbability: probability.default(0.9),
  mutationProbability: probability
    .default(0.5)
    .describe('CNN-GA uses 0.2; a small population needs more to stay diverse.'),
  mutationWeights: z
    .tuple([probability, probability, probability, probability])
    .default([0.7, 0.1, 0.1, 0.1])
    .describe(
      'Probabilities of adding a skip layer, adding a pooling layer, removing a layer, re-drawing a layer; they add up to 1.',
    ),
  searchSpace: searchSpaceSchema.prefault({}),
  training: trainingSchema.prefault({}),
  balance: balanceSchema,
  outputLayer: headSchema
    .optional()
    .describe(
      'The head of every network. Default: flatten, and dense with a unit for each class; globalAveragePooling instead of flatten where the preset fast chooses the genome within a budget.',
    ),
  shortcut: shortcutSchema.default('always').describe('When a skip layer has a 1×1 convolution on its shortcut.'),
  fitnessOn: z
    .enum(['validation', 'test'])
    .default('validation')
    .describe('test: score candidates on the test images, as the Python package does; this biases the test accuracy.'),
  finalEpochs: positive
    .optional()
    .describe(
      'Epochs of the final training; the last one may be partial. Default: training.epochs; with the preset fast, at least 3.',
    ),
  finalTraining: finalTrainingSchema.optional(),
  views: viewsSchema.optional(),
  ...objectiveFields,
  ...finalFields,
  validation: z
    .union([z.number().gt(0).lt(1), z.literal('part')], {
      error: 'a share greater than 0 and less than 1, or part: the validation part of the data',
    })
    .default(DEFAULT_SHARE)
    .describe(
      'Share of the training images held out to score candidates; part: the validation part of the data, which is always used if there is one.',
    ),
  trainLimit: count
    .optional()
    .describe(
      'Use only a stratified sample of this many training images; of a validation part of the data, at most as many.',
    ),
  searchLimit: count
    .nullable()
    .default(4000)
    .describe(
      'Candidates are trained and scored on a stratified sample of at most this many images each; null for all.',
    ),
  workers: count.optional().describe('Number of child processes, one thread each; no effect on results.'),
  device: z
    .enum(['auto', ...DEVICES])
    .optional()
    .describe('What trains; auto: the fastest that works. cuda, coreml and dml are untested. Default: cpu.'),
  lowering: z
    .enum(['auto', 'blocked', ...LOWERING_NAMES])
    .default('auto')
    .describe(
      'How networks are compiled: blocked is the fast memory layout for the CPU, if it has one; a run keeps its initial choice.',
    ),
  engineKind: z
    .string()
    .optional()
    .describe(
      'The runtime, and a hash of the bits that it computes: set when a run begins, and part of the ids of its results.',
    ),
  timeoutSeconds: positive.default(1800).describe('Time limit for the evaluation of one candidate.'),
  tensorboard: z.boolean().default(true).describe('Write event files for TensorBoard; no effect on results.'),
  logsDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for the event files of the run. Default: tensorboard/ in the run folder.'),
  fitnessCache: z
    .string()
    .min(1)
    .optional()
    .describe('File of finished evaluations that runs share, even concurrently; no effect on results.'),
  checkpointDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of weights that runs share, instead of checkpoints/ in the run folder. Networks whose weights are there are not trained again; no effect on results.',
    ),
});

/** The configuration that a user gives: everything but the data set has a default. */
export interface SearchConfigInput extends z.input<typeof searchConfigSchema> {}
/** A resolved configuration; the preset has been replaced by its values. */
export interface SearchConfig
  extends Omit<
    z.output<typeof searchConfigSchema>,
    'preset' | 'outputLayer' | 'views' | 'ensemble' | 'finalEpochs' | 'finalTraining' | 'pick' | 'workers'
  > {
  readonly pick: string;
  readonly workers: number;
  readonly outputLayer: HeadLayer[];
  readonly views: NonNullable<z.output<typeof searchConfigSchema>['views']>;
  readonly ensemble: number | 'auto';
  readonly finalEpochs: number;
  readonly finalTraining: NonNullable<z.output<typeof searchConfigSchema>['finalTraining']>;
}

/** The configuration of a run, with one lowering chosen. */
export interface RunConfig extends SearchConfig {
  readonly lowering: LoweringName;
}

/**
 * Where a configuration comes from, for messages: a name (such as a file), or a function that names the place of each key.
 */
export type ConfigSource = string | PlaceOfKey;

/**
 * Validates a configuration as a whole, and fills in the values of its preset and then the defaults.
 *
 * @param cores  CPU cores of the machine: the default number of workers.
 * @throws {InvalidInputError} naming the path of the first wrong key, the constraint and what was received;
 *   `details.issues` holds all of them.
 */
export function resolveConfigFor(cores: number, input: unknown, source: ConfigSource): SearchConfig {
  const placeOf: PlaceOfKey =
    typeof source === 'string' ? (path) => (path === '' ? source : `${source}: ${path}`) : source;
  const settings = overPreset(input);
  requireValidBudget(settings, placeOf);
  const parsed = searchConfigSchema.safeParse(settings);
  if (parsed.success) {
    const hasBudget = valueAt(settings, ['budget']) !== undefined;
    const { genome, objectives } = parsed.data;
    const {
      preset,
      pick = pickFor(preset, hasBudget, objectives),
      finalEpochs = finalEpochsFor(preset, parsed.data.training.epochs),
      finalTraining = finalTrainingFor(parsed.data, valueAt(settings, ['training']), hasBudget),
      undecided = undecidedKeys(input),
      workers = isAccelerator(deviceOf(parsed.data)) ? 1 : cores,
      searchShare = searchShareFor(input),
      outputLayer = headFor(preset, genome, hasBudget),
      views: givenViews,
      ensemble: givenEnsemble,
      fitnessSplits,
      ...others
    } = parsed.data;
    const given = {
      ...others,
      ...splitsFor(fitnessSplits, undecided),
      searchShare,
      workers,
      outputLayer,
      views: 1,
      ensemble: 1,
      pick,
      finalEpochs,
      finalTraining,
    } as const;
    const open = withOpenEnds(withObjectives(given, placeOf), undecided);
    const config = {
      ...open,
      views: viewsFor(givenViews, preset, open, placeOf),
      ensemble: ensembleFor(givenEnsemble, preset, open, placeOf),
    };
    checkSum(config.mutationWeights, placeOf);
    checkEnd(config, placeOf);
    checkSearchShare(config, placeOf);
    checkInheritance(config, placeOf);
    checkSplits(config, placeOf);
    checkTimeLimit(config, placeOf);
    checkBackbone(config, placeOf);
    checkFinalTrainings(config, placeOf);
    return {
      ...config,
      initialGenomes: config.initialGenomes.map((text) => canonicalGenome(text, placeOf('initialGenomes'))),
      ...(config.genome !== undefined && { genome: genomeOf(config, placeOf('genome')) }),
    };
  }
  const issues = parsed.error.issues.map((issue) => describeIssue(issue, settings, placeOf, { keysAt, namesAt }));
  throw new InvalidInputError(issues[0] ?? `${placeOf('')} is invalid`, { details: { issues } });
}

/** The JSON Schema of a configuration file, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(searchConfigSchema, { io: 'input', target: 'draft-7' });
  return { ...withPresetRules(schema), title: 'auto-cnn search configuration' };
}

function genomeOf({ genome = '', budget }: SearchConfig, place: string): string {
  if (genome !== AUTO_GENOME) return canonicalGenome(genome, place);
  if (budget !== undefined) return genome;
  throw new InvalidInputError(
    `${place}: auto leaves the genome to the budget, and there is none; give a budget, such as ${BUDGET_EXAMPLES}, or a genome`,
    { details: { path: 'genome', received: genome } },
  );
}

function canonicalGenome(text: string, place: string): string {
  try {
    return genomeId(parseGenome(text));
  } catch (cause) {
    throw new InvalidInputError(`${place}: ${(cause as Error).message}`, { cause });
  }
}

/** Removes the limits of undecided keys. */
function withOpenEnds(config: SearchConfig, undecided: readonly BudgetKey[]): SearchConfig {
  if (undecided.length === 0) return config;
  return {
    ...config,
    undecided: [...undecided],
    ...(undecided.includes('generations') && { generations: null }),
    ...(undecided.includes('searchWork') && { searchWork: undefined }),
    searchSpace: {
      ...config.searchSpace,
      ...(undecided.includes('searchSpace.maxFlops') && { maxFlops: null }),
      ...(undecided.includes('searchSpace.maxWork') && { maxWork: undefined }),
    },
  };
}

/** Has its own message, because neither a type nor a range explains what is wrong with `5`. */
function requireValidBudget(settings: unknown, placeOf: PlaceOfKey): void {
  const budget = valueAt(settings, ['budget']);
  if (budget === undefined || (typeof budget === 'object' && budgetSchema.safeParse(budget).success)) return;
  requireBudget(budget, placeOf('budget'));
}

function checkEnd({ generations, searchWork, undecided, genome }: SearchConfig, placeOf: PlaceOfKey): void {
  if (generations !== null || searchWork !== undefined || genome !== undefined) return;
  if (undecided?.includes('searchWork')) return;
  throw new InvalidInputError(
    `${placeOf('generations')} must be a whole number unless there is a budget or searchWork, received null; the search would never end`,
    { details: { path: 'generations', received: null } },
  );
}

function checkSum(weights: readonly number[], placeOf: PlaceOfKey): void {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 1) <= 1e-6) return;
  const shown = Number(sum.toPrecision(9));
  throw new InvalidInputError(
    `${placeOf('mutationWeights')} must add up to 1, received ${weights.join(', ')}, which is ${shown}`,
    { details: { path: 'mutationWeights', received: weights } },
  );
}

function keysAt(path: string): readonly string[] {
  const shapes: Readonly<Record<string, readonly string[]>> = {
    '': Object.keys(searchConfigSchema.shape),
    dataset: Object.keys(datasetSchema.shape),
    searchSpace: Object.keys(searchSpaceSchema.shape),
    budget: budgetSchema.options.slice(1).flatMap((option) => ('shape' in option ? Object.keys(option.shape) : [])),
    training: Object.keys(trainingSchema.shape),
    finalTraining: ['augmentation', 'labelSmoothing'],
    'finalTraining.augmentation': Object.keys(augmentationSchema.shape),
    'training.optimizer': optimiserSchema.options.flatMap((option) => Object.keys(option.shape)),
    'training.schedule': scheduleSchema.options.flatMap((option) => Object.keys(option.shape)),
    'training.loss': lossSchema.options.flatMap((option) => Object.keys(option.shape)),
    'training.augmentation': Object.keys(augmentationSchema.shape),
  };
  return shapes[path] ?? [];
}

function namesAt(path: string): readonly string[] {
  const unions: Readonly<Record<string, readonly string[]>> = {
    'training.optimizer': OPTIMISER_NAMES,
    'training.schedule': SCHEDULE_NAMES,
    'training.loss': LOSS_NAMES,
    outputLayer: ['flatten', 'globalAveragePooling', 'dense', 'dropout'],
  };
  const union = Object.keys(unions).find((prefix) => path.startsWith(prefix));
  return union === undefined ? [] : (unions[union] ?? []);
}
