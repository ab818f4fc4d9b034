// What the columns of a table mean: which names the images, which has the labels, which tells the part.

import { partOf, wordsOf } from '../labels/part-words.ts';
import type { Part, ReadOptions } from '../set/source.ts';
import type { ImageIndex } from './match-images.ts';
import { columnText, type Table, type TableRow } from './table.ts';

/** How a row tells its class. */
export type LabelColumns =
  | { readonly kind: 'column'; readonly column: number; readonly isKnown: boolean }
  /** A column of 0 and 1 for each class, named after it. */
  | { readonly kind: 'one-hot'; readonly columns: readonly number[]; readonly isKnown: true };

export interface TableColumns {
  readonly image: number;
  /** Columns that name as many images, but others, and are no worse. */
  readonly otherImages: readonly number[];
  readonly label: LabelColumns | undefined;
  /** Columns that could hold the labels, as far as their cells tell. */
  readonly possible: readonly number[];
  /** Columns that are called as labels are, and tell other classes than the one that was chosen. */
  readonly rivals: readonly number[];
  readonly split: number | undefined;
}

const nameOf = (header: string): string => header.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** In the order in which they are preferred: names before numbers. */
const LABEL_NAMES = [
  'label',
  'labels',
  'classname',
  'classlabel',
  'labelname',
  'class',
  'classes',
  'category',
  'categories',
  'categoryname',
  'target',
  'species',
  'breed',
  'dx',
  'diagnosis',
  'emotion',
  'disease',
  'finding',
  'findinglabels',
  'groundtruth',
  'labelid',
  'classid',
  'categoryid',
  'targetid',
  'y',
];
const IMAGE_NAMES = [
  'filename',
  'file',
  'image',
  'imagename',
  'imagepath',
  'imagefile',
  'imagefilename',
  'img',
  'imgname',
  'imgpath',
  'path',
  'filepath',
  'filepaths',
  'imageid',
  'imgid',
  'id',
  'name',
];
const SPLIT_NAMES = ['split', 'dataset', 'set', 'subset', 'usage', 'partition', 'part', 'phase', 'datasplit'];
/** Whether a column is called as one that tells parts is, whatever its cells say. */
export const isSplitName = (header: string): boolean => SPLIT_NAMES.includes(nameOf(header));

/** Columns of 0 and 1 that tell one part of two: that of 0, and that of 1. */
const SPLIT_FLAGS: Readonly<Record<string, readonly [Part, Part]>> = {
  isvalid: ['train', 'validation'],
  isval: ['train', 'validation'],
  isvalidation: ['train', 'validation'],
  istest: ['train', 'test'],
  istrain: ['test', 'train'],
  istraining: ['test', 'train'],
  istrainingimage: ['test', 'train'],
};
/** Names of columns that are about an image, but not its class. */
const OTHER_NAMES =
  /^(text|captions?|description|prompt|title|comments?|notes?|width|height|size|area|depth|format|date|time|datetime|timestamp|year|url|link|source|license|licence|credits?|author|artist|photographer|camera|age|sex|gender|location|localization|latitude|longitude|lat|lon|lng|x|[xy](min|max|[12])|bbox|box|roi|md5|sha1|sha256|hash|index|idx|no|nr|row|count|score|confidence|weight|fold)$/;

/**
 * Finds the columns by their content first, then by their names: the one that names images does so, whatever it is called.
 *
 * @param folder   of the table, relative to the root of the images.
 * @param options  columns that the user named, by name or by number from 1.
 * @returns undefined if no column names images.
 */
export function findColumns(
  { header, rows }: Table,
  folder: string,
  index: ImageIndex,
  options: Pick<ReadOptions, 'labelColumn' | 'imageColumn'>,
): TableColumns | undefined {
  const found = findImageColumn(header, rows, folder, index, options.imageColumn);
  if (found === undefined) return undefined;
  const { image, otherImages } = found;
  const split = findSplit(header, rows, image);
  // Beside x, y is a coordinate.
  const isPlace = header.some((name) => wordsOf(name).at(-1) === 'x');
  const others = header.flatMap((name, column) =>
    column === image || column === split || name === '' || (isPlace && nameOf(name) === 'y') ? [] : [column],
  );
  const possible = others.filter((column) => isGuess(header[column] ?? '', cellsOf(rows, column)));
  const label = findLabel(header, rows, others, possible, options.labelColumn);
  const rivals = options.labelColumn === undefined ? rivalsOf(label, header, rows, possible) : [];
  return { image, otherImages, split, possible, rivals, label };
}

function rivalsOf(
  label: LabelColumns | undefined,
  header: readonly string[],
  rows: readonly TableRow[],
  possible: readonly number[],
): number[] {
  if (label?.kind !== 'column' || !label.isKnown) return [];
  const chosen = cellsOf(rows, label.column);
  return possible.filter(
    (column) =>
      column !== label.column &&
      LABEL_NAMES.some((name) => isCalled(header[column] ?? '', name)) &&
      !tellSame(cellsOf(rows, column), chosen),
  );
}

/** The position of a column by its name, in any case, or its number from 1. */
function columnCalled(header: readonly string[], asked: string): number | undefined {
  const exact = header.indexOf(asked);
  const found = exact >= 0 ? exact : header.findIndex((name) => nameOf(name) === nameOf(asked));
  if (found >= 0) return found;
  const number = Number(asked) - 1;
  return Number.isInteger(number) && number >= 0 && number < header.length ? number : undefined;
}

/** How many rows tell what a column holds. */
const SAMPLE = 300;

/**
 * The column whose cells stand for the most different images. Of about equal ones, file names come before numbers, which may
 * only count the rows; then the one that is called so.
 */
function findImageColumn(
  header: readonly string[],
  rows: readonly TableRow[],
  folder: string,
  index: ImageIndex,
  asked: string | undefined,
): Pick<TableColumns, 'image' | 'otherImages'> | undefined {
  if (asked !== undefined) {
    const image = columnCalled(header, asked);
    return image === undefined ? undefined : { image, otherImages: [] };
  }
  const sample = rows.slice(0, SAMPLE);
  const scores = header.map((name, column) => {
    const found = sample.map(({ cells }) => index.match(cells[column] ?? '', folder)[0]);
    const rank = IMAGE_NAMES.indexOf(nameOf(name));
    const isNumber = sample.every(({ cells }) => /^\d*$/.test(cells[column] ?? ''));
    const images = new Set(found.filter((image) => image !== undefined)).size;
    return { column, found, images, isNumber, rank: rank < 0 ? IMAGE_NAMES.length : rank };
  });
  const most = Math.max(0, ...scores.map(({ images }) => images));
  const [best, ...others] = scores
    .filter(({ images }) => images > 0 && images >= most * 0.9)
    .sort(
      (a, b) =>
        Number(a.isNumber) - Number(b.isNumber) || b.images - a.images || a.rank - b.rank || a.column - b.column,
    );
  if (best === undefined) return undefined;
  const isRival = ({ images, isNumber, found }: (typeof scores)[number]): boolean =>
    images >= 2 && isNumber === best.isNumber && found.some((image, row) => image !== best.found[row]);
  return { image: best.column, otherImages: others.filter(isRival).map(({ column }) => column) };
}

function findSplit(header: readonly string[], rows: readonly TableRow[], image: number): number | undefined {
  const found = header.findIndex((name, column) => {
    if (column === image) return false;
    const cells = cellsOf(rows, column);
    if (SPLIT_FLAGS[nameOf(name)] !== undefined) return cells.every(isFlag);
    return SPLIT_NAMES.includes(nameOf(name)) && cells.every((cell) => partOf(cell) !== undefined);
  });
  if (found >= 0) return found;
  const unnamed = header.findIndex(
    (name, column) => column !== image && !LABEL_NAMES.includes(nameOf(name)) && areParts(cellsOf(rows, column)),
  );
  return unnamed < 0 ? undefined : unnamed;
}

/** Whether all cells are words for parts, and the training part is one of several. */
function areParts(cells: readonly string[]): boolean {
  const parts = new Set(cells.map(partOf));
  return parts.size >= 2 && parts.has('train') && !parts.has(undefined);
}

/** The part that a cell of a split column tells. */
export function partInCell(header: string, cell: string): Part | undefined {
  const flagged = SPLIT_FLAGS[nameOf(header)];
  if (flagged === undefined) return partOf(cell);
  return flagged[/^(1|1\.0|true|yes)$/i.test(cell) ? 1 : 0];
}

function findLabel(
  header: readonly string[],
  rows: readonly TableRow[],
  others: readonly number[],
  possible: readonly number[],
  asked: string | undefined,
): LabelColumns | undefined {
  if (asked !== undefined) {
    const column = columnCalled(header, asked);
    return column === undefined || !others.includes(column) ? undefined : { kind: 'column', column, isKnown: true };
  }
  const known = LABEL_NAMES.flatMap((name) => others.filter((column) => isCalled(header[column] ?? '', name)))[0];
  if (known !== undefined) {
    const rivals = others.filter((column) => nameOf(header[column] ?? '') === nameOf(header[known] ?? ''));
    const isClear = rows.every(({ cells }) => rivals.every((column) => cells[column] === cells[known]));
    return isClear ? { kind: 'column', column: known, isKnown: true } : undefined;
  }
  const oneHot = others.filter((column) => cellsOf(rows, column).every(isFlag));
  if (oneHot.length >= 2 && countOfOneHot(rows, oneHot) === rows.length) {
    return { kind: 'one-hot', columns: oneHot, isKnown: true };
  }
  // Rows with several classes or none are told of when they are read.
  const isFlags = oneHot.length >= 2 && possible.every((column) => oneHot.includes(column));
  if (isFlags && countOfOneHot(rows, oneHot) >= rows.length / 2) {
    return { kind: 'one-hot', columns: oneHot, isKnown: true };
  }
  const guess = chooseGuess(rows, possible);
  return guess === undefined ? undefined : { kind: 'column', column: guess, isKnown: false };
}

/** The only column that could be the classes; of several that tell the same classes, the one of words. */
function chooseGuess(rows: readonly TableRow[], possible: readonly number[]): number | undefined {
  const [first, ...others] = possible;
  if (first === undefined || !others.every((column) => tellSame(cellsOf(rows, first), cellsOf(rows, column)))) {
    return undefined;
  }
  const isWords = (column: number): boolean => cellsOf(rows, column).some((cell) => Number.isNaN(Number(cell)));
  return others.length === 0 ? first : possible.find(isWords);
}

/** Whether the cells of two columns stand for each other. */
function tellSame(a: readonly string[], b: readonly string[]): boolean {
  const pairs = new Set(a.map((cell, row) => JSON.stringify([cell, b[row]])));
  return pairs.size === new Set(a).size && pairs.size === new Set(b).size;
}

/** Whether a column has that name, perhaps with that of a part in front: `train_labels`. */
function isCalled(header: string, name: string): boolean {
  if (nameOf(header) === name) return true;
  const [first, ...words] = wordsOf(header);
  return first !== undefined && partOf(first) !== undefined && words.join('') === name;
}

function countOfOneHot(rows: readonly TableRow[], columns: readonly number[]): number {
  return rows.filter(({ cells }) => columns.filter((column) => isSet(cells[column])).length === 1).length;
}

/** Cells that repeat could be classes. */
function isGuess(name: string, cells: readonly string[]): boolean {
  const { size } = new Set(cells);
  const isOther = OTHER_NAMES.test(nameOf(name)) || isSplitName(name);
  return !isOther && size >= 2 && size <= Math.max(2, cells.length / 2);
}

const cellsOf = (rows: readonly TableRow[], column: number): string[] => rows.map(({ cells }) => cells[column] ?? '');
const isFlag = (cell: string): boolean => /^([01](\.0*)?|true|false)$/i.test(cell);
const isSet = (cell: string | undefined): boolean => /^(1(\.0*)?|true)$/i.test(cell ?? '');

/** The classes that a row tells: one, if all is well. */
export function labelsInRow({ cells }: TableRow, header: readonly string[], label: LabelColumns): string[] {
  const names =
    label.kind === 'column'
      ? [cells[label.column] ?? '']
      : label.columns.filter((column) => isSet(cells[column])).map((column) => header[column] ?? '');
  return names.filter((name) => name !== '');
}

export function describeLabel(header: readonly string[], label: LabelColumns): string {
  if (label.kind === 'column') return columnText(header[label.column] ?? '');
  return `one column of 0 and 1 for each of ${label.columns.length} classes`;
}
