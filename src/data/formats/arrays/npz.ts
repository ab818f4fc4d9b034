// An .npz archive of NumPy with images and labels, as Keras ships MNIST.

import { basename } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { formatError } from '../../../files/format-error.ts';
import { withZip, type ZipArchive } from '../../containers/zip.ts';
import { listNames, nameLabels } from '../../labels/name-labels.ts';
import { fitImages } from '../../pixels/fit-images.ts';
import { type PixelKind, type PixelScales, SCALE_CURE, scalesFor } from '../../pixels/pixel-values.ts';
import { imagesInFile } from '../../pixels/stored-images.ts';
import type { Examples, ImageShape } from '../../set/dataset.ts';
import type { DatasetParts, LocatedSource, Overflow, PixelLayout, ReadOptions } from '../../set/source.ts';
import { type NpyArray, parseNpy, parseNpyHeader } from './npy.ts';
import { imagesInArrayFile, imagesOf, type NpyImages } from './npy-images.ts';

/**
 * An archive with `x_train`, `y_train` and, if it has a test part, `x_test`, `y_test`.
 *
 * Images are `[n, height, width]`, or have a last axis of 1 or 3 channels. With `layout: 'nchw'`, or if only the second axis
 * is 1 or 3, the channels come second. Numbers become bytes by `scalesFor`. Labels
 * are whole numbers, words, or one-hot rows.
 */
export function locateNpz(path: string, name = basename(path).replace(/\.npz$/i, '')): LocatedSource {
  return { format: 'npz', files: [path], read: (options) => readNpz(path, name, options) };
}

interface RawPart {
  readonly images: NpyImages;
  readonly kind: PixelKind;
  /** Path and entry, for messages. */
  readonly where: string;
  readonly labels: readonly string[];
  readonly labelsWhere: string;
}

async function readNpz(path: string, name: string, options: ReadOptions): Promise<DatasetParts> {
  const { train, test } = await withZip(path, async (archive) => {
    const missing = ['x_train', 'y_train'].filter((key) => !archive.names.includes(`${key}.npy`));
    if (missing.length > 0) {
      throw new InvalidInputError(
        `${path} has no ${missing.join(' and no ')}: it needs x_train, y_train and, for a test part, x_test, y_test; it has ${listNames(archive.names)}.`,
        { details: { path, names: archive.names } },
      );
    }
    const first = await readPart(path, archive, 'train', options);
    options.signal?.throwIfAborted();
    const hasTest = ['x_test', 'y_test'].some((key) => archive.names.includes(`${key}.npy`));
    return { train: first, test: hasTest ? await readPart(path, archive, 'test', options) : undefined };
  });
  const parts = test === undefined ? [train] : [train, test];
  const layout = chooseLayout(train, options.layout);
  const [shape, testShape = shape] = parts.map((part) => shapeOf(part, layout));
  if (shape === undefined || JSON.stringify(shape) !== JSON.stringify(testShape)) {
    throw formatError(
      test?.where ?? path,
      { offset: 0 },
      `images of (${test?.images.axes.slice(1).join(', ')}), but those of the training part are (${train.images.axes.slice(1).join(', ')})`,
      'give both parts one size',
    );
  }
  const scales = chooseScales(parts);
  const pixelsOf = ({ images, kind }: RawPart): Examples['pixels'] => images.toPixels(shape, layout, scales.of(kind));
  const named = nameLabels(train.labels, test?.labels, (index, label, classes) =>
    formatError(
      test?.labelsWhere ?? path,
      { row: index },
      `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
      'add training images of it',
    ),
  );
  options.signal?.throwIfAborted();
  return fitImages(
    {
      name,
      shape,
      classes: named.classes,
      train: { count: train.labels.length, pixels: pixelsOf(train), labels: named.train },
      test:
        test === undefined || named.test === undefined
          ? undefined
          : { count: test.labels.length, pixels: pixelsOf(test), labels: named.test },
      notes: scales.note === undefined ? [] : [scales.note],
    },
    options,
  );
}

async function readPart(
  path: string,
  archive: ZipArchive,
  part: 'train' | 'test',
  { overflow }: ReadOptions,
): Promise<RawPart> {
  // The labels first: they show absurd numbers of images before those are inflated.
  const labelsWhere = `${path} (y_${part}.npy)`;
  const where = `${path} (x_${part}.npy)`;
  const labels = labelsOf(await readArray(path, archive, `y_${part}`, labelsWhere), labelsWhere);
  const images = await readImageArray(path, archive, `x_${part}`, where, overflow);
  const { axes: shape, kind, offset } = images;
  if (kind === 'text' || (shape.length !== 3 && shape.length !== 4) || shape.includes(0)) {
    throw formatError(
      where,
      { offset: 0 },
      `images are numbers of shape (n, height, width) or (n, height, width, channels), got ${kind} of (${shape.join(', ')})`,
      'reshape them',
    );
  }
  if (shape[0] !== labels.length) {
    throw formatError(
      where,
      { offset },
      `${shape[0]} images, but ${labels.length} labels`,
      'each image needs one label',
    );
  }
  return { images, kind, where, labels, labelsWhere };
}

/** Bytes of the longest header that an array of images could have. */
const LARGEST_HEADER = 2 ** 16;

async function readImageArray(
  path: string,
  archive: ZipArchive,
  key: string,
  where: string,
  overflow: Overflow | undefined,
): Promise<NpyImages> {
  if (overflow !== undefined && (archive.sizeOf(`${key}.npy`) ?? 0) > overflow.limitBytes) {
    const file = await archive.store(`${key}.npy`, overflow.folder);
    if (file !== undefined) {
      const head = Buffer.alloc(Math.min(file.size(), LARGEST_HEADER));
      imagesInFile(file, 0, head.length).read(0, head);
      const header = parseNpyHeader(head, file.size(), where);
      const { isFortran, type } = header;
      // In Fortran order, the first elements of all images come first.
      if (!isFortran && type.kind !== 'text') return imagesInArrayFile(file, header, type);
    }
  }
  return imagesOf(await readArray(path, archive, key, where));
}

async function readArray(path: string, archive: ZipArchive, key: string, where: string): Promise<NpyArray> {
  const bytes = await archive.read(`${key}.npy`);
  if (bytes !== undefined) return parseNpy(bytes, where);
  throw new InvalidInputError(`${path} has no ${key}: a test part needs both x_test and y_test.`, {
    details: { path },
  });
}

function labelsOf({ shape, strides, kind, values, texts }: NpyArray, where: string): string[] {
  const [count = 0, columns = 1] = shape;
  if (shape.length < 1 || shape.length > 2 || (kind === 'text' && columns !== 1)) {
    throw formatError(
      where,
      { offset: 0 },
      `labels are (n), (n, 1) or one-hot (n, classes), got (${shape.join(', ')})`,
      'reshape them',
    );
  }
  const [rowStride = 1, columnStride = 1] = strides;
  return Array.from({ length: count }, (_, row) => {
    if (kind === 'text') return texts[row] ?? '';
    if (columns === 1) {
      const value = values[row * rowStride] ?? Number.NaN;
      if (Number.isSafeInteger(value)) return String(value);
      throw formatError(
        where,
        { row },
        `the label ${value} is not a whole number`,
        'labels are whole numbers or words',
      );
    }
    const oneHot = Array.from({ length: columns }, (_, k) => values[row * rowStride + k * columnStride]);
    const label = oneHot.indexOf(1);
    if (label >= 0 && oneHot.every((value, k) => value === (k === label ? 1 : 0))) return String(label);
    throw formatError(
      where,
      { row },
      `not a one-hot row: [${listNames(oneHot.map(String))}]`,
      'it must hold one 1, and 0 otherwise',
    );
  });
}

const isChannels = (axis: number | undefined): boolean => axis === 1 || axis === 3;

function chooseLayout({ images: { axes: shape } }: RawPart, asked: PixelLayout | undefined): PixelLayout {
  return asked ?? (shape.length === 4 && !isChannels(shape[3]) && isChannels(shape[1]) ? 'nchw' : 'nhwc');
}

function shapeOf({ images: { axes: shape }, where }: RawPart, layout: PixelLayout): ImageShape {
  const [, a = 0, b = 0, c = 0] = shape;
  if (shape.length === 3) return { channels: 1, height: a, width: b };
  const found = layout === 'nhwc' ? { channels: c, height: a, width: b } : { channels: a, height: b, width: c };
  if (isChannels(found.channels)) return found;
  throw formatError(
    where,
    { offset: 0 },
    `${found.channels} channels in the shape (${shape.join(', ')}), expected 1 (grey) or 3 (red, green, blue)`,
    'say where they are with --layout nhwc or nchw',
  );
}

function chooseScales(parts: readonly RawPart[]): PixelScales {
  const scales = scalesFor(parts.map(({ images, kind }) => ({ kind, range: images.range })));
  if (!('problem' in scales)) return scales;
  const [first] = parts;
  throw formatError(first?.where ?? '', { offset: first?.images.offset ?? 0 }, scales.problem, SCALE_CURE);
}
