// Classifies image files with a model. The images are prepared as in training.

import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { mapConcurrently } from '../../concurrency.ts';
import { compareCodePoints } from '../../data/labels/class-names.ts';
import { decodeImage } from '../../data/pixels/decode-image.ts';
import { IMAGE_EXTENSIONS, IMAGE_FORMAT_LIST } from '../../data/pixels/image-formats.ts';
import { checkInRange } from '../../data/pixels/image-preparation.ts';
import { measureImage } from '../../data/pixels/measure-image.ts';
import { openImage } from '../../data/pixels/open-image.ts';
import { joinImages } from '../../data/pixels/planes.ts';
import { imageSizeOf } from '../../data/set/dataset.ts';
import { loadRuntime } from '../../engine/node/load-runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { InvalidInputError } from '../../errors.ts';
import { fileFailure } from '../../files/file-failure.ts';
import type { ModelMetadata } from '../../network/onnx/onnx-metadata.ts';
import { type ModelFile, readModelFile } from './model-file.ts';

/** The result of {@link predictFiles}. */
export interface FilePredictions {
  /** The model file. */
  readonly model: string;
  readonly metadata: ModelMetadata;
  /** In the order of the paths; the images of a folder by name. An image that could not be read has the reason instead. */
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
}

export type FilePrediction = Extract<FilePredictions['images'][number], { readonly className: string }>;
export type UnreadableImage = Extract<FilePredictions['images'][number], { readonly error: string }>;

/** Number of images held in memory at once. */
const BATCH = 100;

/**
 * Classifies image files. An image that cannot be decoded is reported in its place; the others are still classified.
 *
 * @param model  a model file, or the run folder that holds it.
 * @param paths  images (`IMAGE_FORMAT_LIST`, detected by content), and folders, which stand for all images in them and their
 *   subfolders.
 * @param options  `onProgress` is called after each image; the signal cancels the work.
 * @throws {InvalidInputError} if the model or a path does not exist, or there is no image; {DataFormatError} if auto-cnn
 *   did not write the model.
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
  const files = await listFiles(paths);
  const deployed = await DeployedModel.load(await loadRuntime(), file.bytes, file.path);
  const images: (FilePrediction | UnreadableImage)[] = [];
  let done = 0;
  const onDone = () => onProgress?.(++done, files.length);
  try {
    for (let from = 0; from < files.length; from += BATCH) {
      const batch = files.slice(from, from + BATCH);
      const decoded = await mapConcurrently(batch, (path) => readImage(path, file), { signal, onDone });
      images.push(...(await predictBatch(deployed, batch, decoded)));
    }
  } finally {
    await deployed.release();
  }
  return { model: file.path, metadata: file.metadata, images };
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

async function listFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw fileFailure('read the image', path, error);
    });
    if (!stats.isDirectory()) {
      files.push(path);
      continue;
    }
    const found = await imagesBelow(path);
    if (found.length === 0) {
      throw new InvalidInputError(
        `there are no images (${IMAGE_FORMAT_LIST}) in ${path}; give images, or a folder with images`,
        { details: { path } },
      );
    }
    files.push(...found);
  }
  return files;
}

/** Sorted by code points, files and folders mixed. Skips hidden entries and symbolic links to folders. */
async function imagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await imagesBelow(path)));
    else if (IMAGE_EXTENSIONS.has(extname(entry.name).toLowerCase())) found.push(path);
  }
  return found;
}
