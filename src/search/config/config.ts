// The configuration of a search: one schema for the command line, the library and `config.json`, checked as a whole.

import { z } from 'zod';
import type { AugmentationSettings } from '../../data/set/augment.ts';
import { InvalidInputError } from '../../errors.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { LOWERING_NAMES, type LoweringName } from '../../network/lowering/lowerings.ts';
import { BUDGET_EXAMPLES, type Budget, requireBudget } from './budget-text.ts';
import { describeIssue, type PlaceOfKey, valueAt } from './config-issue.ts';
import { checkInheritance, checkTimeLimit, fidelityFields } from './fidelity-schema.ts';
import { objectiveFields, withObjectives } from './objectives-schema.ts';
import { withPresetRules } from './preset-rules.ts';
import { finalEpochsFor, finalTrainingFor, overPreset, PRESET_NAMES, pickFor } from './presets.ts';
import {
  augmentationSchema,
  count,
  headSchema,
  lossSchema,
  optimiserSchema,
  positive,
  probability,
  scheduleSchema,
  share,
  trainingSchema,
} from './training-schema.ts';

const searchSpaceSchema = z.strictObject({
  channels: z.array(z.int()).default([8, 16, 32]).describe('Filter counts of skip layers: powers of two, ascending.'),
  maxDepth: count.default(6).describe('Most layers of a genome.'),
  maxParameters: positive.optional(),
  maxFlops: positive.nullable().default(20e6).describe('Forward FLOPs per image; null for no limit.'),
  maxActivationBytes: positive.optional().describe('Activation memory per image in training, in bytes.'),
  maxWork: positive
    .optional()
    .describe('Most work of training on one image: 3 FLOPs for each of the forward pass, and what takes as long.'),
  maxSeconds: positive
    .optional()
    .describe('Most time that a candidate may take to train; the machine is measured, and it becomes maxWork.'),
});

const datasetSchema = z.strictObject({
  source: z.string().min(1).describe('A built-in name or a path.'),
  size: z.strictObject({ height: count, width: count }).optional(),
  channels: z.enum(['grey', 'rgb']).optional(),
  layout: z
    .enum(['nhwc', 'nchw'])
    .optional()
    .describe('Where arrays and rows of numbers have their channels: last or first. Unless given, as they show.'),
  dataDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder with the files of a named data set. Unless given, they are fetched into the cache, once.'),
  skipBroken: z.boolean().optional(),
  test: z.number().gt(0).lt(1).optional().describe('Share split off as test part where the source has none.'),
  seed: z.int().optional().describe('Seed of that split; 0 unless given.'),
  fingerprint: z.string().optional().describe('If given, the data must have it.'),
});

const budgetSchema = z.union([
  z.string(),
  z.strictObject({
    seconds: positive,
    rate: positive.optional().describe('Work a second of each worker, as measured at the start.'),
  }),
  z.strictObject({ flops: positive }),
]);

/** What a budget decides, unless it is given. */
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

const searchConfigSchema = z.strictObject({
  preset: z
    .enum(PRESET_NAMES)
    .optional()
    .describe('What the other keys are unless given: fast (the defaults), as the Python package, or as the paper.'),
  dataset: datasetSchema,
  genome: z.string().optional().describe('If given, there is no search: this genome is trained for the final epochs.'),
  budget: budgetSchema
    .transform((budget): Budget => (typeof budget === 'string' ? requireBudget(budget, 'budget') : budget))
    .optional()
    .describe(
      `Time or computing that the whole run may take, such as ${BUDGET_EXAMPLES}; it decides what is not given.`,
    ),
  undecided: z
    .array(z.enum(BUDGET_KEYS))
    .optional()
    .describe('Keys that the budget is still to decide; unless given, those that are not given.'),
  searchWork: positive
    .optional()
    .describe('The search ends before the candidate with which its work would exceed this, in FLOPs.'),
  seed: z.int().default(1),
  strategy: z
    .enum(['generational', 'steady-state', 'random', 'custom'])
    .default('generational')
    .describe(
      'CNN-GA; or aging evolution, which breeds by mutation alone and keeps workers busy, as many as half the population; or random search; or custom: one that a program brings.',
    ),
  population: z.int().min(2).default(6),
  generations: z
    .int()
    .min(0)
    .nullable()
    .default(3)
    .describe('Rounds of evolution after the initial population; null for as many as the work allows.'),
  initialGenomes: z
    .array(z.string())
    .default([])
    .describe('Genomes that the initial population begins with; the others are random.'),
  ...fidelityFields,
  crossoverProbability: probability.default(0.9),
  mutationProbability: probability
    .default(0.5)
    .describe('CNN-GA has 0.2; a small population needs more to stay diverse.'),
  mutationWeights: z
    .tuple([probability, probability, probability, probability])
    .default([0.7, 0.1, 0.1, 0.1])
    .describe('Add a skip layer, add a pooling layer, remove a layer, re-draw a layer; they sum to 1.'),
  searchSpace: searchSpaceSchema.prefault({}),
  training: trainingSchema.prefault({}),
  outputLayer: headSchema
    .default([{ type: 'flatten' }, { type: 'dense', units: 'classes', activation: 'softmax' }])
    .describe('The head of every network.'),
  shortcut: z
    .enum(['always', 'where-channels-differ'])
    .default('always')
    .describe('Where a skip layer has a 1×1 convolution on its shortcut.'),
  fitnessOn: z
    .enum(['validation', 'test'])
    .default('validation')
    .describe('test: score candidates on the test images, which biases the test accuracy, as the Python package does.'),
  finalEpochs: positive
    .optional()
    .describe(
      'Epochs of the final training, the last one perhaps in part. Unless given, as many as training.epochs; under the preset fast 3 at least.',
    ),
  finalTraining: z
    .strictObject({
      augmentation: z.union([z.literal('auto'), augmentationSchema]).optional(),
      labelSmoothing: share.optional(),
    })
    .optional()
    .describe(
      'What differs in the final training from that of candidates. augmentation auto: small crops, and flips where mirrored images are recognised too.',
    ),
  ...objectiveFields,
  replicas: count
    .default(1)
    .describe(
      'Copies of the network that the final training trains at the same time, each on its share of the batches.',
    ),
  roundSteps: count
    .optional()
    .describe(
      'Steps of all replicas together after which their states are averaged and saved; unless given, a few seconds’ worth where there are several.',
    ),
  finalSteps: z
    .array(z.strictObject({ at: z.int().min(0), total: count }))
    .min(1)
    .optional()
    .describe(
      'Steps of the final training, in place of its epochs, and how that was changed in its midst: from step `at` on.',
    ),
  repeats: count
    .default(1)
    .describe('Final trainings, with a seed each; the one with the lowest training loss becomes the model.'),
  validation: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe('Share of the training images held out to score candidates.'),
  trainLimit: count.optional().describe('A stratified sample of so many training images is all that is used.'),
  searchLimit: count
    .nullable()
    .default(4000)
    .describe('Candidates train on, and are scored on, a stratified sample of so many images at most; null for all.'),
  workers: count.optional().describe('Child processes, one thread each; no effect on results.'),
  lowering: z
    .enum(['auto', 'blocked', ...LOWERING_NAMES])
    .default('auto')
    .describe(
      'How networks are compiled: blocked is the fast layout of the CPU, where there is one; a run keeps what it began with.',
    ),
  engineKind: z
    .string()
    .optional()
    .describe(
      'The runtime, and a hash of the bits that it computes: written when a run begins, and part of what names its results.',
    ),
  timeoutSeconds: positive.default(1800).describe('Longest evaluation of one candidate.'),
  tensorboard: z.boolean().default(true).describe('Write event files for TensorBoard; no effect on results.'),
  logsDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder in which the run’s event files go; without it tensorboard/ in the run folder.'),
  fitnessCache: z
    .string()
    .min(1)
    .optional()
    .describe('File of finished evaluations that runs share, also at the same time; no effect on results.'),
  checkpointDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of weights that runs share, in place of checkpoints/ in the run folder: a network whose weights are there is not trained again; no effect on results.',
    ),
});

/** What a user gives: everything but the data set has a default. */
export interface SearchConfigInput extends z.input<typeof searchConfigSchema> {}
/** Everything resolved; the preset has become its values. */
export interface SearchConfig
  extends Omit<z.output<typeof searchConfigSchema>, 'preset' | 'finalEpochs' | 'finalTraining' | 'pick' | 'workers'> {
  readonly pick: string;
  readonly workers: number;
  readonly finalEpochs: number;
  /** What differs in the final training from that of candidates. */
  readonly finalTraining: {
    readonly augmentation?: 'auto' | AugmentationSettings | undefined;
    /** Of cross-entropy. */
    readonly labelSmoothing?: number | undefined;
  };
}

/** Of a run: settled on one lowering. */
export interface RunConfig extends SearchConfig {
  readonly lowering: LoweringName;
}

/** Names that an option may take, for suggestions. */
export const OPTIMISER_NAMES = optionNames(optimiserSchema);
export const SCHEDULE_NAMES = optionNames(scheduleSchema);
export const LOSS_NAMES = optionNames(lossSchema);

/** Where a configuration comes from, for messages: a name (of a file, say), or the place of each key by its path. */
export type ConfigSource = string | PlaceOfKey;

/**
 * Checks a configuration as a whole and fills in what its preset says, then the defaults.
 *
 * @param cores  of the machine: as many workers unless the configuration says.
 * @throws {InvalidInputError} naming the first wrong key by its path, the constraint and what was received; `details.issues`
 *   holds all of them.
 */
export function resolveConfigFor(cores: number, input: unknown, source: ConfigSource): SearchConfig {
  const placeOf: PlaceOfKey =
    typeof source === 'string' ? (path) => (path === '' ? source : `${source}: ${path}`) : source;
  const settings = overPreset(input);
  requireValidBudget(settings, placeOf);
  const parsed = searchConfigSchema.safeParse(settings);
  if (parsed.success) {
    const hasBudget = valueAt(settings, ['budget']) !== undefined;
    const {
      preset,
      pick = pickFor(preset, hasBudget, parsed.data.objectives),
      finalEpochs = finalEpochsFor(preset, parsed.data.training.epochs),
      finalTraining = finalTrainingFor(preset, valueAt(settings, ['training']), hasBudget),
      undecided = undecidedKeys(input),
      workers = cores,
      ...others
    } = parsed.data;
    const config = withOpenEnds(
      withObjectives({ ...others, workers, pick, finalEpochs, finalTraining }, placeOf),
      undecided,
    );
    checkSum(config.mutationWeights, placeOf);
    checkEnd(config, placeOf);
    checkInheritance(config, placeOf);
    checkTimeLimit(config, placeOf);
    return {
      ...config,
      initialGenomes: config.initialGenomes.map((text) => canonicalGenome(text, placeOf('initialGenomes'))),
      ...(config.genome !== undefined && { genome: canonicalGenome(config.genome, placeOf('genome')) }),
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

function canonicalGenome(text: string, place: string): string {
  try {
    return genomeId(parseGenome(text));
  } catch (cause) {
    throw new InvalidInputError(`${place}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The keys that the budget of a configuration decides: a preset's values are not given.
 *
 * @param input  as the user gave it.
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

/** What is undecided sets no limit. */
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

/** In words of its own, as neither a type nor a range says what is wrong with `5`. */
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

function optionNames(union: {
  readonly options: readonly { readonly shape: { readonly name: z.ZodLiteral<string> } }[];
}): readonly string[] {
  return union.options.map((option) => option.shape.name.value);
}
