// The lines and fields of a CSV file, plain or gzip-compressed. Lines come one by one: the file may be larger than memory.

import { fileFailure } from '../../../files/file-failure.ts';
import { formatError, reasonOf } from '../../../files/format-error.ts';
import { decodePieces } from '../../containers/decode-text.ts';
import { openGunzipped } from '../../containers/gunzip.ts';

export interface CsvLine {
  /** Counted from 1, the header included. */
  readonly row: number;
  /** UTF-8, without the end of the line. */
  readonly bytes: Buffer;
}

/** Bytes: more than 1024 × 1024 × 3 numbers of up to three digits, each with a comma. */
const LONGEST_LINE = 16 * 2 ** 20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
export const QUOTE = 0x22;

/**
 * Yields the lines that are not empty, in UTF-8 whatever the encoding of the file.
 *
 * @param report  is called with a sentence for the user once the encoding turns out to be a guess.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} with the row, for damaged compression or a line of more than 16 MiB; with the byte offset, for
 *   text that cannot be decoded, see `decodeText`.
 */
export async function* readLines(path: string, report: (note: string) => void = () => {}): AsyncGenerator<CsvLine> {
  let row = 1;
  let pending: Buffer[] = [];
  let pendingLength = 0;
  const take = (end: Buffer): Buffer => {
    const line = pending.length === 0 ? end : Buffer.concat([...pending, end]);
    [pending, pendingLength] = [[], 0];
    return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
  };
  try {
    for await (const chunk of decodePieces(path, await openGunzipped(path), report)) {
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

/** Comma, semicolon or tab, whichever separates the most fields; a comma if none does. */
export function delimiterOf(line: Buffer): string {
  const count = (delimiter: string): number => splitFields(line, delimiter)?.length ?? 0;
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best));
}

/**
 * The fields of a line, without their quotes and the spaces around them (RFC 4180, but no line break within quotes).
 *
 * @returns undefined if a quoted field does not end in the line.
 */
export function splitFields(line: Buffer, delimiter: string): string[] | undefined {
  const separator = delimiter.charCodeAt(0);
  const fields: string[] = [];
  for (let start = 0; start <= line.length; ) {
    const end = fieldEnd(line, start, separator);
    if (end === undefined) return undefined;
    fields.push(fieldText(line, start, end));
    start = end + 1;
  }
  return fields;
}

/** For a message. */
export const UNCLOSED_QUOTE = 'a quoted field does not end in its line';

/**
 * The position of the delimiter after the field that starts at `start`, or the length of the line. A quote counts only at
 * the start of a field.
 *
 * @returns undefined if the field begins with a quote that is never closed.
 */
export function fieldEnd(line: Buffer, start: number, separator: number): number | undefined {
  let at = start;
  while (line[at] === SPACE) at++;
  if (line[at] === QUOTE) {
    do {
      // For fields as short as most are, `indexOf` takes several times as long.
      for (at++; line[at] !== QUOTE; at++) if (at >= line.length) return undefined;
      at++;
      // Two quotes stand for one.
    } while (line[at] === QUOTE);
  }
  while (at < line.length && line[at] !== separator) at++;
  return at;
}

/** The text of the field from `start` to `end`, without its quotes and the spaces around it. */
export function fieldText(line: Buffer, start: number, end: number): string {
  const text = line.toString('utf8', start, end).trim();
  if (!text.startsWith('"')) return text;
  const [, quoted = '', rest = ''] = /^"([^"]*(?:""[^"]*)*)"(.*)$/s.exec(text) ?? [];
  return `${quoted.replaceAll('""', '"')}${rest}`.trim();
}
