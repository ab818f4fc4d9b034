// Tables of text: CSV with any separator, JSON lines, and plain lists. Every cell becomes text.

import { type CsvError, parse } from 'csv-parse/sync';
import { formatError, reasonOf } from '../../files/format-error.ts';
import { decodeText } from '../containers/decode-text.ts';
import { IMAGE_EXTENSIONS } from '../pixels/image-formats.ts';

export interface TableRow {
  /** Counted from 1 in the file, the header included. */
  readonly row: number;
  readonly cells: readonly string[];
}

export interface Table {
  /** As it is called in the tree, for messages and roles. */
  readonly file: string;
  /** Undefined if the first row is not a header, as far as names of columns tell. */
  readonly header: readonly string[];
  /** Counted from 1; 1 where there is no such row. */
  readonly headerRow?: number;
  readonly rows: readonly TableRow[];
  readonly notes: readonly string[];
}

export interface TableOptions {
  /** Reads no more than about this many rows. */
  readonly rows?: number;
  /** Whether names in a list with blanks between its cells have blanks themselves, and end where their ending does. */
  readonly blanksInNames?: boolean;
}

export const isTableName = (file: string): boolean => /\.(csv|tsv|jsonl|ndjson|txt)$/i.test(file);

/**
 * Parses a table. The first row counts as the header; see `withoutHeader`.
 *
 * @param where  the path, for messages.
 * @throws {DataFormatError} with the row, for a line that is not JSON, or a quote that is not closed.
 */
export function parseTable(
  file: string,
  bytes: Uint8Array,
  where: string,
  { rows = Number.POSITIVE_INFINITY, blanksInNames = false }: TableOptions = {},
): Table {
  const { text: whole, note } = decodeText(Number.isFinite(rows) ? headOf(bytes, rows) : bytes, where);
  // A hint for Excel. The row stays, empty, so that rows keep their numbers.
  const text = whole.replace(/^(\uFEFF?)"?sep=."?(?=\r?\n)/i, '$1');
  const notes = note === undefined ? [] : [note];
  if (/\.(jsonl|ndjson)$/i.test(file)) return { file, notes, ...parseJsonLines(text, where, rows) };
  const isList = /\.txt$/i.test(file);
  const separator = separatorOf(text, isList);
  const isBlank = separator === ' ' && !text.includes('"');
  const blanks = blanksInNames ? quoteNames(text) : text.replace(/ +/g, ' ');
  const records = parseRecords(isBlank ? blanks : text, separator, isList, where, rows);
  const [header = { row: 1, cells: [] }, ...others] = records;
  return { file, notes, header: header.cells, headerRow: header.row, rows: others };
}

/** The same table if its first row is data: columns are then called by their numbers, from 1. */
export function withoutHeader(table: Table): Table {
  const first = { row: table.headerRow ?? 1, cells: table.header };
  return { ...table, header: table.header.map((_, column) => String(column + 1)), rows: [first, ...table.rows] };
}

/** For messages and notes: `column label`, or `column 2` without a header. */
export const columnText = (name: string): string =>
  /^\d+$/.test(name) ? `column ${name}` : `column ${JSON.stringify(name)}`;

/** Bytes of about this many lines, cut at the end of a line. */
function headOf(bytes: Uint8Array, rows: number): Uint8Array {
  const LINE = 2 ** 10;
  if (bytes.length <= rows * LINE) return bytes;
  const end = bytes.lastIndexOf(0x0a, rows * LINE);
  // The two bytes of a character of UTF-16 stay together.
  return bytes.subarray(0, end < 0 ? rows * LINE : end + (bytes[end + 1] === 0 ? 2 : 1));
}

/** The sign that separates the most cells of the first line; blanks in a list that has none of them. */
function separatorOf(text: string, isList: boolean): string {
  const line = /^(?:[\uFEFF\s]*#[^\r\n]*)*[\uFEFF\s]*([^\r\n]*)/.exec(text)?.[1] ?? '';
  const outside = line.replace(/"[^"]*"/g, '');
  const count = (separator: string): number => outside.split(separator).length;
  const best = [',', ';', '\t', '|'].reduce((a, b) => (count(b) > count(a) ? b : a));
  return isList && count(best) === 1 ? ' ' : best;
}

/** A list without quotes whose names have blanks in them: each goes to its ending. */
function quoteNames(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => {
      const [, name, rest = ''] = NAME_WITH_BLANKS.exec(line) ?? [];
      return name === undefined ? line : `"${name}" ${rest}`.trim();
    })
    .join('\n');
}

const ENDINGS = [...IMAGE_EXTENSIONS].map((ending) => ending.slice(1)).join('|');
const NAME_WITH_BLANKS = new RegExp(`^(.*\\.(?:${ENDINGS}))(?:\\s+(.*))?$`, 'i');

function parseRecords(text: string, separator: string, isList: boolean, where: string, rows: number): TableRow[] {
  try {
    const records: TableRow[] = [];
    parse(text, {
      delimiter: separator,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_quotes: true,
      relax_column_count: true,
      ...(isList && { comment: '#', comment_no_infix: true }),
      on_record: (cells: string[], { lines }) => {
        records.push({ row: lines, cells });
        return null;
      },
      ...(Number.isFinite(rows) && { to: rows }),
    });
    return records;
  } catch (cause) {
    const row = (cause as Partial<CsvError>).lines;
    const what = `the table cannot be read (${reasonOf(cause)})`;
    throw formatError(where, { row: typeof row === 'number' ? row : 1 }, what, 'mend the row', cause);
  }
}

function parseJsonLines(text: string, where: string, limit: number): Pick<Table, 'header' | 'rows'> {
  const objects: { row: number; value: Readonly<Record<string, unknown>> }[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (objects.length >= limit) break;
    if (line.trim() === '') continue;
    objects.push({ row: i + 1, value: parseObject(line, i + 1, where) });
  }
  const header = [...new Set(objects.flatMap(({ value }) => Object.keys(value)))];
  return {
    header,
    rows: objects.map(({ row, value }) => ({ row, cells: header.map((key) => cellText(value[key])) })),
  };
}

function parseObject(line: string, row: number, where: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw formatError(where, { row }, `the line is not JSON (${reasonOf(cause)})`, 'mend or remove the line', cause);
  }
  throw formatError(where, { row }, 'the line is not a JSON object', 'write one object of names and values per line');
}

function cellText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
