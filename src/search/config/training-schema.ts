// The part of the configuration that sets how networks are built and trained, and thus decides a candidate's fitness.

import { z } from 'zod';
import { METRIC_NAMES } from '../../engine/scoring/metrics.ts';
import { InvalidInputError } from '../../errors.ts';
import type { PlaceOfKey } from './config-issue.ts';

export const probability = z.number().min(0).max(1);
export const count = z.int().min(1);
export const positive = z.number().positive();
const share = z.number().min(0).lt(1);
const notNegative = z.number().min(0);

const adamFields = {
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: positive.default(1e-7),
};

export const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adam'), ...adamFields, weightDecay: notNegative.default(0) }),
  z.strictObject({
    name: z.literal('adamw'),
    ...adamFields,
    weightDecay: notNegative.default(0.05).describe('Decoupled from the gradient.'),
  }),
  z.strictObject({
    name: z.literal('muon'),
    momentum: share.default(0.95).describe('Of the filters; all else follows AdamW.'),
    ...adamFields,
    weightDecay: notNegative.default(0.05).describe('Decoupled from the gradient.'),
  }),
  z.strictObject({
    name: z.literal('sgd'),
    momentum: share.default(0.9),
    nesterov: z.boolean().default(false),
    weightDecay: notNegative.default(0),
  }),
  z.strictObject({
    name: z.literal('rmsprop'),
    rho: share.default(0.9),
    epsilon: positive.default(1e-7),
    weightDecay: notNegative.default(0),
  }),
]);

export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    steps: z.array(z.strictObject({ epoch: z.int().min(0), factor: positive })).min(1),
  }),
  z.strictObject({ name: z.literal('cosine') }),
  z.strictObject({ name: z.literal('one-cycle'), warmUp: probability.default(0.3) }),
  z.strictObject({
    name: z.literal('reduce-on-plateau'),
    factor: share.default(0.5),
    patience: count.default(3).describe('Number of epochs without a lower validation loss after which the rate drops.'),
  }),
]);

export const lossSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('cross-entropy'), labelSmoothing: share.default(0) }),
  z.strictObject({ name: z.literal('mean-squared-error'), labelSmoothing: share.default(0) }),
]);

export const augmentationSchema = z
  .strictObject({
    rotation: notNegative.max(180).optional().describe('Maximum angle in degrees, in either direction.'),
    padAndCrop: z.int().min(0).optional().describe('Pixels of padding on each side before a random crop.'),
    padding: z
      .enum(['zeros', 'reflect'])
      .optional()
      .describe('What the padding is: zeros, or the image reflected at its border.'),
    horizontalFlip: z
      .literal([true, false, 'alternating'])
      .optional()
      .describe('Mirrors half of the images at random; alternating: each image in every other epoch.'),
    brightness: share.optional().describe('Maximum share by which all values grow or shrink.'),
    contrast: share.optional().describe('Maximum share by which differences to the mean of the image grow or shrink.'),
    saturation: share
      .optional()
      .describe('Maximum share by which differences between the three channels of a pixel grow or shrink.'),
    cutout: z.int().min(0).optional().describe('Side length of a square set to zero, in pixels.'),
    cutmix: probability
      .optional()
      .describe('Share of the images that get a rectangle of another one, and its label in proportion.'),
  })
  .describe('Random changes of the training images; each is off by default.');

export const trainingSchema = z.strictObject({
  epochs: count.default(2).describe('Epochs of training for each candidate.'),
  batchSize: count.default(64),
  learningRate: positive.default(0.005).describe('Base rate; the peak of a one-cycle schedule.'),
  optimizer: optimiserSchema.prefault({ name: 'muon' }),
  schedule: scheduleSchema.prefault({ name: 'one-cycle' }),
  warmUpEpochs: notNegative.default(0).describe('Epochs over which the learning rate rises to that of the schedule.'),
  loss: lossSchema.prefault({ name: 'cross-entropy' }),
  classWeights: z
    .union([z.literal(['balanced', 'none']), z.array(positive)])
    .transform((weights) => (weights === 'none' ? undefined : weights))
    .optional()
    .describe(
      'Weights of classes in the loss: one for each, none, or balanced to derive them from the images of each training. Default: none, but see balance.',
    ),
  metrics: z
    .array(z.enum(METRIC_NAMES))
    .min(1)
    .default(['accuracy'])
    .describe('Measured on the validation images; the first is the fitness. Default: accuracy, but see balance.'),
  augmentation: augmentationSchema.prefault({}),
  earlyStoppingPatience: count.optional().describe('Training ends after this many epochs without a better fitness.'),
  statisticsMomentum: share.default(0.9).describe('Momentum of the running statistics of batch normalisation.'),
});

/** Keys that uneven classes decide. */
export const CLASS_KEYS = ['metrics', 'classWeights'] as const;

/** The key that few images behind a backbone decide. */
export const DECAY_KEY = 'optimizer.weightDecay';

/** Keys that the data decide. */
export const BALANCE_KEYS = [...CLASS_KEYS, DECAY_KEY] as const;

export type BalanceKey = (typeof BALANCE_KEYS)[number];

export const balanceSchema = z
  .array(z.enum(BALANCE_KEYS))
  .optional()
  .describe(
    'Keys of training that the run sets by its data. Where one class has more than 3 times the training images of another: balanced-accuracy as the fitness, weights by class in the loss. Behind a backbone: a weight decay of 60 times the root of its channels over the number of training images, at least 0.05. Default: those that are not given; a run keeps those that it has set.',
  );

export const finalTrainingSchema = z
  .strictObject({
    augmentation: z.union([z.literal('auto'), augmentationSchema]).optional(),
    labelSmoothing: share.optional(),
  })
  .describe(
    'Settings of the final training that differ from those of candidates. augmentation auto: small crops, flips if the network also recognises mirrored images, and more with many passes over the images: colours that vary, CutMix for photos.',
  );

const stepsSchema = z.array(z.strictObject({ at: z.int().min(0), total: count })).min(1);

/** How the final training is divided, and how many there are. */
export const finalFields = {
  replicas: count
    .default(1)
    .describe('Copies of the network that the final training trains in parallel, each on its share of the batches.'),
  roundSteps: count
    .optional()
    .describe(
      'Total steps of all replicas after which their states are averaged and saved. Default with several replicas: a few seconds’ worth.',
    ),
  finalSteps: stepsSchema
    .optional()
    .describe(
      'Steps of the final training, instead of its epochs; each further entry changes the total from step `at` on.',
    ),
  repeats: count
    .default(1)
    .describe(
      'Number of final trainings, each with its own seed; the one with the lowest training loss becomes the model.',
    ),
  ensemble: z
    .union([count, z.literal('auto')], { error: 'a whole number of networks, or auto' })
    .optional()
    .describe(
      'The model is the mean of the probabilities of this many networks of one genome, each trained with its own seed: with a budget, each for its share of the final training; else for finalEpochs. Its parameters, FLOPs and time for an image are theirs together. auto: up to 4, each of which sees each image at least 100 times. Default: auto with a budget and the preset fast, unless size, FLOPs or latency matter; else 1.',
    ),
  memberSteps: z
    .array(stepsSchema)
    .optional()
    .describe('finalSteps of each member of an ensemble, set by a run whose budget is a time.'),
  crossValidation: z
    .int()
    .min(2)
    .optional()
    .describe(
      'After the final training and beyond the budget, the network is trained once more without each of this many folds of the training images, and scored on them.',
    ),
};

/**
 * @throws {InvalidInputError} if several trainings are asked for twice, there are more lengths than members, or networks
 *   would know the images of their fold.
 */
export function checkFinalTrainings(
  {
    ensemble,
    repeats,
    memberSteps = [],
    crossValidation,
    startFrom,
  }: {
    readonly ensemble: number | 'auto';
    readonly repeats: number;
    readonly memberSteps?: readonly unknown[] | undefined;
    readonly crossValidation?: number | undefined;
    readonly startFrom?: object | undefined;
  },
  placeOf: PlaceOfKey,
): void {
  if (ensemble !== 1 && repeats > 1) {
    throw new InvalidInputError(
      `${placeOf('ensemble')} is ${ensemble} and repeats is ${repeats}: the trainings are either members of one model or repeats of it; set one of them to 1`,
      { details: { path: 'ensemble', received: ensemble, repeats } },
    );
  }
  if (ensemble !== 'auto' && memberSteps.length > ensemble) {
    throw new InvalidInputError(
      `${placeOf('memberSteps')} has ${memberSteps.length} lengths for an ensemble of ${ensemble}; give at most one for each member`,
      { details: { path: 'memberSteps', received: memberSteps.length, ensemble } },
    );
  }
  if (crossValidation === undefined || startFrom === undefined) return;
  throw new InvalidInputError(
    `${placeOf('crossValidation')} is ${crossValidation}, but the run starts from the weights of another, which may have been trained on the images of each fold; leave one of them out`,
    { details: { path: 'crossValidation', received: crossValidation } },
  );
}

/** `outputLayer`: the layers after those of a genome. `checkHead` defines its rules. */
export const headSchema = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('flatten') }),
      z.strictObject({ type: z.literal('globalAveragePooling') }),
      z.strictObject({
        type: z.literal('dense'),
        units: z.union([count, z.literal('classes')]),
        activation: z.enum(['relu', 'softmax', 'linear']).optional(),
      }),
      z.strictObject({ type: z.literal('dropout'), rate: share }),
    ]),
  )
  .min(1);

export const shortcutSchema = z.enum(['always', 'where-channels-differ']);

/** Known names of an option, for suggestions. */
export const OPTIMISER_NAMES = optionNames(optimiserSchema);
export const SCHEDULE_NAMES = optionNames(scheduleSchema);
export const LOSS_NAMES = optionNames(lossSchema);

function optionNames(union: {
  readonly options: readonly { readonly shape: { readonly name: z.ZodLiteral<string> } }[];
}): readonly string[] {
  return union.options.map((option) => option.shape.name.value);
}
