// Which images of some data a model is scored on, labelled as the model labels them.

import { resolve } from 'node:path';
import type { LoadOptions } from '../../data/load-dataset.ts';
import {
  type ExampleParts,
  type KnownData,
  type LoadedExamples,
  loadExamples,
  partsOf,
} from '../../data/load-examples.ts';
import { type Examples, imageSizeOf, joinExamples, preparationOf } from '../../data/set/dataset.ts';
import type { Part } from '../../data/set/source.ts';
import { InvalidInputError } from '../../errors.ts';
import { formatImageShape, type ImageShape } from '../../genome/image-shape.ts';
import { counted, grouped } from '../../text/figures.ts';
import type { SearchConfig } from '../config/config.ts';
import type { ModelFile } from './model-file.ts';
import { configBeside } from './model-parts.ts';
import { countSeenImages } from './seen-images.ts';

export type ScoredPart = Part | 'all';

export interface ScoredImages {
  /** Of the data. */
  readonly name: string;
  /** Undefined for data that nothing could be trained on. */
  readonly fingerprint: string | undefined;
  /** Whether it is the data of the run that the model lies in; undefined if the model lies in no run. */
  readonly isOwn: boolean | undefined;
  readonly part: ScoredPart;
  /** Images of each part of the data. */
  readonly counts: Readonly<Partial<Record<Part, number>>>;
  /** Of the part; the labels are those of the model. */
  readonly examples: Examples;
  readonly shape: ImageShape;
  readonly notes: readonly string[];
}

/**
 * Loads the images that a model is scored on: of the data of its run the test part, of other data all.
 *
 * @param options  `part` chooses another part; `test` splits a test part off, if there is none, and chooses it.
 * @throws {InvalidInputError} if the model takes other images or does not know a class, or the data lacks the part;
 *   {DataFormatError}.
 */
export async function imagesToScore(
  model: ModelFile,
  source: string,
  { part: asked, ...given }: LoadOptions & { readonly part?: ScoredPart | undefined } = {},
): Promise<ScoredImages> {
  const { input, preparation } = model.metadata;
  const shape = {
    ...input,
    ...given.size,
    ...(given.channels !== undefined && { channels: given.channels === 'grey' ? 1 : 3 }),
  };
  requireShape(model, shape);
  const run = configBeside(model.path)?.dataset;
  const own = run && formOf(run, source);
  const options: LoadOptions = {
    ...own,
    ...given,
    size: { height: shape.height, width: shape.width },
    channels: shape.channels === 1 ? 'grey' : 'rgb',
    prepareAs: preparationOf(preparation),
  };
  const known: KnownData | undefined = run && { fingerprint: run.fingerprint, options: { ...own, ...given } };
  const loaded = await loadExamples(source, options, known);
  const isOwn = run && loaded.dataset !== undefined && loaded.dataset.fingerprint === run.fingerprint;
  const splits = isOwn === true || given.test !== undefined;
  const parts = splits && loaded.dataset !== undefined ? partsOf(loaded.dataset) : loaded.parts;
  const part = asked ?? (splits && parts.test !== undefined ? 'test' : 'all');
  requireShape(model, loaded.shape);
  const examples = examplesOf(source, parts, part, imageSizeOf(loaded.shape));
  const seen = run !== undefined && !isOwn ? await countSeenImages(run, examples, given.cacheDir) : 0;
  return {
    name: loaded.name,
    fingerprint: loaded.dataset?.fingerprint,
    isOwn,
    part,
    counts: Object.fromEntries(Object.entries(parts).map(([name, { count }]) => [name, count])),
    examples: { ...examples, labels: modelLabels(model, source, loaded, examples) },
    shape: loaded.shape,
    notes: [
      ...(splits && loaded.dataset !== undefined ? loaded.dataset.notes : loaded.notes),
      ...(seen > 0 ? [describeSeen(seen, examples.count)] : []),
    ],
  };
}

const describeSeen = (seen: number, count: number): string =>
  `The model was trained on ${grouped(seen)} of these ${grouped(count)} images, pixel for pixel; the accuracy is too high.`;

/** How the run's data is loaded, as far as that holds for other data too. */
function formOf({ path, fingerprint: _, source: own, ...form }: SearchConfig['dataset'], source: string): LoadOptions {
  const isSamePlace = source === own || resolve(source) === (path ?? resolve(own));
  // The same split as in the run: any other test part would hold images that the model was trained on.
  return isSamePlace ? form : { test: form.test, seed: form.seed };
}

function examplesOf(source: string, parts: ExampleParts, part: ScoredPart, imageSize: number): Examples {
  const chosen = part === 'all' ? Object.values(parts) : [parts[part] ?? []].flat();
  const [first, ...others] = chosen;
  if (first === undefined) throw lacksPart(source, parts, part);
  return others.reduce((all, examples) => joinExamples(all, examples, imageSize), first);
}

const PART_NAMES: Readonly<Record<ScoredPart, string>> = {
  train: 'training',
  validation: 'validation',
  test: 'test',
  all: 'labelled',
};

function lacksPart(source: string, parts: ExampleParts, part: ScoredPart): InvalidInputError {
  const there = Object.entries(parts).map(([name, { count }]) => `${name} (${counted(count, 'image')})`);
  return new InvalidInputError(
    `${source} has no ${PART_NAMES[part]} part; choose what it has with --part: ${[...there, 'all'].join(', ')}`,
    { details: { source, part, parts: Object.keys(parts) } },
  );
}

/**
 * The labels of the model, by the names of the classes.
 *
 * @throws {InvalidInputError} if there are images of a class that the model does not know.
 */
function modelLabels(
  { path, metadata }: ModelFile,
  source: string,
  { classes }: LoadedExamples,
  { labels }: Examples,
): Int32Array {
  const toModel = classes.map((name) => metadata.classes.indexOf(name));
  const unknown = new Map<string, number>();
  for (const label of labels) {
    const name = classes[label] ?? '';
    if ((toModel[label] ?? -1) < 0) unknown.set(name, (unknown.get(name) ?? 0) + 1);
  }
  if (unknown.size === 0) return labels.map((label) => toModel[label] ?? 0);
  const named = [...unknown].map(([name, count]) => `${name} (${counted(count, 'image')})`);
  throw new InvalidInputError(
    `${source} has images of classes that ${path} does not know: ${listed(named)}; it tells ${listed(metadata.classes)} apart: rename the classes as the model calls them, or leave their images out`,
    { details: { source, unknown: [...unknown.keys()], classes: metadata.classes } },
  );
}

function listed(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(', ')}, … (${names.length})` : names.join(', ');
}

/** @throws {InvalidInputError} if the model takes other images. */
function requireShape({ path, metadata }: ModelFile, shape: ImageShape): void {
  const [takes, given] = [formatImageShape(metadata.input), formatImageShape(shape)];
  if (takes === given) return;
  throw new InvalidInputError(
    `${path} takes images of ${takes}, not ${given}; leave --size and --channels-in out to have them fitted`,
  );
}
