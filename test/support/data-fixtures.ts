// Small data sets in every format, made by the tests themselves in temporary folders.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { type Examples, type ExamplesInMemory, type ImageShape, imageSizeOf } from '../../src/data/set/dataset.ts';
import { createRng } from '../../src/random/rng.ts';

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'auto-cnn-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file and the folders above it. */
export async function writeIn(folder: string, name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** Distinct random images; labels go round the classes. */
export function randomExamples(count: number, shape: ImageShape, classCount: number, seed = 1): ExamplesInMemory {
  const rng = createRng(seed);
  const pixels = Uint8Array.from({ length: count * imageSizeOf(shape) }, () => rng.integer(0, 255));
  return { count, pixels, labels: Int32Array.from({ length: count }, (_, i) => i % classCount) };
}

/** Pixels that are expected in memory. */
export function pixelsOf({ pixels }: Examples): Uint8Array {
  if (!(pixels instanceof Uint8Array)) throw new Error('the pixels are in a file');
  return pixels;
}

/** IDX bytes with element type "unsigned byte". */
export function encodeIdx(dimensions: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.set([0, 0, 8, dimensions.length]);
  for (const [i, dimension] of dimensions.entries()) header.writeUInt32BE(dimension, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

/** The image and the label file of one part; `compress` is applied to both, say gzip. */
export async function writeIdxPair(
  folder: string,
  part: string,
  examples: Examples,
  { channels, height, width }: ImageShape,
  compress: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<void> {
  const { count, labels } = examples;
  const dimensions = channels === 1 ? [count, height, width] : [count, channels, height, width];
  await writeIn(folder, `${part}-images-idx3-ubyte`, compress(encodeIdx(dimensions, pixelsOf(examples))));
  await writeIn(folder, `${part}-labels-idx1-ubyte`, compress(encodeIdx([count], Uint8Array.from(labels))));
}

/** One PNG for each example, in `folder/LABEL/`. */
export async function writePngFolder(folder: string, examples: Examples, shape: ImageShape): Promise<void> {
  const size = imageSizeOf(shape);
  for (const [i, label] of examples.labels.entries()) {
    const png = await encodePng(pixelsOf(examples).subarray(i * size, (i + 1) * size), shape);
    await writeIn(folder, join(String(label), `${i}.png`), png);
  }
}

/** One PNG for each example, in `folder/PART/`, and `folder/PART.csv` with their names and labels. */
export async function writeLabelledPngs(
  folder: string,
  part: string,
  examples: Examples,
  shape: ImageShape,
): Promise<void> {
  const size = imageSizeOf(shape);
  const rows = ['id,label'];
  for (const [i, label] of examples.labels.entries()) {
    const png = await encodePng(pixelsOf(examples).subarray(i * size, (i + 1) * size), shape);
    await writeIn(folder, join(part, `${part}${i}.png`), png);
    rows.push(`${part}${i},${label}`);
  }
  await writeIn(folder, `${part}.csv`, rows.join('\n'));
}

/** @param planes  `[channels, height, width]`. */
export async function encodePng(planes: Uint8Array, { channels, height, width }: ImageShape): Promise<Buffer> {
  const planeSize = height * width;
  const interleaved = planes.map((_, i) => planes[(i % channels) * planeSize + Math.floor(i / channels)] ?? 0);
  const raw = { width, height, channels: channels === 1 ? (1 as const) : (3 as const) };
  return sharp(interleaved, { raw })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}

/** A one-colour image. */
export async function plainImage(
  background: string | { r: number; g: number; b: number },
  { height, width }: { height: number; width: number },
): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}
