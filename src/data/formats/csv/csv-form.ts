// What the columns of a CSV file mean, as its first two rows tell.

import type { ImageShape } from '../../set/dataset.ts';
import { delimiterOf, readLines, splitFields } from './csv-lines.ts';

/** Rows of pixels, each with a label. */
export interface PixelForm {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** Undefined if there are only pixels. */
  readonly labelColumn: number | undefined;
  /** The columns in the order of the pixels. */
  readonly pixelColumns: readonly number[];
  readonly columns: number;
  readonly shape: ImageShape;
}

const LABEL_NAMES = ['label', 'labels', 'class', 'target', 'category', 'class_name', 'species', 'breed', 'y'];
/** @returns undefined if the file does not have rows of pixels. */
export async function formOfCsv(path: string): Promise<PixelForm | undefined> {
  const lines: Buffer[] = [];
  for await (const { bytes } of readLines(path)) {
    lines.push(bytes);
    if (lines.length === 2) break;
  }
  const [firstLine, secondLine = firstLine] = lines;
  if (firstLine === undefined || secondLine === undefined) return undefined;
  const delimiter = delimiterOf(firstLine);
  const first = splitFields(firstLine, delimiter);
  const second = splitFields(secondLine, delimiter);
  if (first === undefined || first.length !== second?.length) return undefined;
  return pixelForm(first, second, delimiter);
}

/** The shape of square images, grey or of three channels, with this many pixels. */
function squareShape(pixels: number): ImageShape | undefined {
  for (const channels of [1, 3]) {
    const side = Math.sqrt(pixels / channels);
    if (Number.isInteger(side) && side >= 2) return { channels, height: side, width: side };
  }
  return undefined;
}

function pixelForm(first: readonly string[], second: readonly string[], delimiter: string): PixelForm | undefined {
  const words = second.flatMap((field, column) => (isNumber(field) ? [] : [column]));
  const names = first.map((name) => name.toLowerCase());
  const named = names.findIndex((name) => LABEL_NAMES.includes(name));
  const hasHeader = named >= 0 || first.filter((field) => !isNumber(field)).length > Math.max(1, words.length);
  // The index of a data frame is written with an empty name.
  const columns = first.flatMap((_, column) => (hasHeader && names[column] === '' ? [] : [column]));
  if (words.length > 1 || columns.length < 4) return undefined;
  const labelColumn = named >= 0 ? named : (words[0] ?? (isUnlabelled(columns.length) ? undefined : columns[0]));
  const pixelColumns = columns.filter((column) => column !== labelColumn);
  const shape = shapeInNames(hasHeader ? first : [], pixelColumns) ?? squareShape(pixelColumns.length);
  if (shape === undefined) return undefined;
  return { delimiter, hasHeader, labelColumn, pixelColumns, columns: first.length, shape };
}

const isUnlabelled = (columns: number): boolean =>
  squareShape(columns - 1) === undefined && squareShape(columns) !== undefined;

/** The shape that the name of the last pixel gives if pixels are named by row and column, counted from 1: `28x28`. */
function shapeInNames(names: readonly string[], pixelColumns: readonly number[]): ImageShape | undefined {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(names[pixelColumns.at(-1) ?? -1] ?? '');
  const [height, width] = [Number(match?.[1]), Number(match?.[2])];
  return height * width === pixelColumns.length ? { channels: 1, height, width } : undefined;
}

const isNumber = (field: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field);
