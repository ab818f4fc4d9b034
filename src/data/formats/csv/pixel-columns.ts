// What the first rows of a table show of its columns.

import { delimiterOf, fieldEnd, fieldText, readLines, splitFields } from './csv-lines.ts';

export interface TableSample {
  readonly path: string;
  readonly delimiter: string;
  /** The names in the first row; undefined if it is a row like the others. */
  readonly names: readonly string[] | undefined;
  /** Fields of the first rows that have as many as the first one, without the names. */
  readonly rows: readonly (readonly string[])[];
  readonly columns: number;
}

const SAMPLE_ROWS = 300;
/** Bytes of rows in a sample. */
const SAMPLE_BYTES = 16 * 2 ** 20;

/** @returns undefined if there are no two rows of as many fields. */
export async function sampleTable(path: string): Promise<TableSample | undefined> {
  const lines: Buffer[] = [];
  let size = 0;
  for await (const { bytes } of readLines(path)) {
    lines.push(bytes);
    size += bytes.length;
    if (lines.length > SAMPLE_ROWS || size > SAMPLE_BYTES) break;
  }
  const [firstLine, secondLine = firstLine] = lines;
  if (firstLine === undefined || secondLine === undefined) return undefined;
  const delimiter = delimiterOf(firstLine);
  const [first, second] = [splitFields(firstLine, delimiter), splitFields(secondLine, delimiter)];
  if (first === undefined || first.length !== second?.length) return undefined;
  const hasNames = lines.length > 1 && isHeader(first, second);
  const rows = lines
    .slice(hasNames ? 1 : 0)
    .flatMap((line) => [splitFields(line, delimiter)])
    .filter((fields) => fields !== undefined)
    .filter((fields) => fields.length === first.length);
  return { path, delimiter, names: hasNames ? first : undefined, rows, columns: first.length };
}

export const isNumber = (field: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field);

/** Labels by their name, the most telling first. */
export const LABEL_NAMES: readonly string[] = [
  'label',
  'labels',
  'class',
  'classid',
  'class_id',
  'class_name',
  'classname',
  'class_label',
  'target',
  'targets',
  'category',
  'digit',
  'emotion',
  'y',
  'dx',
  'diagnosis',
  'character',
  'letter',
  'species',
  'breed',
];

/** More words than a row of data has, a known name, or the numbers of the columns. */
function isHeader(first: readonly string[], second: readonly string[]): boolean {
  const words = (fields: readonly string[]): number => fields.filter((field) => !isNumber(field)).length;
  if (first.some((name) => LABEL_NAMES.includes(name.toLowerCase()))) return true;
  if (words(first) > Math.max(1, words(second))) return true;
  const numbered = first.filter((field) => field !== '');
  if (numbered.length < 16) return false;
  // Where pandas took a row of zeros for the names, it made them 0, 0.1, 0.2 and so on.
  return (
    numbered.every((field, i) => field === String(i)) || numbered.slice(1).every((field, i) => field === `0.${i + 1}`)
  );
}

/** The values of one column. */
export interface ColumnValues {
  readonly count: number;
  readonly areNumbers: boolean;
  readonly areWhole: boolean;
  readonly distinct: number;
  readonly low: number;
  readonly high: number;
  /** Each is one more than the one before: an index. */
  readonly areConsecutive: boolean;
}

/** Takes the values of a column one after another. */
class ColumnStatistics {
  #count = 0;
  #areNumbers = true;
  #areWhole = true;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #areConsecutive = true;
  #last = Number.NaN;
  readonly #distinct = new Set<string | number>();

  add(field: string): void {
    const value = isNumber(field) ? Number(field) : Number.NaN;
    if (Number.isNaN(value)) [this.#areNumbers, this.#areWhole] = [false, false];
    else if (!Number.isInteger(value)) this.#areWhole = false;
    if (value < this.#low) this.#low = value;
    if (value > this.#high) this.#high = value;
    if (this.#count > 0 && value !== this.#last + 1) this.#areConsecutive = false;
    this.#last = value;
    if (this.#distinct.size < MANY) this.#distinct.add(Number.isNaN(value) ? field : value);
    this.#count++;
  }

  values(): ColumnValues {
    return {
      count: this.#count,
      areNumbers: this.#areNumbers,
      areWhole: this.#areWhole,
      distinct: this.#distinct.size,
      low: this.#low,
      high: this.#high,
      areConsecutive: this.#areConsecutive && this.#count > 2 && this.#areWhole,
    };
  }
}

/** Distinct values beyond these are not counted. */
const MANY = 10_000;

export function describeColumn({ rows }: TableSample, column: number): ColumnValues {
  const statistics = new ColumnStatistics();
  for (const row of rows) statistics.add(row[column] ?? '');
  return statistics.values();
}

/** The first and the last of some columns, over all rows of a file. */
export async function describeEnds(
  { path, delimiter, names, columns }: TableSample,
  first: number,
  last: number,
): Promise<readonly [ColumnValues, ColumnValues]> {
  const [ofFirst, ofLast] = [new ColumnStatistics(), new ColumnStatistics()];
  let isFirstLine = true;
  for await (const { bytes } of readLines(path)) {
    const isNames = isFirstLine && names !== undefined;
    isFirstLine = false;
    if (isNames) continue;
    const ends = pickFields(bytes, delimiter, columns, first, last);
    if (ends === undefined) continue;
    ofFirst.add(ends[0]);
    ofLast.add(ends[1]);
  }
  return [ofFirst.values(), ofLast.values()];
}

/** Two fields of a line: most of it need not become text. Undefined if it has another number of fields. */
function pickFields(
  line: Buffer,
  delimiter: string,
  columns: number,
  first: number,
  last: number,
): readonly [string, string] | undefined {
  const separator = delimiter.charCodeAt(0);
  let [ofFirst, ofLast, column] = ['', '', 0];
  for (let start = 0; start <= line.length; column++) {
    const end = fieldEnd(line, start, separator);
    if (end === undefined) return undefined;
    if (column === first) ofFirst = fieldText(line, start, end);
    if (column === last) ofLast = fieldText(line, start, end);
    start = end + 1;
  }
  return column === columns ? [ofFirst, ofLast] : undefined;
}

/** How much a column is like one of labels. */
export type Likeness = 'labels' | 'perhaps' | 'pixels';

/**
 * Labels are words, or whole numbers with several images each. Where they count the classes from 0 or 1 with hardly a gap, they
 * are hardly anything else, unless they are as many as shades.
 */
export function likenessOf({ count, areNumbers, areWhole, distinct, low, high }: ColumnValues): Likeness {
  if (distinct < 2) return 'pixels';
  if (!areNumbers) return 'labels';
  if (!areWhole || distinct > count / 2) return 'pixels';
  const gaps = high - low + 1 - distinct;
  const isCounted = (low === 0 || low === 1) && gaps <= Math.max(1, distinct / 10);
  return isCounted && distinct <= MOST_CLASSES && distinct <= count / 3 ? 'labels' : 'perhaps';
}

/** More distinct numbers than these may be shades. */
const MOST_CLASSES = 62;
