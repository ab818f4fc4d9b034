// Where the data of a run comes from, and how it is read.

import { z } from 'zod';
import { count } from './training-schema.ts';

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
