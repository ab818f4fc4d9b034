// Classifies image files with a model. The images are prepared as in training.

import { readFile } from 'node:fs/promises';
import { mapConcurrently } from '../../concurrency.ts';
import { decodeImage } from '../../data/pixels/decode-image.ts';
import { checkInRange } from '../../data/pixels/image-preparation.ts';
import { measureImage } from '../../data/pixels/measure-image.ts';
import { openImage } from '../../data/pixels/open-image.ts';
import { joinImages } from '../../data/pixels/planes.ts';
import { imageSizeOf } from '../../data/set/dataset.ts';
import { loadRuntime } from '../../engine/node/load-runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { ModelMetadata } from '../../network/onnx/onnx-metadata.ts';
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
 * @param options  `onProgress` is called after each image; the signal cancels the work.
 * @throws {InvalidInputError} if the model does not exist, or no path leads to an image; {DataFormatError} if auto-cnn did not
 *   write the model.
 */
export async function predictFiles(
  model: string,
  paths: readonly string[],
  options: {
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<FilePredictions> {
  const { onProgress, signal } = options;
  const file = await readModelFile(model);
  const { images: files, leftOut } = listImages(paths);
  const deployed = await DeployedModel.load(await loadRuntime(), file.bytes, file.path);
  const images: (FilePrediction | UnreadableImage)[] = [];
  let done = 0;
  const onDone = () => onProgress?.(++done, files.length);
  try {
    for (let from = 0; from < files.length; from += BATCH) {
      const batch = files.slice(from, from + BATCH);
      const decoded = await mapConcurrently(batch, async ({ path, error }) => error ?? readImage(path, file), {
        signal,
        onDone,
      });
      const named = batch.map(({ path }) => path);
      images.push(...(await predictBatch(deployed, named, decoded)));
    }
  } finally {
    await deployed.release();
  }
  return { model: file.path, metadata: file.metadata, images, notes: describeLeftOut(leftOut) };
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
