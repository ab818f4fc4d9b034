// Which columns of a table hold pixels, labels and parts, as names and values tell.

import { basename } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { formatError } from '../../../files/format-error.ts';
import { listNames } from '../../labels/name-labels.ts';
import { partOf } from '../../labels/part-words.ts';
import type { ImageShape } from '../../set/dataset.ts';
import type { ReadOptions } from '../../set/source.ts';
import {
  describeColumn,
  describeEnds,
  isNumber,
  LABEL_NAMES,
  likenessOf,
  sampleTable,
  type TableSample,
} from './pixel-columns.ts';

/** Rows of pixels, each perhaps with a label. */
export interface PixelForm {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** In the first row; empty if it has none. */
  readonly names: readonly string[];
  /** Undefined if there are only pixels. */
  readonly labelColumn: number | undefined;
  /** The column whose values name the part of each row. */
  readonly partColumn: number | undefined;
  /** The columns in the order of the pixels; one column if it holds all pixels of an image. */
  readonly pixelColumns: readonly number[];
  readonly pixelsInOneCell: boolean;
  readonly columns: number;
  readonly shape: ImageShape;
  /** Where the labels are, for the user: `column emotion`. */
  readonly labelTitle: string;
  /** Name of the column of parts, for the user. */
  readonly partTitle: string;
  readonly notes: readonly string[];
}

/** Whether a table is one of pixels, with or without labels, even if they cannot be read. */
export async function isPixelTable(path: string): Promise<boolean> {
  const sample = await sampleTable(path);
  return sample !== undefined && recognise(sample) !== undefined;
}

/**
 * The columns of a table of pixels: labels by `--label-column`, or by their name, or as the only words, or by the values of
 * the first and the last column.
 *
 * @throws {InvalidInputError} if the first as well as the last column could be the labels, or there is no column of the
 *   name that was asked for.
 * @throws {DataFormatError} if the pixels make no square image.
 */
export async function choosePixelForm(path: string, { labelColumn }: ReadOptions): Promise<PixelForm> {
  const sample = await sampleTable(path);
  const table = sample && recognise(sample);
  if (sample === undefined || table === undefined) {
    throw formatError(path, { row: 1 }, 'not a table of pixels', 'give rows of a label and pixels');
  }
  const { partColumn, cellColumn } = table;
  const nameOf = (column: number): string => sample.names?.[column] || `number ${column + 1}`;
  const labels = labelColumn === undefined ? await findLabels(sample, table) : askedColumn(sample, labelColumn);
  const { column, note } = labels;
  const candidates = table.candidates.filter((other) => other !== column);
  const found = cellColumn === undefined ? withoutIndex(sample, table, candidates) : [cellColumn];
  const pixelColumns = inOrderOfNames(sample.names ?? [], found);
  const length = cellColumn === undefined ? pixelColumns.length : splitCell(sample.rows[0]?.[cellColumn] ?? '').length;
  const shape = (cellColumn === undefined && shapeInNames(sample.names ?? [], pixelColumns)) || squareShape(length);
  if (shape === undefined) {
    throw formatError(
      path,
      { row: sample.names === undefined ? 1 : 2 },
      `${length} pixels are not a square image, grey or of 3 channels`,
      'name the columns of pixels by row and column, 1x1 to 28x20 for example, or leave out what is not a pixel; --label-column names the labels',
    );
  }
  const used = [column, partColumn, ...pixelColumns];
  const leftOut = Array.from({ length: sample.columns }, (_, at) => at).filter(
    (at) => !used.includes(at) && sample.names?.[at] !== '',
  );
  return {
    delimiter: sample.delimiter,
    hasHeader: sample.names !== undefined,
    names: sample.names ?? [],
    labelColumn: column,
    partColumn,
    pixelColumns,
    pixelsInOneCell: cellColumn !== undefined,
    columns: sample.columns,
    shape,
    labelTitle: column === undefined ? '' : `column ${nameOf(column)}`,
    partTitle: partColumn === undefined ? '' : nameOf(partColumn),
    notes: [
      ...(note === undefined ? [] : [note]),
      ...(pixelColumns === found
        ? []
        : [`The columns of pixels of ${basename(path)} were put in the order of their names.`]),
      ...(leftOut.length === 0
        ? []
        : [`Columns of ${basename(path)} were left out: ${listNames(leftOut.map(nameOf))}.`]),
    ],
  };
}

/** The numbers in a cell that holds all pixels of an image. */
export function splitCell(cell: string): string[] {
  return cell
    .replaceAll(/[[\]()]/g, ' ')
    .split(/[\s,;|]+/)
    .filter(Boolean);
}

interface PixelTable {
  /** Columns that may be pixels or, one of them, labels. */
  readonly candidates: readonly number[];
  /** Columns that are pixels by their names. */
  readonly named: readonly number[];
  readonly cellColumn: number | undefined;
  readonly partColumn: number | undefined;
}

/** The fewest columns of a table that is taken for one of pixels if they are not square. */
const MANY_COLUMNS = 16;
const INDEX_NAMES: ReadonlySet<string> = new Set(['', 'id', 'index', 'idx', 'unnamed: 0', 'row', 'row_id', 'no', 'nr']);
const FILE_NAMES =
  /^(file_?names?|files?|images?(_?(name|path|id|file))?|img(_?(name|path|id))?|paths?|file_?paths?|names?)$/;
const PART_NAMES: ReadonlySet<string> = new Set([
  'usage',
  'split',
  'set',
  'subset',
  'partition',
  'part',
  'dataset',
  'phase',
]);

function recognise(sample: TableSample): PixelTable | undefined {
  const { names, rows, columns } = sample;
  const [first] = rows;
  if (first === undefined) return undefined;
  const lower = names?.map((name) => name.toLowerCase());
  const partNamed = lower?.findIndex((name) => PART_NAMES.has(name)) ?? -1;
  const partColumn = rows.every((row) => partOf(row[partNamed] ?? '') !== undefined) ? partNamed : undefined;
  const all = first.flatMap((_, column) => (column === partNamed || lower?.[column] === '' ? [] : [column]));
  const head = rows.slice(0, 5);
  const cells = all.filter(
    (column) => 2 * head.filter((row) => isCellOfPixels(row[column] ?? '')).length > head.length,
  );
  if (cells.length === 1) return { candidates: all, named: [], cellColumn: cells[0], partColumn };
  const areNumbered = all.every((column) => /^\d+$/.test(lower?.[column] ?? ''));
  const named = areNumbered ? [] : all.filter((column) => PIXEL_NAME.test(lower?.[column] ?? ''));
  const arePixelsNamed = named.length >= 4 && named.length >= columns / 2;
  const words = all.filter((column) => !isNumber(first[column] ?? '') && !arePixelsNamed);
  if (all.length < 4 || words.length > 1) return undefined;
  if (!arePixelsNamed && lower?.some((name) => FILE_NAMES.test(name))) return undefined;
  if (words.some((column) => /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i.test(first[column] ?? ''))) return undefined;
  const isSquare = (count: number): boolean => squareShape(count) !== undefined;
  const possible =
    isSquare(all.length) ||
    isSquare(all.length - 1) ||
    (isSquare(all.length - 2) && all.some((column) => isIndex(sample, column)));
  const isShaped = shapeInNames(names ?? [], named) !== undefined;
  if (!possible && !isShaped && !arePixelsNamed && all.length < MANY_COLUMNS) return undefined;
  return { candidates: all, named: arePixelsNamed ? named : [], cellColumn: undefined, partColumn };
}

/** `pixel0`, `px_12`, `p3`, `28x28`, `0`. */
const PIXEL_NAME = /^(pixels?|pix|px|p|x|v|f|feature|col|attr)?[ _.-]?\d+$|^\d+x\d+$/;

const isCellOfPixels = (cell: string): boolean => {
  const numbers = splitCell(cell);
  return numbers.length >= MANY_COLUMNS && numbers.every(isNumber);
};

interface FoundLabels {
  readonly column: number | undefined;
  readonly note?: string;
}

async function findLabels(sample: TableSample, table: PixelTable): Promise<FoundLabels> {
  const { candidates, named, cellColumn } = table;
  const lower = sample.names?.map((name) => name.toLowerCase()) ?? [];
  const known = LABEL_NAMES.map((name) => lower.indexOf(name)).find((column) => candidates.includes(column));
  if (known !== undefined) return { column: known };
  const others = candidates.filter((column) => column !== cellColumn && !named.includes(column));
  if (named.length > 0 || cellColumn !== undefined) {
    const [only, second] = others.filter((column) => !isIndex(sample, column));
    if (only === undefined) return { column: undefined };
    if (second === undefined) return { column: only, note: guessed(sample, only, 'the only one besides the pixels') };
    throw new InvalidInputError(
      `Cannot use ${sample.path} as a data set: several columns could be the labels (${listNames(others.map((column) => sample.names?.[column] ?? String(column + 1)))}): name one with --label-column.`,
      { details: { path: sample.path } },
    );
  }
  const words = candidates.filter((column) => !isNumber(sample.rows[0]?.[column] ?? ''));
  if (words[0] !== undefined) return { column: words[0] };
  return findByValues(sample, candidates);
}

/** The first or the last column. Beside them there may be an index. */
async function findByValues(sample: TableSample, candidates: readonly number[]): Promise<FoundLabels> {
  const columns = candidates.filter((column) => !isIndex(sample, column) || squareShape(candidates.length - 1));
  const [first, last] = [columns[0], columns.at(-1)];
  const isLabelled = squareShape(columns.length - 1) !== undefined;
  if (first === undefined || last === undefined || (!isLabelled && squareShape(columns.length) !== undefined)) {
    return { column: undefined };
  }
  const [ofFirst, ofLast] = (await describeEnds(sample, first, last)).map(likenessOf);
  const isFirst = { column: first, note: guessed(sample, first, 'by its values') };
  const isLast = { column: last, note: guessed(sample, last, 'by its values') };
  if (ofFirst === ofLast && ofFirst !== 'pixels') {
    throw new InvalidInputError(
      `Cannot use ${sample.path} as a data set: by their values, the first column as well as the last could be the labels: say which with --label-column first or --label-column last.`,
      { details: { path: sample.path } },
    );
  }
  if (ofLast === 'labels' || (ofLast === 'perhaps' && ofFirst === 'pixels')) return isLast;
  return isFirst;
}

function guessed({ path, names }: TableSample, column: number, how: string): string {
  const title = names?.[column] || `number ${column + 1}`;
  return `The labels of ${basename(path)} were taken from column ${title}, ${how}; --label-column chooses another.`;
}

/** @throws {InvalidInputError} if there is no such column. */
function askedColumn({ path, names, columns }: TableSample, asked: string): FoundLabels {
  const byName = names?.indexOf(asked) ?? -1;
  if (byName >= 0) return { column: byName };
  const lower = names?.findIndex((name) => name.toLowerCase() === asked.toLowerCase()) ?? -1;
  if (lower >= 0) return { column: lower };
  if (asked === 'first') return { column: 0 };
  if (asked === 'last') return { column: columns - 1 };
  const number = /^\d+$/.test(asked) ? Number(asked) : 0;
  if (number >= 1 && number <= columns) return { column: number - 1 };
  const has = names === undefined ? `it has ${columns} columns without names` : `its columns: ${listNames(names)}`;
  throw new InvalidInputError(
    `Cannot use ${path} as a data set: there is no column ${JSON.stringify(asked)}; ${has}. Give a name, first, last, or a number from 1 on.`,
    { details: { path, labelColumn: asked } },
  );
}

function withoutIndex(sample: TableSample, { named }: PixelTable, candidates: readonly number[]): readonly number[] {
  if (named.length > 0) return candidates.filter((column) => named.includes(column));
  const isNamedIndex = (column: number): boolean => INDEX_NAMES.has(sample.names?.[column]?.toLowerCase() ?? 'pixel');
  const others = candidates.filter((column) => !isNamedIndex(column));
  if (squareShape(others.length) !== undefined) return others;
  const withoutCounted = others.filter((column) => !isIndex(sample, column));
  return squareShape(withoutCounted.length) === undefined ? others : withoutCounted;
}

function isIndex(sample: TableSample, column: number): boolean {
  if (INDEX_NAMES.has(sample.names?.[column]?.toLowerCase() ?? 'pixel')) return true;
  return describeColumn(sample, column).areConsecutive;
}

/** The shape of square images, grey or of three channels, with this many pixels. */
function squareShape(pixels: number): ImageShape | undefined {
  for (const channels of [1, 3]) {
    const side = Math.sqrt(pixels / channels);
    if (Number.isInteger(side) && side >= 2) return { channels, height: side, width: side };
  }
  return undefined;
}

/**
 * Where the names of all columns number the pixels without a gap, or by row and column, these tell their order: a table may be sorted
 * by name, as `pixel1`, `pixel10`, `pixel2`.
 *
 * @returns the same array if it is in order, or the names tell nothing.
 */
function inOrderOfNames(names: readonly string[], columns: readonly number[]): readonly number[] {
  const places = columns.map((column) => {
    const [, row, number] = /(?:(\d{1,4})x)?(\d+)$/.exec(names[column] ?? '') ?? [];
    return { column, row: Number(row ?? 0), number: Number(number) };
  });
  const rows = new Set(places.map(({ row }) => row));
  const numbers = new Set(places.map(({ number }) => number));
  const isComplete =
    rows.size * numbers.size === columns.length &&
    new Set(places.map(({ row, number }) => `${row}x${number}`)).size === columns.length &&
    [rows, numbers].every((each) => Math.max(...each) - Math.min(...each) === each.size - 1);
  if (!isComplete) return columns;
  const ordered = places.toSorted((a, b) => a.row - b.row || a.number - b.number).map(({ column }) => column);
  return ordered.every((column, i) => column === columns[i]) ? columns : ordered;
}

/** The shape that the name of the last pixel gives if pixels are named by row and column, counted from 1: `28x28`. */
function shapeInNames(names: readonly string[], pixelColumns: readonly number[]): ImageShape | undefined {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(names[pixelColumns.at(-1) ?? -1] ?? '');
  const [height, width] = [Number(match?.[1]), Number(match?.[2])];
  return height * width === pixelColumns.length ? { channels: 1, height, width } : undefined;
}
