// Which augmentation suits the data, found out with a network that never saw any.

import { existsSync, rmSync } from 'node:fs';
import type { AugmentationSettings } from '../../data/set/augment.ts';
import { type Examples, type ImageShape, readImages, selectExamples } from '../../data/set/dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { selectData } from '../../evaluation/select-data.ts';
import type { IdentifiedTask } from '../candidates/identified-task.ts';
import { buildModel } from '../model/model-file.ts';
import type { OpenRun } from '../start-run.ts';

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
  const { accuracy: mirroredAccuracy } = await model.score(mirror(plain, channels * height * width, width), shape);
  const padAndCrop = Math.round(Math.min(height, width) / SIDE_PER_PIXEL);
  const augmentation: AugmentationSettings = {
    ...(padAndCrop > 0 && { padAndCrop }),
    ...(mirroredAccuracy >= MIRROR_SHARE * accuracy && { horizontalFlip: true }),
  };
  return { augmentation, accuracy, mirroredAccuracy };
}

/**
 * {@link chooseAugmentation} with the weights that a candidate has from the search, on its validation images. If its fitness
 * came from elsewhere, so that there are no weights, it is trained for this: what runs share must not change their results.
 *
 * @returns undefined if that fails.
 */
export async function augmentationFor(
  { config, dataset, folder }: OpenRun,
  { id, task }: IdentifiedTask,
  evaluator: Evaluator,
  signal: AbortSignal | undefined,
): Promise<AugmentationSettings | undefined> {
  const own = folder.checkpoint(id);
  const isThere = existsSync(own);
  const checkpoint = isThere ? own : folder.checkpoint('winner');
  if (!isThere) {
    // Without an id nothing answers for it.
    const { id: _, ...anonymous } = task;
    await evaluator.evaluate({ ...anonymous, checkpointPath: checkpoint }, { ...(signal && { signal }) });
    if (!existsSync(checkpoint)) return undefined;
  }
  const bytes = await buildModel(task.genome, config, dataset, checkpoint);
  if (!isThere) rmSync(checkpoint);
  const model = await DeployedModel.load(await loadNodeRuntime(), bytes, checkpoint);
  try {
    const searchLimit = Math.max(IMAGES, dataset.classes.length);
    const { examples, validation } = selectData(dataset, { ...task.selection, searchLimit });
    return (await chooseAugmentation(model, examples, validation, dataset.shape)).augmentation;
  } finally {
    await model.release();
  }
}

function mirror(examples: Examples, imageSize: number, width: number): Examples {
  const pixels = readImages(examples, imageSize, 0, examples.count).slice();
  for (let row = 0; row < pixels.length; row += width) pixels.subarray(row, row + width).reverse();
  return { ...examples, pixels };
}
