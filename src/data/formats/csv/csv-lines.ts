// Lines of a CSV file, plain or gzip-compressed, one after another: the file may be larger than memory.

import { fileFailure } from '../../../files/file-failure.ts';
import { formatError, reasonOf } from '../../../files/format-error.ts';
import { openContent } from '../../containers/gunzip.ts';

export interface CsvLine {
  /** Counted from 1, the header included. */
  readonly row: number;
  /** Without the end of the line. */
  readonly bytes: Buffer;
}

/** Longer than 1024 × 1024 × 3 numbers of up to four characters and a comma. */
const LONGEST_LINE = 16 * 2 ** 20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Gives the lines that are not empty, without a byte-order mark.
 *
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} with the row: damaged compression, a line of more than 16 MiB.
 */
export async function* readLines(path: string): AsyncGenerator<CsvLine> {
  let row = 1;
  let pending: Buffer[] = [];
  let pendingLength = 0;
  const take = (end: Buffer): Buffer => {
    const line = pending.length === 0 ? end : Buffer.concat([...pending, end]);
    [pending, pendingLength] = [[], 0];
    const withoutReturn = line.at(-1) === RETURN ? line.subarray(0, -1) : line;
    return row === 1 && withoutReturn.toString('latin1', 0, 3) === '\xef\xbb\xbf'
      ? withoutReturn.subarray(3)
      : withoutReturn;
  };
  try {
    for await (const chunk of await openContent(path)) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        const bytes = take(chunk.subarray(start, end));
        if (bytes.length > 0) yield { row, bytes };
        row++;
        start = end + 1;
      }
      if (start < chunk.length) pending.push(chunk.subarray(start));
      pendingLength += chunk.length - start;
      if (pendingLength > LONGEST_LINE) {
        throw formatError(
          path,
          { row },
          `a line of more than ${LONGEST_LINE} bytes`,
          'put each image on a line of its own',
        );
      }
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailure('read', path, error);
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    throw formatError(
      path,
      { row },
      `the gzip compression is damaged or cut off (${reasonOf(error)})`,
      'copy it again',
      error,
    );
  }
  const bytes = take(Buffer.alloc(0));
  if (bytes.length > 0) yield { row, bytes };
}

/** The most frequent of comma, semicolon and tab; a comma if there is none. */
export function delimiterOf(line: string): string {
  const count = (delimiter: string): number => line.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best));
}

/** Fields of a line, quotes removed (RFC 4180, but no line break within quotes) and spaces around them too. */
export function splitFields(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter).map((field) => field.trim());
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i] ?? '';
    if (letter === '"') {
      if (quoted && line[i + 1] === '"') field += line[++i];
      else quoted = !quoted;
    } else if (letter === delimiter && !quoted) {
      fields.push(field.trim());
      field = '';
    } else {
      field += letter;
    }
  }
  return [...fields, field.trim()];
}
