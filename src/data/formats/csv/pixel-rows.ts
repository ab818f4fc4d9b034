// The rows of a table of pixels: numbers, a label, and perhaps the part.

import { formatError } from '../../../files/format-error.ts';
import { canonicalLabel } from '../../labels/canonical-label.ts';
import { partOf } from '../../labels/part-words.ts';
import type { PixelScale } from '../../pixels/pixel-values.ts';
import { type Examples, type ImageShape, imageSizeOf } from '../../set/dataset.ts';
import type { Part, ReadOptions } from '../../set/source.ts';
import { fieldEnd, fieldText, QUOTE, readLines, UNCLOSED_QUOTE } from './csv-lines.ts';
import { PixelValues } from './pixel-buffer.ts';
import { type PixelForm, splitCell } from './pixel-form.ts';

/** The rows of one file that belong to one part. */
export interface PixelRows {
  readonly path: string;
  readonly labels: readonly string[];
  /** The row of each image. */
  readonly rows: readonly number[];
  readonly values: PixelValues;
}

interface GrowingRows extends PixelRows {
  readonly labels: string[];
  readonly rows: number[];
}

/**
 * Rows by their part.
 *
 * @param part    of all rows, if no column tells.
 * @param report  see `readLines`.
 * @throws {DataFormatError} with the row, for a pixel that is not a number, too few or too many fields, no label, or a value in
 *   the column of parts that tells none.
 */
export async function readPixelRows(
  path: string,
  form: PixelForm,
  part: Part,
  { signal, overflow }: ReadOptions,
  report?: (note: string) => void,
): Promise<ReadonlyMap<Part, PixelRows>> {
  const found = new Map<Part, GrowingRows>();
  const parse = rowParser(path, form);
  for await (const { row, bytes } of readLines(path, report)) {
    if (row === 1 && form.hasHeader) continue;
    signal?.throwIfAborted();
    const parsed = parse(bytes, row, part);
    let rows = found.get(parsed.part);
    if (rows === undefined) {
      rows = { path, labels: [], rows: [], values: new PixelValues(path, overflow) };
      found.set(parsed.part, rows);
    }
    for (const value of parsed.pixels) rows.values.push(value, row);
    rows.labels.push(parsed.label);
    rows.rows.push(row);
  }
  if (found.size === 0) {
    throw formatError(path, { row: 1 }, 'no row of pixels', 'add rows, each with a label and pixels');
  }
  return found;
}

interface ParsedRow {
  readonly label: string;
  readonly part: Part;
  /** Overwritten by the next row. */
  readonly pixels: Float64Array;
}

function rowParser(path: string, form: PixelForm): (bytes: Buffer, row: number, part: Part) => ParsedRow {
  const { delimiter, labelColumn, partColumn, pixelColumns, pixelsInOneCell, columns, shape } = form;
  const separator = delimiter.charCodeAt(0);
  const pixels = new Float64Array(imageSizeOf(shape));
  // The pixel that each column holds; -1 for those that hold none.
  const places = new Int32Array(columns).fill(-1);
  for (const [place, column] of pixelColumns.entries()) places[column] = place;
  return (bytes, row, given) => {
    const fail = (what: string, cure: string): Error => formatError(path, { row }, what, cure);
    let label = labelColumn === undefined ? '-' : '';
    let part: Part | undefined = given;
    let column = 0;
    for (let start = 0; start <= bytes.length; column++) {
      const end = fieldEnd(bytes, start, separator);
      if (end === undefined) throw fail(UNCLOSED_QUOTE, 'close it, or remove the row');
      if (column === labelColumn) {
        label = canonicalLabel(fieldText(bytes, start, end));
      } else if (column === partColumn) {
        const text = fieldText(bytes, start, end);
        part = partOf(text);
        if (part === undefined) {
          throw fail(
            `column ${column + 1} holds ${JSON.stringify(text)}, which is not the name of a part`,
            'write train, validation or test, or remove the row',
          );
        }
      } else if (pixelsInOneCell && places[column] === 0) {
        fillFromCell(fieldText(bytes, start, end), pixels, fail);
      } else if ((places[column] ?? -1) >= 0) {
        const value = parseValue(bytes, start, end);
        if (Number.isNaN(value))
          throw notANumber(bytes.toString('utf8', start, Math.min(end, start + 40)), column, fail);
        pixels[places[column] ?? 0] = value;
      }
      start = end + 1;
    }
    if (column !== columns) throw fail(`${column} fields, the first row has ${columns}`, 'mend or remove the row');
    if (label === '') throw fail('the label is empty', 'mend or remove the row');
    return { label, part, pixels };
  };
}

type Fail = (what: string, cure: string) => Error;

function notANumber(text: string, column: number, fail: Fail): Error {
  const isDecimalComma = /^\s*"?[+-]?\d*,\d+"?\s*$/.test(text);
  return fail(
    `column ${column + 1} holds ${JSON.stringify(text)}, pixels are numbers`,
    isDecimalComma ? 'write decimals with a point' : 'mend or remove the row',
  );
}

function fillFromCell(cell: string, pixels: Float64Array, fail: Fail): void {
  const numbers = splitCell(cell);
  if (numbers.length !== pixels.length) {
    throw fail(`${numbers.length} pixels in the cell, the first row has ${pixels.length}`, 'mend or remove the row');
  }
  for (const [i, text] of numbers.entries()) {
    const value = numberOf(text);
    if (Number.isNaN(value))
      throw fail(
        `pixel ${i + 1} is ${JSON.stringify(text.slice(0, 40))}, pixels are numbers`,
        'mend or remove the row',
      );
    pixels[i] = value;
  }
}

const DIGIT_0 = 0x30;

/** NaN if the field is not a number. */
function parseValue(bytes: Buffer, start: number, end: number): number {
  const isQuoted = bytes[start] === QUOTE && bytes[end - 1] === QUOTE;
  const digits = isQuoted ? parseDigits(bytes, start + 1, end - 1) : parseDigits(bytes, start, end);
  return digits ?? numberOf(fieldText(bytes, start, end));
}

function numberOf(text: string): number {
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

/** @param layout  of the numbers in a row. */
export function pixelsOfRows(
  { values, labels }: PixelRows,
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
