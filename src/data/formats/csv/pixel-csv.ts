// CSV files with an image on each line: its label and its pixels, like Kaggle's digits.

import { formatError } from '../../../files/format-error.ts';
import { listNames, nameLabels } from '../../labels/name-labels.ts';
import { fitImages } from '../../pixels/fit-images.ts';
import { type PixelScale, type PixelScales, SCALE_CURE, scalesFor } from '../../pixels/pixel-values.ts';
import { type Examples, type ImageShape, imageSizeOf } from '../../set/dataset.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import type { PixelForm } from './csv-form.ts';
import { fieldEnd, fieldText, QUOTE, readLines, UNCLOSED_QUOTE } from './csv-lines.ts';
import { PixelValues } from './pixel-buffer.ts';

export interface PixelFile {
  readonly path: string;
  readonly form: PixelForm;
}

/**
 * Reads lines of pixels, row by row of the image. The channels of coloured images follow each other pixel by pixel, or
 * plane by plane if `layout` is `nchw`. Numbers become bytes by `scalesFor`; labels are words or numbers.
 *
 * @throws {DataFormatError} with the row, for a pixel that is not a number, too few or too many fields, or a label that only
 *   the test part has.
 */
export async function readPixelCsv(
  source: {
    readonly name: string;
    readonly train: PixelFile;
    readonly test: PixelFile | undefined;
    readonly notes: readonly string[];
  },
  options: ReadOptions,
): Promise<DatasetParts> {
  const { name, train: trainFile, test: testFile, notes } = source;
  const { shape } = trainFile.form;
  const train = await readRows(trainFile, options);
  const test = testFile === undefined ? undefined : await readRows(testFile, options);
  const { scale, note } = chooseScale(test === undefined ? [train] : [train, test]);
  const named = nameLabels(train.labels, test?.labels, (index, label, classes) =>
    formatError(
      test?.path ?? '',
      { row: test?.rows[index] ?? 0 },
      `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
      'add training images of it',
    ),
  );
  if (test !== undefined && JSON.stringify(testFile?.form.shape) !== JSON.stringify(shape)) {
    throw formatError(
      test.path,
      { row: 1 },
      `images of ${testFile?.form.pixelColumns.length} pixels, those of ${train.path} have ${imageSizeOf(shape)}`,
      'give both files images of one size',
    );
  }
  const layout = options.layout ?? 'nhwc';
  return fitImages(
    {
      name,
      shape,
      classes: named.classes,
      train: { count: train.labels.length, pixels: toPixels(train, shape, layout, scale), labels: named.train },
      test:
        test === undefined || named.test === undefined
          ? undefined
          : { count: test.labels.length, pixels: toPixels(test, shape, layout, scale), labels: named.test },
      notes: [...notes, ...(note === undefined ? [] : [note]), ...describeLayout(shape, options)],
    },
    options,
  );
}

interface Rows {
  readonly path: string;
  readonly labels: readonly string[];
  /** The row of each image. */
  readonly rows: readonly number[];
  readonly values: PixelValues;
}

async function readRows({ path, form }: PixelFile, { signal, overflow }: ReadOptions): Promise<Rows> {
  const values = new PixelValues(path, overflow);
  const labels: string[] = [];
  const rows: number[] = [];
  for await (const { row, bytes } of readLines(path)) {
    if (row === 1 && form.hasHeader) continue;
    signal?.throwIfAborted();
    labels.push(parseRow(bytes, row, path, form, values));
    rows.push(row);
  }
  if (labels.length === 0)
    throw formatError(path, { row: 1 }, 'no row of pixels', 'add rows, each with a label and pixels');
  return { path, labels, rows, values };
}

/** Puts the pixels of a line into `values` and gives its label. */
function parseRow(bytes: Buffer, row: number, path: string, form: PixelForm, values: PixelValues): string {
  const { delimiter, labelColumn, pixelColumns, columns } = form;
  const fail = (what: string, cure: string): Error => formatError(path, { row }, what, cure);
  const separator = delimiter.charCodeAt(0);
  const skipped = columns - pixelColumns.length;
  let label = '';
  let column = 0;
  for (let start = 0; start <= bytes.length; column++) {
    const end = fieldEnd(bytes, start, separator);
    if (end === undefined) throw fail(UNCLOSED_QUOTE, 'close it, or remove the row');
    if (column === labelColumn) label = fieldText(bytes, start, end);
    else if (skipped <= 1 || pixelColumns.includes(column)) {
      const value = parseValue(bytes, start, end);
      if (Number.isNaN(value)) {
        const text = bytes.toString('utf8', start, Math.min(end, start + 40));
        throw fail(`column ${column + 1} holds ${JSON.stringify(text)}, pixels are numbers`, 'mend or remove the row');
      }
      values.push(value, row);
    }
    start = end + 1;
  }
  if (column !== columns) throw fail(`${column} fields, the first row has ${columns}`, 'mend or remove the row');
  if (label === '') throw fail('the label is empty', 'mend or remove the row');
  return label.replace(/^([+-]?\d+)\.0+$/, '$1');
}

const DIGIT_0 = 0x30;

/** NaN if the field is not a number. */
function parseValue(bytes: Buffer, start: number, end: number): number {
  const isQuoted = bytes[start] === QUOTE && bytes[end - 1] === QUOTE;
  const digits = isQuoted ? parseDigits(bytes, start + 1, end - 1) : parseDigits(bytes, start, end);
  if (digits !== undefined) return digits;
  const text = fieldText(bytes, start, end);
  const parsed = /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : Number.NaN;
}

/** A short whole number, which most pixels are, read without making text of it; undefined if it is anything else. */
function parseDigits(bytes: Buffer, start: number, end: number): number | undefined {
  if (end <= start || end - start > 9) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return value;
}

function chooseScale(parts: readonly Rows[]): { readonly scale: PixelScale; readonly note: PixelScales['note'] } {
  const kind = parts.some(({ values }) => values.hasFractions) ? 'float' : 'integer';
  const scales = scalesFor(
    parts.map(({ values: { lowest, highest } }) => ({
      kind,
      range: () => ({ low: lowest.value, high: highest.value }),
    })),
  );
  if (!('problem' in scales)) return { scale: scales.of(kind), note: scales.note };
  const placed = parts.flatMap(({ path, values }) => [
    { path, ...values.lowest },
    { path, ...values.highest },
  ]);
  const low = placed.reduce((a, b) => (b.value < a.value ? b : a));
  const high = placed.reduce((a, b) => (b.value > a.value ? b : a));
  const { path, row } = low.value < 0 ? low : high;
  throw formatError(path, { row }, scales.problem, SCALE_CURE);
}

function toPixels(
  { values, labels }: Rows,
  shape: ImageShape,
  layout: string,
  { toByte }: PixelScale,
): Examples['pixels'] {
  const { channels, height, width } = shape;
  const plane = height * width;
  const imageSize = imageSizeOf(shape);
  const copy = (from: ArrayLike<number>, start: number, target: Uint8Array): void => {
    for (let i = 0; i < imageSize; i++) {
      const at = layout === 'nchw' ? i : (i % channels) * plane + Math.floor(i / channels);
      target[at] = toByte(from[start + i] ?? 0);
    }
  };
  const numbers = values.inMemory();
  if (numbers === undefined) return { read: (image, target) => copy(values.read(image, imageSize), 0, target) };
  if (numbers instanceof Uint8Array && channels === 1 && toByte(1) === 1) return numbers;
  const pixels = new Uint8Array(numbers.length);
  for (let image = 0; image < labels.length; image++) {
    const start = image * imageSize;
    copy(numbers, start, pixels.subarray(start, start + imageSize));
  }
  return pixels;
}

function describeLayout({ channels, height, width }: ImageShape, { layout }: ReadOptions): string[] {
  if (channels === 1 || layout !== undefined) return [];
  return [
    `Rows of ${channels * height * width} numbers were read as ${height} × ${width} pixels of 3 channels, pixel by pixel; --layout nchw reads them plane by plane.`,
  ];
}
