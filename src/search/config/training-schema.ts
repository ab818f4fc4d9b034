// How networks are built and trained: the part of the configuration that decides a candidate's fitness.

import { z } from 'zod';
import { METRIC_NAMES } from '../../engine/scoring/metrics.ts';

export const probability = z.number().min(0).max(1);
export const count = z.int().min(1);
export const positive = z.number().positive();
export const share = z.number().min(0).lt(1);
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
    patience: count.default(3).describe('Epochs without a lower validation loss.'),
  }),
]);

export const lossSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('cross-entropy'), labelSmoothing: share.default(0) }),
  z.strictObject({ name: z.literal('mean-squared-error'), labelSmoothing: share.default(0) }),
]);

export const augmentationSchema = z
  .strictObject({
    rotation: notNegative.max(180).optional().describe('Degrees, either way.'),
    padAndCrop: z.int().min(0).optional().describe('Pixels of zeros on each side, before a random crop.'),
    horizontalFlip: z.boolean().optional(),
    brightness: share.optional().describe('Share by which all values grow or shrink at most.'),
    cutout: z.int().min(0).optional().describe('Side of a square of zeros, in pixels.'),
  })
  .describe('Random changes of the training images; each is off unless given.');

export const trainingSchema = z.strictObject({
  epochs: count.default(2).describe('Epochs that each candidate trains.'),
  batchSize: count.default(64),
  learningRate: positive.default(0.005).describe('Base rate; the peak of a one-cycle schedule.'),
  optimizer: optimiserSchema.prefault({ name: 'adamw' }),
  schedule: scheduleSchema.prefault({ name: 'one-cycle' }),
  warmUpEpochs: notNegative.default(0).describe('Epochs over which the rate rises to what the schedule says.'),
  loss: lossSchema.prefault({ name: 'cross-entropy' }),
  classWeights: z
    .union([z.literal('balanced'), z.array(positive)])
    .optional()
    .describe('For unbalanced data: a weight for each class, or from their shares.'),
  metrics: z
    .array(z.enum(METRIC_NAMES))
    .min(1)
    .default(['accuracy'])
    .describe('Measured on the validation images; the first is the fitness.'),
  augmentation: augmentationSchema.prefault({}),
  earlyStoppingPatience: count.optional().describe('Training ends after so many epochs without a better fitness.'),
  statisticsMomentum: share.default(0.9).describe('Of the running statistics of batch normalisation.'),
});

/** `outputLayer`: what comes after the layers of a genome. Its rules are those of `checkHead`. */
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
