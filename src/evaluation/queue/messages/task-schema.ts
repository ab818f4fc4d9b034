// What a task says in a message: everything that its outcome depends on, checked. No path is in it, and nothing that runs.

import { z } from 'zod';
import { METRIC_NAMES } from '../../../engine/scoring/metrics.ts';
import { LOWERING_NAMES } from '../../../network/lowering/lowerings.ts';

const LONGEST_TEXT = 2000;
/** Classes, and epochs with a bar. */
const LONGEST_LIST = 10_000;
/** One for each replica. */
export const MOST_STATES = 1024;

const text = z.string().max(LONGEST_TEXT);
const count = z.int().min(1).max(1e9);
const share = z.number().min(0).max(1);
const size = z.number().min(0).max(1e9);

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
/** Also names files: nothing in it can lead out of a folder. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);

const adam = { beta1: share, beta2: share, epsilon: size, weightDecay: size };

const trainingSchema = z.strictObject({
  epochs: z.number().positive().max(1e7),
  batchSize: count.max(1e6),
  learningRate: z.number().positive(),
  optimiser: z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal(['adam', 'adamw']), ...adam }),
    z.strictObject({ name: z.literal('muon'), momentum: share, ...adam }),
    z.strictObject({
      name: z.literal('sgd'),
      momentum: share,
      nesterov: z.boolean().exactOptional(),
      weightDecay: size,
    }),
    z.strictObject({ name: z.literal('rmsprop'), rho: share, epsilon: size, weightDecay: size }),
  ]),
  schedule: z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('constant') }),
    z.strictObject({
      name: z.literal('step'),
      steps: z.array(z.strictObject({ epoch: size, factor: size })).max(LONGEST_LIST),
    }),
    z.strictObject({ name: z.literal('cosine') }),
    z.strictObject({ name: z.literal('one-cycle'), warmUp: share }),
    z.strictObject({ name: z.literal('reduce-on-plateau'), factor: share, patience: count }),
  ]),
  statisticsMomentum: share,
  warmUpEpochs: size.exactOptional(),
  loss: z
    .strictObject({ name: z.literal(['cross-entropy', 'mean-squared-error']), labelSmoothing: share.exactOptional() })
    .exactOptional(),
  classWeights: z.union([z.literal('balanced'), z.array(size).max(LONGEST_LIST)]).exactOptional(),
  metrics: z.array(z.enum(METRIC_NAMES)).min(1).max(METRIC_NAMES.length).exactOptional(),
  augmentation: z
    .strictObject({
      rotation: z.number().min(0).max(180).exactOptional(),
      padAndCrop: size.exactOptional(),
      padding: z.literal(['zeros', 'reflect']).exactOptional(),
      horizontalFlip: z.literal([true, false, 'alternating']).exactOptional(),
      brightness: share.exactOptional(),
      contrast: share.exactOptional(),
      saturation: share.exactOptional(),
      cutout: size.exactOptional(),
      cutmix: share.exactOptional(),
    })
    .exactOptional(),
  earlyStoppingPatience: count.exactOptional(),
  stopBelow: z.array(z.number()).max(LONGEST_LIST).exactOptional(),
});

const headLayerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal(['flatten', 'globalAveragePooling']) }),
  z.strictObject({
    type: z.literal('dense'),
    units: z.union([count, z.literal('classes')]),
    activation: z.literal(['relu', 'softmax', 'linear']).exactOptional(),
  }),
  z.strictObject({ type: z.literal('dropout'), rate: share }),
]);

const networkFields = {
  head: z.array(headLayerSchema).max(100).exactOptional(),
  shortcut: z.literal(['always', 'where-channels-differ']).exactOptional(),
};

/** A file that the search hands out under its hash. */
export const fileSchema = z.strictObject({ sha256: sha256Schema, bytes: z.int().min(0) });

const stageSchema = z.strictObject({ at: z.int().min(0), total: count });

export const taskContentSchema = z.strictObject({
  id: nameSchema.exactOptional(),
  genome: text,
  network: z.strictObject(networkFields).exactOptional(),
  dataset: z.strictObject({ fingerprint: nameSchema }),
  selection: z.strictObject({
    seed: text,
    trainLimit: count.exactOptional(),
    validation: z.union([share, z.literal('part')]),
    splits: count.exactOptional(),
    purpose: z.literal(['search', 'final']),
    scoreOnTest: z.literal(true).exactOptional(),
    searchLimit: count.exactOptional(),
    leaveOut: z.strictObject({ fold: z.int().min(0), folds: count }).exactOptional(),
  }),
  training: trainingSchema,
  lowering: z.literal([...LOWERING_NAMES]).exactOptional(),
  engineKind: text.exactOptional(),
  seed: text,
  latency: z.boolean().exactOptional(),
  /** The network whose weights it starts from. */
  parent: z
    .strictObject({
      id: nameSchema,
      genome: text,
      problem: z
        .strictObject({
          input: z.strictObject({ channels: count, height: count, width: count }),
          classes: count,
          ...networkFields,
        })
        .exactOptional(),
      newClassifier: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  part: z
    .strictObject({
      from: z.int().min(0),
      to: count,
      replica: z.int().min(0),
      replicas: count,
      plan: z.tuple([stageSchema], stageSchema),
      /** Ids of the states that it starts from. */
      start: z.array(nameSchema).max(MOST_STATES),
    })
    .exactOptional(),
});

/** A task without what has no effect on its outcome. */
export type TaskContent = z.infer<typeof taskContentSchema>;
export type RemoteFile = z.infer<typeof fileSchema>;
