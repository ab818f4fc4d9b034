// The backbone of a run, and the features that stand for its images.

import { extractFeatures } from '../backbone/extract-features.ts';
import { type OpenedBackbone, openBackbone } from '../backbone/open-backbone.ts';
import { ensurePacked } from '../data/cache/cache-folder.ts';
import type { Dataset } from '../data/set/dataset.ts';
import { InvalidInputError } from '../errors.ts';
import { formatImageShape } from '../genome/image-shape.ts';
import type { PixelPreparation } from '../network/backbone/feature-model.ts';
import type { SearchConfig } from './config/config.ts';
import type { BackboneConfig } from './config/dataset-schema.ts';
import type { OpenRun } from './records/open-run.ts';
import type { LoadRunOptions } from './run/run-data.ts';

/**
 * Opens the backbone that the configuration names, if it names one.
 *
 * @param path  where it lies now.
 * @throws {InvalidInputError}, {DataFormatError} if it cannot be used.
 */
export async function openRunBackbone(
  { backbone }: Pick<SearchConfig, 'backbone'>,
  path = backbone?.file,
): Promise<OpenedBackbone | undefined> {
  if (backbone === undefined || path === undefined) return undefined;
  return openBackbone(path, backbone.output, backbone.sha256);
}

/**
 * The configuration with images of the size and colours that the backbone takes.
 *
 * @throws {InvalidInputError} if another size is asked for, or none where the backbone takes any.
 */
export function withImagesFor(config: SearchConfig, backbone: OpenedBackbone | undefined): SearchConfig {
  if (backbone === undefined) return config;
  const { input } = backbone;
  const { size = input.size, channels = input.channels === 1 ? 'grey' : 'rgb' } = config.dataset;
  if (size === undefined) {
    throw new InvalidInputError(
      `the backbone ${config.backbone?.file} takes images of any size; say which, such as --size 224x224 (dataset.size)`,
    );
  }
  if (input.size !== undefined && (size.height !== input.size.height || size.width !== input.size.width)) {
    const only = `${input.size.height}x${input.size.width}`;
    throw new InvalidInputError(
      `--size (dataset.size) is ${size.height}x${size.width}, but the backbone ${config.backbone?.file} takes images of ${only} only; leave the size out, or export the backbone with dynamic height and width`,
    );
  }
  return { ...config, dataset: { ...config.dataset, size, channels } };
}

/** What networks are trained on. */
export interface TrainedOn extends Pick<OpenRun, 'packed' | 'extractor'> {
  /** With what has been found out about the features. */
  readonly backbone?: BackboneConfig;
}

/**
 * The images themselves, or their features.
 *
 * @throws {InvalidInputError} if the images do not suit the backbone, or its features are not those of before.
 */
export async function trainedOn(
  dataset: Dataset,
  { backbone: asked, fitnessOn, workers }: Pick<SearchConfig, 'backbone' | 'fitnessOn' | 'workers'>,
  backbone: OpenedBackbone | undefined,
  { cacheDir, onLoadProgress: onProgress, signal }: LoadRunOptions,
): Promise<TrainedOn> {
  if (asked === undefined || backbone === undefined) {
    return { packed: { path: await ensurePacked(dataset, cacheDir), fingerprint: dataset.fingerprint } };
  }
  const { file } = asked;
  requireSuited(dataset, backbone, file);
  const preparation = preparationFor(asked, backbone);
  const source = { backbone, image: dataset.shape, preparation };
  const withTest = fitnessOn === 'test';
  const options = { children: workers, path: file, withTest, cacheDir, onProgress, signal };
  const { features, path, extractor } = await extractFeatures(dataset, source, options);
  const { fingerprint } = features;
  if (asked.features !== undefined && asked.features.fingerprint !== fingerprint) {
    throw new InvalidInputError(
      `the backbone ${file} gives other features here than when the run began: fingerprint ${fingerprint}, expected ${asked.features.fingerprint}; go on where the run began, or start a new search`,
      { details: { fingerprint, expected: asked.features.fingerprint } },
    );
  }
  const { mean, std, order, views = 1 } = preparation;
  const { output, sha256 } = backbone;
  return {
    packed: { path, fingerprint },
    extractor,
    backbone: { file, output, mean, std, order, views, sha256, features: { fingerprint, ...extractor.shape } },
  };
}

type PerChannel = NonNullable<BackboneConfig['mean']>;
type Statistics = Record<'mean' | 'std', PerChannel>;

/** Of ImageNet, on the scale 0 to 1; of grey images, the means. */
const COLOUR: Statistics = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const GREY: Statistics = { mean: [0.449], std: [0.226] };

function preparationFor(
  { mean, std, order = 'rgb', views }: BackboneConfig,
  { input: { channels }, takesRawPixels, looksTwice }: OpenedBackbone,
): Statistics & Pick<PixelPreparation, 'order' | 'views'> {
  const each = (value: number): PerChannel => (channels === 1 ? [value] : [value, value, value]);
  const raw: Statistics = { mean: each(0), std: each(1 / 255) };
  const usual = takesRawPixels ? raw : channels === 1 ? GREY : COLOUR;
  const spread = (given: PerChannel): PerChannel => (given.length === channels ? given : each(given[0]));
  const isTwice = views === undefined ? looksTwice : views === 2;
  return { mean: spread(mean ?? usual.mean), std: spread(std ?? usual.std), order, ...(isTwice && { views: 2 }) };
}

function requireSuited({ shape }: Dataset, { input }: OpenedBackbone, file: string): void {
  const { height, width } = input.size ?? shape;
  const suited = { channels: input.channels, height, width };
  if (formatImageShape(suited) === formatImageShape(shape)) return;
  throw new InvalidInputError(
    `the images are ${formatImageShape(shape)}, but the backbone ${file} takes ${formatImageShape(suited)}; load them with that size and ${`channels: ${input.channels === 1 ? 'grey' : 'rgb'}`}`,
    { details: { shape, suited } },
  );
}
