// The arrays of all parts → a data set. The training part decides form, range and classes.

import { formatError, type Place } from '../../../files/format-error.ts';
import { listNames } from '../../labels/name-labels.ts';
import { fitImages } from '../../pixels/fit-images.ts';
import { type PixelKind, type PixelScales, scalesFor } from '../../pixels/pixel-values.ts';
import { type Examples, readImages } from '../../set/dataset.ts';
import type { DatasetParts, Part, ReadOptions } from '../../set/source.ts';
import { type ByPart, nameParts, partsOf } from '../name-parts.ts';
import { type ArrayForm, elementOrder, formOfArray, isSameForm } from './array-form.ts';
import type { ArrayImages } from './npy-images.ts';

export interface ArrayPart {
  /** Of the array of images, for messages: `x_train`. */
  readonly name: string;
  /** Path and entry of the images, for messages. */
  readonly where: string;
  readonly images: ArrayImages;
  readonly labels: readonly string[];
  readonly labelsWhere: string;
  /** Where a label lies, for messages. */
  placeOf(row: number): Place;
}

export interface ArrayParts extends ByPart<ArrayPart> {
  readonly notes: readonly string[];
}

/**
 * @throws {DataFormatError} if an array cannot be images, lengths differ, a part has images of another size or another
 *   range than the training part, or a label that only it has.
 */
export async function assembleArrays(name: string, given: ArrayParts, options: ReadOptions): Promise<DatasetParts> {
  const { labelled: arrays, notes } = leaveOutUnlabelled(given);
  const parts = partsOf(arrays);
  for (const [, part] of parts) checkLengths(part);
  const forms = new Map(parts.map(([name, part]) => [name, formFor(part, options)]));
  const form = forms.get('train') ?? formFor(arrays.train, options);
  for (const [key, part] of parts) {
    const other = forms.get(key);
    if (other === undefined || isSameForm(other, form)) continue;
    throw formatError(
      part.where,
      { offset: 0 },
      `images of (${part.images.axes.slice(1).join(', ')}), but those of the training part are (${arrays.train.images.axes.slice(1).join(', ')})`,
      'give all parts one size',
    );
  }
  const scales = chooseScales(
    parts.map(([, part]) => part),
    options,
  );
  const named = nameParts(
    labelsOf(arrays),
    (part, index, label, classes) => {
      const { labelsWhere, placeOf } = arrays[part] ?? arrays.train;
      return formatError(
        labelsWhere,
        placeOf(index),
        `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
        'add training images of it',
      );
    },
    options.lonePart,
  );
  options.signal?.throwIfAborted();
  const examplesOf = (part: Part): Examples | undefined => {
    const [array, labels, form] = [arrays[part], named[part], forms.get(part)];
    if (array === undefined || labels === undefined || form === undefined) return undefined;
    return { count: labels.length, pixels: pixelsOf(array, form, scales), labels };
  };
  const [train, validation, test] = [examplesOf('train'), examplesOf('validation'), examplesOf('test')];
  return fitImages(
    {
      name,
      shape: form.shape,
      classes: named.classes,
      train: train ?? { count: 0, pixels: new Uint8Array(0), labels: new Int32Array(0) },
      ...(validation && { validation }),
      test,
      ...(scales.pixelRange && { pixelRange: scales.pixelRange }),
      notes: [...notes, ...noteOnForm(form), ...(scales.note === undefined ? [] : [scales.note])],
    },
    options,
  );
}

/** A part all of whose labels are −1 has none. */
function leaveOutUnlabelled({ notes, ...arrays }: ArrayParts): { labelled: ByPart<ArrayPart>; notes: string[] } {
  const { train, validation, test } = arrays;
  const isUnlabelled = (part: ArrayPart | undefined): boolean =>
    part !== undefined && !train.labels.includes('-1') && part.labels.every((label) => label === '-1');
  const without = [validation, test].flatMap((part) => (part !== undefined && isUnlabelled(part) ? [part] : []));
  return {
    labelled: {
      train,
      validation: isUnlabelled(validation) ? undefined : validation,
      test: isUnlabelled(test) ? undefined : test,
    },
    notes: [
      ...notes,
      ...without.map((part) => `${part.name} was left out: all of its labels are -1, which means that it has none.`),
      ...(train.labels.includes('-1') ? ['The label -1 was read as a class of its own.'] : []),
    ],
  };
}

function labelsOf({ train, validation, test }: ByPart<ArrayPart>): ByPart<readonly string[]> {
  return { train: train.labels, validation: validation?.labels, test: test?.labels };
}

function checkLengths({ images: { axes, kind, offset }, labels, where }: ArrayPart): void {
  if (kind === 'text' || axes.length < 2 || axes.includes(0)) {
    throw formatError(
      where,
      { offset: 0 },
      `images are numbers of shape (n, height, width) or (n, height, width, channels), got ${kind} of (${axes.join(', ')})`,
      'reshape them',
    );
  }
  if (axes[0] === labels.length || (axes.length > 2 && axes.at(-1) === labels.length)) return;
  throw formatError(where, { offset }, `${axes[0]} images, but ${labels.length} labels`, 'each image needs one label');
}

function formFor({ images, labels, where }: ArrayPart, { layout }: ReadOptions): ArrayForm {
  const form = formOfArray(images.axes, labels.length, layout);
  if ('problem' in form) throw formatError(where, { offset: 0 }, form.problem, form.cure);
  if (images.axes[0] !== labels.length && (form.axes === 'nhw' || form.axes === 'nhwc' || form.axes === 'nchw')) {
    throw formatError(
      where,
      { offset: images.offset },
      `${images.axes[0]} images, but ${labels.length} labels`,
      'each image needs one label',
    );
  }
  if (form.hasAlpha) checkOpaque(images, labels.length, form, where);
  return form;
}

/** @throws {DataFormatError} if an image is not wholly opaque: nothing tells what is behind it. */
function checkOpaque(images: ArrayImages, count: number, form: ArrayForm, where: string): void {
  const { high } = images.range();
  const order = elementOrder(form, images.strides);
  const alpha = { ...order, start: order.start + 3 * order.channel };
  const shape = { ...form.shape, channels: 1 };
  const pixels = images.toPixels(count, shape, alpha, { toByte: (value) => (value === high ? 1 : 0) });
  const size = shape.height * shape.width;
  const examples = { count, pixels, labels: new Int32Array(count) };
  for (let image = 0; image < count; image++) {
    if (!readImages(examples, size, image, image + 1).includes(0)) continue;
    throw formatError(
      where,
      { offset: images.offset },
      `4 channels in the shape (${images.axes.join(', ')}), and the fourth, the opacity, is not ${high} throughout (image ${image})`,
      'keep three channels, with x[..., :3]',
    );
  }
}

function noteOnForm({ hasAlpha, note }: ArrayForm): string[] {
  return [
    ...(note === undefined ? [] : [note]),
    ...(hasAlpha ? ['The fourth channel, which is opaque throughout, was left out.'] : []),
  ];
}

function chooseScales(parts: readonly ArrayPart[], { prepareAs }: ReadOptions): PixelScales {
  const kindOf = ({ images: { kind } }: ArrayPart): PixelKind => (kind === 'text' ? 'byte' : kind);
  const scales = scalesFor(
    parts.map((part) => ({ name: part.name, kind: kindOf(part), range: part.images.range })),
    prepareAs,
  );
  if (!('problem' in scales)) return scales;
  const part = parts[scales.part];
  throw formatError(part?.where ?? '', { offset: part?.images.offset ?? 0 }, scales.problem, scales.cure);
}

function pixelsOf({ images, labels }: ArrayPart, form: ArrayForm, scales: PixelScales): Examples['pixels'] {
  const kind = images.kind === 'text' ? 'byte' : images.kind;
  return images.toPixels(labels.length, form.shape, elementOrder(form, images.strides), scales.of(kind));
}
