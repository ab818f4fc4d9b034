// Which augmentation suits the data, found out with a network that never saw any.

import { existsSync } from 'node:fs';
import type { AugmentationSettings } from '../data/augment.ts';
import { type Examples, type ImageShape, selectExamples } from '../data/dataset.ts';
import { DeployedModel } from '../engine/deployed-model.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { selectData } from '../evaluation/select-data.ts';
import type { EvaluationEntry } from './journal.ts';
import { buildModel } from './model-file.ts';
import type { OpenRun } from './open-run.ts';
import { candidateTask, type TaskSettings } from './tasks.ts';

/** What came of the look at mirrored images. */
export interface AugmentationChoice {
  readonly augmentation: AugmentationSettings;
  /** Accuracy on the images as they are, and mirrored left to right. */
  readonly accuracy: number;
  readonly mirroredAccuracy: number;
}

/**
 * Mirrored images help where they could be images of the same class. If a network that was trained without them
 * keeps this share of its accuracy on them, they are taken for such. Measured: handwritten digits 0.40 to 0.49, the animals and vehicles of
 * CIFAR-10 0.99 to 1.02.
 */
const MIRROR_SHARE = 0.9;

/** Crops shift by a pixel for so many of the shorter side. */
const SIDE_PER_PIXEL = 14;

/** More images than this tell the shares no better apart. */
const IMAGES = 2000;

/**
 * Pad-and-crop by a fourteenth of the shorter side (2 pixels of 28 and of 32), and horizontal flips where they do no harm.
 *
 * @param model       trained without flips.
 * @param indices     positions in `examples` of validation images.
 */
export async function chooseAugmentation(
  model: DeployedModel,
  examples: Examples,
  indices: Int32Array,
  shape: ImageShape,
): Promise<AugmentationChoice> {
  const { channels, height, width } = shape;
  const plain = selectExamples(examples, channels * height * width, indices);
  const { accuracy } = await model.score(plain, shape);
  const { accuracy: mirroredAccuracy } = await model.score(mirror(plain, width), shape);
  const padAndCrop = Math.round(Math.min(height, width) / SIDE_PER_PIXEL);
  const augmentation: AugmentationSettings = {
    ...(padAndCrop > 0 && { padAndCrop }),
    ...(mirroredAccuracy >= MIRROR_SHARE * accuracy && { horizontalFlip: true }),
  };
  return { augmentation, accuracy, mirroredAccuracy };
}

/**
 * {@link chooseAugmentation} with the weights that the winner has from the search, on its validation images.
 *
 * @returns undefined if there are no such weights.
 */
export async function augmentationFor(
  { config, dataset, folder }: OpenRun,
  { id, genome }: EvaluationEntry,
  tasks: TaskSettings,
): Promise<AugmentationChoice | undefined> {
  const checkpoint = folder.checkpoint(id);
  if (!existsSync(checkpoint)) return undefined;
  const bytes = await buildModel(genome, config, dataset, checkpoint);
  const model = await DeployedModel.load(await loadNodeRuntime(), bytes, checkpoint);
  try {
    const size = { searchLimit: Math.max(IMAGES, dataset.classes.length), epochs: config.training.epochs };
    const { examples, validation } = selectData(dataset, candidateTask(genome, tasks, size).task.selection);
    return await chooseAugmentation(model, examples, validation, dataset.shape);
  } finally {
    await model.release();
  }
}

/** For the user. */
export function describeAugmentation({ augmentation, accuracy, mirroredAccuracy }: AugmentationChoice): string {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const { padAndCrop = 0, horizontalFlip = false } = augmentation;
  return (
    `the final training shifts images by up to ${padAndCrop} pixels and ${horizontalFlip ? 'mirrors half of them' : 'mirrors none'}: ` +
    `in the mirror, ${percent(mirroredAccuracy)} of validation images are recognised, and ${percent(accuracy)} as they are`
  );
}

function mirror(examples: Examples, width: number): Examples {
  const pixels = examples.pixels.slice();
  for (let row = 0; row < pixels.length; row += width) pixels.subarray(row, row + width).reverse();
  return { ...examples, pixels };
}
