// Where the data of a run comes from, how it is read, and what finds features in it.

import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import type { PlaceOfKey } from './config-issue.ts';
import { count, positive } from './training-schema.ts';

export const datasetSchema = z.strictObject({
  source: z.string().min(1).describe('A built-in name or a path.'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Absolute path of the source, set when a run begins, so that it can be resumed from any folder.'),
  size: z.strictObject({ height: count, width: count }).optional(),
  channels: z.enum(['grey', 'rgb']).optional(),
  layout: z
    .enum(['nhwc', 'nchw'])
    .optional()
    .describe('Position of the channels in arrays and rows of numbers: last or first. Default: detected.'),
  labelFrom: z
    .enum(['folders', 'table', 'name'])
    .optional()
    .describe(
      'Where the classes come from: folders, a table beside the images, or the names of images. Default: found out.',
    ),
  labelColumn: z
    .string()
    .min(1)
    .optional()
    .describe('Column of a table that holds the labels. Default: found by name.'),
  imageColumn: z
    .string()
    .min(1)
    .optional()
    .describe('Column of a table that names the images, or holds them. Default: found by name.'),
  transpose: z.boolean().optional().describe('Swaps rows and columns of images in arrays, as EMNIST needs.'),
  dataDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder with the files of a named data set. Default: they are downloaded once into the cache.'),
  skipBroken: z.boolean().optional(),
  test: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('Share of the images split off for testing if the source has no test part.'),
  seed: z.int().optional().describe('Seed of that split. Default: 0.'),
  labels: z
    .string()
    .min(1)
    .optional()
    .describe('CSV file of other labels for single images, and of images to leave out: image,decision,label.'),
  fingerprint: z.string().optional().describe('Fingerprint that the data must have.'),
});

const perChannel = (values: z.ZodNumber) => z.union([z.tuple([values]), z.tuple([values, values, values])]);

export const backboneSchema = z.strictObject({
  file: z.string().min(1).describe('An ONNX file whose features of the images stand for the images.'),
  output: z
    .string()
    .min(1)
    .optional()
    .describe('The value in it that is used. Default: what goes into its classifier, or its output.'),
  mean: perChannel(z.number().min(0))
    .optional()
    .describe('Mean of each channel, on the scale 0 to 1. Default: that of ImageNet; 0 for a model of auto-cnn.'),
  std: perChannel(positive)
    .optional()
    .describe('Deviation of each channel, as the mean; 1/255 for one that takes pixels 0 to 255.'),
  order: z.enum(['rgb', 'bgr']).optional().describe('Order of its channels. Default: rgb.'),
  views: z
    .union([z.literal(1), z.literal(2)], { error: '1, or 2 for the mirror image, too' })
    .optional()
    .describe(
      '2: features are the mean of those of an image and its mirror image, for twice the time. Default: 2 for a model of auto-cnn that also looks at the mirror image, else 1.',
    ),
  sha256: z.string().optional().describe('Hash that the file must have, set when a run begins.'),
  features: z
    .strictObject({ fingerprint: z.string(), channels: count, height: count, width: count })
    .optional()
    .describe('What it gave for the images of the run.'),
});

export type BackboneConfig = z.output<typeof backboneSchema>;

/**
 * Features are computed once, of the images as they are.
 *
 * @throws {InvalidInputError} if the configuration wants other images, or values are on another scale.
 */
export function checkBackbone(
  {
    backbone,
    views,
    training,
    finalTraining,
  }: {
    readonly backbone?: BackboneConfig | undefined;
    readonly views: number | 'auto';
    readonly training: { readonly augmentation?: object | undefined };
    readonly finalTraining: { readonly augmentation?: object | 'auto' | undefined };
  },
  placeOf: PlaceOfKey,
): void {
  if (backbone === undefined) return;
  for (const key of ['mean', 'std'] as const) {
    if (backbone[key]?.every((value) => value <= 1) ?? true) continue;
    throw new InvalidInputError(
      `${placeOf(`backbone.${key}`)} is on the scale 0 to 1, received ${backbone[key]}; divide values on the scale 0 to 255 by 255`,
      { details: { path: `backbone.${key}`, received: backbone[key] } },
    );
  }
  const changing = (key: string, settings: object | 'auto' | undefined): string[] =>
    Object.entries(settings === 'auto' ? { '': settings } : (settings ?? {})).flatMap(([name, value]) =>
      value === undefined || value === false ? [] : [name === '' ? key : `${key}.${name}`],
    );
  const [key] = [
    ...(views === 1 ? [] : ['views']),
    ...changing('training.augmentation', training.augmentation),
    ...changing('finalTraining.augmentation', finalTraining.augmentation),
  ];
  if (key === undefined) return;
  throw new InvalidInputError(
    `${placeOf(key)} changes images, but features are computed once, of images as they are; leave it out${key === 'views' ? ', and see backbone.views (--backbone-views)' : ''}`,
    { details: { path: key } },
  );
}
