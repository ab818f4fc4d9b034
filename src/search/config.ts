// The configuration of a search: one schema for the command line, the library and `config.json`, checked as a whole.

import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import { describeIssue, type PlaceOfKey } from './config-issue.ts';

const probability = z.number().min(0).max(1);
const count = z.int().min(1);
const positive = z.number().positive();
const decay = z.number().min(0).lt(1);

const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('adam'),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: positive.default(1e-7),
    weightDecay: z.number().min(0).default(0),
  }),
  z.strictObject({
    name: z.literal('sgd'),
    momentum: decay.default(0.9),
    weightDecay: z.number().min(0).default(0),
  }),
]);

const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    steps: z.array(z.strictObject({ epoch: z.int().min(0), factor: positive })).min(1),
  }),
  z.strictObject({ name: z.literal('cosine') }),
  z.strictObject({ name: z.literal('one-cycle'), warmUp: probability.default(0.3) }),
]);

const trainingSchema = z.strictObject({
  epochs: count.default(2).describe('Epochs that each candidate trains.'),
  batchSize: count.default(64),
  learningRate: positive.default(0.005).describe('Base rate; the peak of a one-cycle schedule.'),
  optimizer: optimiserSchema.prefault({ name: 'adam' }),
  schedule: scheduleSchema.prefault({ name: 'one-cycle' }),
  statisticsMomentum: decay.default(0.9).describe('Of the running statistics of batch normalisation.'),
});

const searchSpaceSchema = z.strictObject({
  channels: z.array(z.int()).default([8, 16, 32]).describe('Filter counts of skip layers: powers of two, ascending.'),
  maxDepth: count.default(6).describe('Most layers of a genome.'),
  maxParameters: positive.optional(),
  maxFlops: positive.default(20e6).describe('Forward FLOPs per image.'),
  maxActivationBytes: positive.optional().describe('Activation memory per image in training, in bytes.'),
});

const datasetSchema = z.strictObject({
  source: z.string().min(1).describe('A built-in name or a path.'),
  size: z.strictObject({ height: count, width: count }).optional(),
  channels: z.enum(['grey', 'rgb']).optional(),
  skipBroken: z.boolean().optional(),
  test: z.number().gt(0).lt(1).optional().describe('Share split off as test part where the source has none.'),
  fingerprint: z.string().optional().describe('If given, the data must have it.'),
});

const searchConfigSchema = z.strictObject({
  dataset: datasetSchema,
  seed: z.int().default(1),
  strategy: z.enum(['generational', 'random']).default('generational'),
  population: z.int().min(2).default(6),
  generations: z.int().min(0).default(3).describe('Rounds of evolution after the initial population.'),
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
  finalEpochs: count.default(2).describe('Epochs of the final training.'),
  validation: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe('Share of the training images held out to score candidates.'),
  trainLimit: count.optional().describe('A stratified sample of so many training images is all that is used.'),
  searchLimit: count
    .default(4000)
    .describe('Candidates train on, and are scored on, a stratified sample of so many images at most.'),
  workers: count
    .default(() => availableParallelism())
    .describe('Child processes, one thread each; no effect on results.'),
  timeoutSeconds: positive.default(1800).describe('Longest evaluation of one candidate.'),
  tensorboard: z.boolean().default(true).describe('Write event files for TensorBoard; no effect on results.'),
  logsDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder in which the run’s event files go; without it tensorboard/ in the run folder.'),
});

/** What a user gives: everything but the data set has a default. */
export type SearchConfigInput = z.input<typeof searchConfigSchema>;
/** Everything resolved. */
export type SearchConfig = z.output<typeof searchConfigSchema>;

/** Names that an option may take, for suggestions. */
export const OPTIMISER_NAMES = optionNames(optimiserSchema);
export const SCHEDULE_NAMES = optionNames(scheduleSchema);

/** Where a configuration comes from, for messages: a name (of a file, say), or the place of each key by its path. */
export type ConfigSource = string | PlaceOfKey;

/**
 * Checks a configuration as a whole and fills in the defaults.
 *
 * @throws {InvalidInputError} naming the first wrong key by its path, the constraint and what was received; `details.issues`
 *   holds all of them.
 */
export function resolveConfig(input: unknown, source: ConfigSource): SearchConfig {
  const placeOf: PlaceOfKey =
    typeof source === 'string' ? (path) => (path === '' ? source : `${source}: ${path}`) : source;
  const parsed = searchConfigSchema.safeParse(input);
  if (parsed.success) {
    checkSum(parsed.data.mutationWeights, placeOf);
    return parsed.data;
  }
  const issues = parsed.error.issues.map((issue) => describeIssue(issue, input, placeOf, { keysAt, namesAt }));
  throw new InvalidInputError(issues[0] ?? `${placeOf('')} is invalid`, { details: { issues } });
}

/** The JSON Schema of a configuration file, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  // The number of workers depends on the machine that asks; a schema must not.
  const schema = z.toJSONSchema(searchConfigSchema, { io: 'input', target: 'draft-7' });
  const { workers } = schema.properties as Record<string, { default?: unknown }>;
  delete workers?.default;
  return { ...schema, title: 'auto-cnn search configuration' };
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
    training: Object.keys(trainingSchema.shape),
    'training.optimizer': optimiserSchema.options.flatMap((option) => Object.keys(option.shape)),
    'training.schedule': scheduleSchema.options.flatMap((option) => Object.keys(option.shape)),
  };
  return shapes[path] ?? [];
}

function namesAt(path: string): readonly string[] {
  return path.startsWith('training.optimizer') ? OPTIMISER_NAMES : SCHEDULE_NAMES;
}

function optionNames(union: {
  readonly options: readonly { readonly shape: { readonly name: z.ZodLiteral<string> } }[];
}): readonly string[] {
  return union.options.map((option) => option.shape.name.value);
}
