// Chooses the augmentation that suits the data and the length of the training, and how a model looks at an image. A network that
// was trained without augmentation tells what mirrored images are good for.

import { type AugmentationSettings, mirrorRows } from '../../data/set/augment.ts';
import {
  type Dataset,
  type Examples,
  type ImageShape,
  imageSizeOf,
  readImages,
  selectExamples,
} from '../../data/set/dataset.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { TrainingData } from '../../engine/training/train.ts';
import { selectData } from '../../evaluation/select-data.ts';
import type { DataSelection } from '../../evaluation/task.ts';
import type { Views } from '../../network/deployable-graph.ts';
import type { IdentifiedTask } from '../candidates/identified-task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import { buildModel } from '../model/build-model.ts';

/** What a mirror says of images. */
export interface Mirroring {
  /** Mirrored images help in training. */
  readonly flips: boolean;
  /** Nothing says that they show something else, as those of digits do; parts of images may be mixed then. */
  readonly mixes: boolean;
}

/** The choice, and the accuracies it is based on. */
export interface FlipChoice extends Mirroring {
  /** Accuracy on the images as they are, and mirrored left to right. */
  readonly accuracy: number;
  readonly mirroredAccuracy: number;
}

/**
 * Mirrored images help if they could be images of the same class. We assume so if a network trained without them keeps this
 * share of its accuracy on them. Measured: handwritten digits 0.40 to 0.49, the animals and vehicles of CIFAR-10 0.99 to
 * 1.02.
 */
const MIRROR_SHARE = 0.9;

/** Crops shift by one pixel per this many pixels of the shorter side. */
const SIDE_PER_PIXEL = 14;

/** More images would not make the decision clearer. */
const IMAGES = 2000;

/**
 * A training that makes many passes learns its images by heart, their colours first. From so many on, these vary by
 * {@link COLOUR_SHARE}. See docs/decisions/0022-few-images.md.
 */
const COLOUR_PASSES = 16;
const COLOUR_SHARE = 0.5;
/** From so many on, {@link MIXED_SHARE} of the images are mixed with others. Measured: photos gain, digits lose a little. */
const MIX_PASSES = 50;
const MIXED_SHARE = 0.5;

/**
 * Pad-and-crop by a fourteenth of the shorter side (2 pixels of 28 and of 32), and horizontal flips if they do no harm. The
 * border is reflected, and flips alternate from epoch to epoch (Jordan 2024). The more passes, the more is added.
 *
 * @param passes  of the training over its images.
 */
export function augmentationFor(
  { channels, height, width }: ImageShape,
  { flips, mixes }: Mirroring,
  passes: number,
): AugmentationSettings {
  const padAndCrop = Math.round(Math.min(height, width) / SIDE_PER_PIXEL);
  const varies = passes >= COLOUR_PASSES;
  return {
    ...(padAndCrop > 0 && { padAndCrop, padding: 'reflect' }),
    ...(flips && { horizontalFlip: 'alternating' }),
    ...(varies && { brightness: COLOUR_SHARE, contrast: COLOUR_SHARE }),
    ...(varies && channels === 3 && { saturation: COLOUR_SHARE }),
    ...(mixes && passes >= MIX_PASSES && { cutmix: MIXED_SHARE }),
  };
}

/**
 * @param model       a model trained without flips.
 * @param indices     positions of the validation images in `examples`.
 */
export async function chooseFlips(
  model: DeployedModel,
  examples: Examples,
  indices: Int32Array,
  shape: ImageShape,
): Promise<FlipChoice> {
  const imageSize = imageSizeOf(shape);
  const plain = selectExamples(examples, imageSize, indices);
  const { accuracy } = await model.score(plain, shape);
  const { accuracy: mirroredAccuracy } = await model.score(mirror(plain, imageSize, shape.width), shape);
  const least = MIRROR_SHARE * accuracy;
  const error = Math.sqrt((accuracy * (1 - accuracy)) / indices.length);
  const [flips, mixes] = [mirroredAccuracy >= least, mirroredAccuracy >= least - error];
  return { flips, mixes, accuracy, mirroredAccuracy };
}

/** What mirrored images are good for. */
export interface MirrorChoice extends Mirroring {
  readonly views: Views;
}

/**
 * Calls {@link chooseFlips}, and looks whether two views classify more images rightly than one: with a candidate's
 * weights from the search, on the validation images. If its fitness came from elsewhere, so that there
 * are no weights, it is trained for this purpose: shared results must not change the outcome of a run.
 *
 * @returns undefined if the training fails.
 */
export async function chooseByMirror(
  { run, evaluator }: Pick<RunSession, 'run' | 'evaluator'>,
  { id, task }: IdentifiedTask,
  signal: AbortSignal | undefined,
): Promise<MirrorChoice | undefined> {
  const { storage, folder, dataset } = run;
  const own = folder.checkpoint(id);
  const isThere = await storage.has(own);
  const checkpoint = isThere ? own : folder.scratch(`augmentation-${id}.safetensors`);
  if (!isThere) {
    // Without an id, no cache can answer the task.
    const { id: _, ...anonymous } = task;
    await evaluator.evaluate({ ...anonymous, checkpointPath: checkpoint }, { ...(signal && { signal }) });
    if (!(await storage.has(checkpoint))) return undefined;
  }
  const { shape } = dataset;
  const { examples, validation } = heldOutImages(dataset, task.selection);
  try {
    const { flips, mixes, accuracy } = await withModel(1, (model) => chooseFlips(model, examples, validation, shape));
    if (!flips) return { flips, mixes, views: 1 };
    const plain = selectExamples(examples, imageSizeOf(shape), validation);
    const both = await withModel(2, (model) => model.score(plain, shape));
    return { flips, mixes, views: both.accuracy > accuracy ? 2 : 1 };
  } finally {
    if (!isThere) await storage.remove(checkpoint);
  }

  async function withModel<Result>(views: Views, use: (model: DeployedModel) => Promise<Result>): Promise<Result> {
    const bytes = await buildModel(task.genome, run, checkpoint, views);
    const model = await DeployedModel.load(await run.loadRuntime(), bytes, checkpoint);
    try {
      return await use(model);
    } finally {
      await model.release();
    }
  }
}

/**
 * The validation images of a task, or a sample of them: never test images, even if the task is scored on those. The test set
 * must not influence this choice.
 */
export function heldOutImages(
  dataset: Dataset,
  { scoreOnTest: _, ...selection }: DataSelection,
): Pick<TrainingData, 'examples' | 'validation'> {
  const searchLimit = Math.max(IMAGES, dataset.classes.length);
  const { examples, validationExamples = examples, validation } = selectData(dataset, { ...selection, searchLimit });
  return { examples: validationExamples, validation };
}

function mirror(examples: Examples, imageSize: number, width: number): Examples {
  const pixels = readImages(examples, imageSize, 0, examples.count).slice();
  mirrorRows(pixels, width);
  return { ...examples, pixels };
}
