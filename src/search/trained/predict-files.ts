// Classifies image files with a model, and shows what it looks at. The images are prepared as in training.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrently } from '../../concurrency.ts';
import { decodeImage } from '../../data/pixels/decode-image.ts';
import { checkInRange } from '../../data/pixels/image-preparation.ts';
import { measureImage } from '../../data/pixels/measure-image.ts';
import { openImage } from '../../data/pixels/open-image.ts';
import { joinImages } from '../../data/pixels/planes.ts';
import { imageSizeOf } from '../../data/set/dataset.ts';
import { loadScoringRuntime } from '../../engine/node/load-runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { explainImage } from '../../engine/scoring/explain-image.ts';
import { makeEmptyFolder } from '../../files/new-folder.ts';
import { writeFileAtomically } from '../../files/write-file.ts';
import type { ModelMetadata } from '../../network/onnx/onnx-metadata.ts';
import { drawHeatMap } from './draw-heat-map.ts';
import { explanationName } from './explanation-name.ts';
import { describeLeftOut, listImages } from './list-images.ts';
import { type ModelFile, readModelFile } from './model-file.ts';

/** The result of {@link predictFiles}. */
export interface FilePredictions {
  /** The model file. */
  readonly model: string;
  readonly metadata: ModelMetadata;
  /**
   * In the order of the paths; the images of a folder by name. An image that could not be read has the reason instead, as has
   * a path that leads to no image.
   */
  readonly images: readonly (
    | {
        readonly path: string;
        /** Name of the most probable class. */
        readonly className: string;
        /** All classes, most probable first; ties in the order of the classes. */
        readonly ranking: readonly { readonly className: string; readonly probability: number }[];
        /** The PNG that shows what speaks for the class; only if it was asked for. */
        readonly explanation?: string;
      }
    | { readonly path: string; readonly error: string }
  )[];
  /** What a user should know: files in folders that were left out. */
  readonly notes: readonly string[];
}

export type FilePrediction = Extract<FilePredictions['images'][number], { readonly className: string }>;
export type UnreadableImage = Extract<FilePredictions['images'][number], { readonly error: string }>;

/** Number of images held in memory at once. */
const BATCH = 100;

/**
 * Classifies image files. An image that cannot be decoded, or a path that leads to none, is reported in its place; the
 * others are still classified.
 *
 * @param model  a model file, or the run folder that holds it.
 * @param paths  images, detected by content; folders, which stand for all images in them and their
 *   subfolders; and patterns such as `*.png`. What is named twice is classified twice.
 * @param options  `explain` names a folder to make, for a picture of what speaks for the class of each image: see
 *   `explainImage`. `onProgress` is called after each image; the signal cancels the work.
 * @throws {InvalidInputError} if the model does not exist, no path leads to an image, or the folder is not empty;
 *   {DataFormatError} if auto-cnn did not write the model.
 */
export async function predictFiles(
  model: string,
  paths: readonly string[],
  options: {
    readonly explain?: string | undefined;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<FilePredictions> {
  const { explain, onProgress, signal } = options;
  const file = await readModelFile(model);
  const { images: files, leftOut } = listImages(paths);
  if (explain !== undefined) makeEmptyFolder(explain, '--explain');
  const deployed = await DeployedModel.load(await loadScoringRuntime(), file.bytes, file.path);
  const images: (FilePrediction | UnreadableImage)[] = [];
  let done = 0;
  const onDone = () => onProgress?.(++done, files.length);
  try {
    for (let from = 0; from < files.length; from += BATCH) {
      const batch = files.slice(from, from + BATCH);
      const decoded = await mapConcurrently(batch, async ({ path, error }) => error ?? readImage(path, file), {
        signal,
        ...(explain === undefined && { onDone }),
      });
      const named = batch.map(({ path }) => path);
      for (const [i, prediction] of (await predictBatch(deployed, named, decoded)).entries()) {
        const pixels = decoded[i];
        if (explain === undefined || 'error' in prediction || typeof pixels === 'string' || pixels === undefined) {
          images.push(prediction);
        } else {
          const { path, className, ranking } = prediction;
          const sure = ranking[0]?.probability ?? 0;
          const name = explanationName(path, className, sure, images.length + 1, files.length);
          images.push(await writeExplanation(deployed, prediction, pixels, join(explain, name), signal));
        }
        if (explain !== undefined) onDone();
      }
    }
  } finally {
    await deployed.release();
  }
  return { model: file.path, metadata: file.metadata, images, notes: describeLeftOut(leftOut) };
}

async function writeExplanation(
  model: DeployedModel,
  prediction: FilePrediction,
  pixels: Uint8Array,
  explanation: string,
  signal: AbortSignal | undefined,
): Promise<FilePrediction> {
  const { input, classes } = model.metadata;
  const effects = await explainImage(model, pixels, input, classes.indexOf(prediction.className), signal);
  await writeFileAtomically(explanation, [await drawHeatMap(pixels, input, effects)]);
  return { ...prediction, explanation };
}

/** The pixels in the model's input format, or the reason why the image cannot be read. */
async function readImage(path: string, { metadata: { input, preparation } }: ModelFile): Promise<Uint8Array | string> {
  try {
    const bytes = await readFile(path);
    const { height, width } = preparation;
    if (preparation.pixelRange !== undefined) checkInRange(await measureImage(await openImage(bytes)), preparation);
    const planes = await decodeImage(bytes, { height, width }, preparation);
    return joinImages([planes], [0], input).pixels;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s*\n\s*/g, '; ');
  }
}

async function predictBatch(
  model: DeployedModel,
  paths: readonly string[],
  decoded: readonly (Uint8Array | string)[],
): Promise<(FilePrediction | UnreadableImage)[]> {
  const { input, classes } = model.metadata;
  const whole = decoded.filter((image) => typeof image !== 'string');
  const pixels = new Uint8Array(whole.length * imageSizeOf(input));
  for (const [i, image] of whole.entries()) pixels.set(image, i * imageSizeOf(input));
  const { probabilities } = whole.length === 0 ? { probabilities: [] } : await model.predict(pixels, input);
  let next = 0;
  return paths.map((path, i) => {
    const image = decoded[i];
    if (typeof image === 'string') return { path, error: image };
    const row = probabilities.slice(next * classes.length, ++next * classes.length);
    const ranking = classes
      .map((className, label) => ({ className, probability: row[label] ?? 0 }))
      .sort((a, b) => b.probability - a.probability);
    return { path, className: ranking[0]?.className ?? '', ranking };
  });
}
