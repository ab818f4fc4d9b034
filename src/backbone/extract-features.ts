// From a packed data set of images to one of the features that a backbone finds in them.

import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mapCancelling } from '../concurrency.ts';
import { ensurePacked, packedDatasetPath, resolveCacheDir } from '../data/cache/cache-folder.ts';
import { recallDataset, rememberDataset } from '../data/cache/source-index.ts';
import { type Dataset, type Examples, type ImageShape, imageSizeOf, readImages } from '../data/set/dataset.ts';
import { InvalidInputError } from '../errors.ts';
import { LARGEST_ARRAY } from '../files/memory-limit.ts';
import { temporaryName, writeFileAtomically } from '../files/write-file.ts';
import type { Arrangement } from '../network/backbone/backbone.ts';
import {
  byteScale,
  encodeExtractor,
  type FeatureExtractor,
  type FeatureSource,
} from '../network/backbone/feature-model.ts';
import { type FeatureBatch, FeaturePool, type FeaturePoolOptions } from './feature-pool.ts';
import type { OpenedBackbone } from './open-backbone.ts';
import type { FeatureTask } from './protocol.ts';

export interface ExtractOptions extends FeaturePoolOptions {
  /** Whether the features of the test images are needed: only for scoring candidates on them. */
  readonly withTest: boolean;
  readonly cacheDir?: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExtractedFeatures {
  /** As many examples as there are images, in their order; the test part is empty unless it was asked for. */
  readonly features: Dataset;
  /** Where they are packed. */
  readonly path: string;
  readonly extractor: FeatureExtractor;
}

/** Images that a child gets at a time. It has an effect on the bits of the features. */
const BATCH = 16;
/** Batches of training images that decide which values become 0 and 255. */
const SAMPLE = 32;
/** More values an image are no features. */
const MOST_VALUES = 2 ** 20;
/** To be raised when the same backbone gives other features. */
const KEY_VERSION = 1;

/**
 * Features are bytes, as pixels are: of each channel, the smallest and the largest value in a sample of the training images
 * become 0 and 255. They are computed once; the cache knows them by the hashes of images and backbone.
 *
 * @throws {InvalidInputError} if the backbone cannot be used with such images, or the cache cannot be written.
 */
export async function extractFeatures(
  images: Dataset,
  source: FeatureSource & { readonly backbone: OpenedBackbone },
  options: ExtractOptions,
): Promise<ExtractedFeatures> {
  const cacheDir = await resolveCacheDir(options.cacheDir);
  const { backbone, preparation } = source;
  const key = sha256(
    JSON.stringify([KEY_VERSION, images.fingerprint, backbone.sha256, backbone.output, preparation, options.withTest]),
  );
  let features = await recallDataset(cacheDir, key);
  if (features?.features === undefined) {
    features = await compute(images, source, { ...options, cacheDir });
    await ensurePacked(features, cacheDir);
    await rememberDataset(cacheDir, key, features);
  }
  const { shape, features: form, fingerprint } = features;
  if (form === undefined) throw new TypeError('features have a form');
  const { arrangement, ...levels } = form;
  return {
    features,
    path: packedDatasetPath(fingerprint, cacheDir),
    extractor: { ...source, arrangement, shape, levels },
  };
}

type Batch = Pick<FeatureTask, 'part' | 'from' | 'to'>;

const PARTS = ['train', 'validation', 'test'] as const;

async function compute(
  images: Dataset,
  source: FeatureSource,
  {
    cacheDir,
    withTest,
    onProgress,
    signal = new AbortController().signal,
    ...options
  }: ExtractOptions & { readonly cacheDir: string },
): Promise<Dataset> {
  const model = temporaryName(join(cacheDir, 'backbone.onnx'));
  const paths = { model, images: await ensurePacked(images, cacheDir) };
  await writeFileAtomically(model, [encodeExtractor(source)]);
  const pool = new FeaturePool(options);
  try {
    const parts = PARTS.filter((part) => images[part] !== undefined && (withTest || part !== 'test'));
    const run = (batch: Batch, stop: AbortSignal = signal) => pool.run({ ...paths, ...batch }, stop);
    const form = await formOf(run, source, options.path);
    const size = imageSizeOf(form.shape);
    const total = parts.reduce((sum, part) => sum + (images[part]?.count ?? 0), 0);
    checkSize(total * size, options.path);

    const batches = parts.flatMap((part) => batchesOf(part, images[part]?.count ?? 0));
    const training = batches.filter(({ part }) => part === 'train');
    const step = Math.ceil(training.length / SAMPLE);
    const sampled = new Set(training.filter((_, i) => i % step === 0));
    let done = 0;
    const runAndTell = async (batch: Batch, stop: AbortSignal): Promise<FeatureBatch> => {
      const features = await run(batch, stop);
      done += batch.to - batch.from;
      onProgress?.(done, total);
      return features;
    };
    const { children } = options;
    const samples = await mapCancelling([...sampled], children, runAndTell, signal);
    const levels = levelsOf(samples, form);
    checkVariety(levels, options.path);
    const pixels = new Map(parts.map((part) => [part, new Uint8Array((images[part]?.count ?? 0) * size)]));
    const keep = ({ part, from }: Batch, { values }: FeatureBatch): void =>
      writeBytes(values, form, levels, pixels.get(part)?.subarray(from * size) ?? new Uint8Array());
    for (const [i, batch] of [...sampled].entries()) {
      const features = samples[i];
      if (features !== undefined) keep(batch, features);
    }
    const rest = batches.filter((batch) => !sampled.has(batch));
    await mapCancelling(rest, children, async (batch, stop) => keep(batch, await runAndTell(batch, stop)), signal);
    return asDataset(images, form, levels, pixels);
  } finally {
    await pool.close();
    await rm(model, { force: true });
  }
}

interface Form {
  readonly arrangement: Arrangement;
  readonly shape: ImageShape;
}

/** Runs the first image alone and with another: both must give the same for it. */
async function formOf(
  run: (batch: Batch) => Promise<FeatureBatch>,
  { backbone }: FeatureSource,
  path: string,
): Promise<Form> {
  const one = await run({ part: 'train', from: 0, to: 1 });
  const two = await run({ part: 'train', from: 0, to: 2 });
  const fail = (what: string): never => {
    throw new InvalidInputError(
      `the backbone ${path}: its value ${backbone.output} ${what}; choose another one with --backbone-output`,
      { details: { path, output: backbone.output, dims: one.dims } },
    );
  };
  const [count, first = 1, second = 1, third = 1] = one.dims;
  if (count !== 1 || (one.dims.length !== 2 && one.dims.length !== 4)) {
    fail(`is [${one.dims.join(', ')}] for one image; it must be [1, values] or [1, channels, height, width]`);
  }
  const size = one.values.length;
  if (size > MOST_VALUES)
    fail(`has ${size.toLocaleString('en-US')} numbers an image; the most are ${MOST_VALUES.toLocaleString('en-US')}`);
  const largest = one.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const isAlike = one.values.every((value, i) => Math.abs(value - (two.values[i] ?? Number.NaN)) <= 1e-3 * largest);
  if (two.dims[0] !== 2 || !isAlike) fail('depends on what other images are computed with it');
  if (one.dims.length === 2) return { arrangement: 'vector', shape: { channels: first, height: 1, width: 1 } };
  if (backbone.mapArrangement === 'nchw') {
    return { arrangement: 'nchw', shape: { channels: first, height: second, width: third } };
  }
  return { arrangement: 'nhwc', shape: { channels: third, height: first, width: second } };
}

function checkSize(sizeBytes: number, path: string): void {
  if (sizeBytes <= LARGEST_ARRAY) return;
  const gibibytes = (sizeBytes / 2 ** 30).toFixed(1);
  throw new InvalidInputError(
    `the features of the backbone ${path} take ${gibibytes} GiB; memory has to hold them: choose a smaller value with --backbone-output, a smaller --size, or fewer images`,
    { details: { path, sizeBytes } },
  );
}

function checkVariety({ low, high }: FeatureExtractor['levels'], path: string): void {
  if (low.some((value, i) => value < (high[i] ?? value))) return;
  throw new InvalidInputError(
    `the backbone ${path} gives the same for all images; check --backbone-mean and --backbone-std, or choose another value with --backbone-output`,
    { details: { path } },
  );
}

function batchesOf(part: Batch['part'], count: number): Batch[] {
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => ({
    part,
    from: i * BATCH,
    to: Math.min(count, (i + 1) * BATCH),
  }));
}

/** Where a value that a backbone gave belongs: its channel, and its place in [N, C, H, W]. */
function placesOf({ arrangement, shape: { channels, height, width } }: Form) {
  const plane = height * width;
  const size = channels * plane;
  if (arrangement !== 'nhwc') {
    return { channelOf: (i: number) => Math.floor(i / plane) % channels, placeOf: (i: number) => i };
  }
  const channelOf = (i: number): number => i % channels;
  const pixelOf = (i: number): number => Math.floor((i % size) / channels);
  return { channelOf, placeOf: (i: number) => i - (i % size) + channelOf(i) * plane + pixelOf(i) };
}

function levelsOf(samples: readonly FeatureBatch[], form: Form): FeatureExtractor['levels'] {
  const low = new Array<number>(form.shape.channels).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(form.shape.channels).fill(Number.NEGATIVE_INFINITY);
  const { channelOf } = placesOf(form);
  for (const { values } of samples) {
    for (let i = 0; i < values.length; i++) {
      const [channel, value] = [channelOf(i), values[i] ?? 0];
      low[channel] = Math.min(low[channel] ?? value, value);
      high[channel] = Math.max(high[channel] ?? value, value);
    }
  }
  return { low, high };
}

/** Rounds, and cuts off what is beyond the levels. */
function writeBytes(values: Float32Array, form: Form, levels: FeatureExtractor['levels'], target: Uint8Array): void {
  const { scale, shift } = byteScale(levels);
  const { channelOf, placeOf } = placesOf(form);
  for (let i = 0; i < values.length; i++) {
    const channel = channelOf(i);
    const level = Math.round((values[i] ?? 0) * (scale[channel] ?? 0) + (shift[channel] ?? 0));
    target[placeOf(i)] = Math.min(255, Math.max(0, level));
  }
}

function asDataset(
  { name, classes, train, validation, test }: Dataset,
  { shape, arrangement }: Form,
  levels: FeatureExtractor['levels'],
  pixels: ReadonlyMap<Batch['part'], Uint8Array>,
): Dataset {
  const partOf = (part: Batch['part'], { count, labels }: Examples): Examples => {
    const bytes = pixels.get(part);
    return bytes === undefined
      ? { count: 0, labels: new Int32Array(), pixels: new Uint8Array() }
      : { count, labels, pixels: bytes };
  };
  const dataset = {
    name,
    shape,
    classes,
    train: partOf('train', train),
    ...(validation && { validation: partOf('validation', validation) }),
    test: partOf('test', test),
    features: { arrangement, ...levels },
    notes: [],
  };
  return { ...dataset, fingerprint: fingerprintOf(dataset) };
}

function fingerprintOf({ shape, classes, features, train, validation, test }: Omit<Dataset, 'fingerprint'>): string {
  const hash = createHash('sha256').update(JSON.stringify([shape, classes, features]));
  for (const part of [train, ...(validation ? [validation] : []), test]) {
    hash.update(JSON.stringify([...part.labels])).update(readImages(part, imageSizeOf(shape), 0, part.count));
  }
  return hash.digest('hex');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
