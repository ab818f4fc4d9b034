// One page of a Parquet column → its values. Every count is checked against the rows that are left, every length against
// the bytes of the page.

import type { PageHeader } from 'hyparquet/src/types.js';
import { integerPower } from '../../../arithmetic/power.ts';
import { readDeltaLengths, readDeltaStrings, readDeltas } from './parquet-deltas.ts';

/** A column without lists. */
export interface Column {
  readonly path: readonly string[];
  readonly type: 'BYTE_ARRAY' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE' | 'BOOLEAN';
  /** How many of the value and the groups around it may be missing. */
  readonly maxDefinition: number;
}

export type PageValue = Uint8Array | number | bigint | null;

export type ColumnPage =
  | { readonly kind: 'dictionary' | 'data'; readonly values: readonly PageValue[] }
  | { readonly kind: 'other' };

type Inflate = (bytes: Buffer, length: number) => Uint8Array;

/** A page is whole, but its encoding is not read. */
export class UnreadEncoding extends Error {
  readonly encoding: string;

  constructor(encoding: string) {
    super(`the encoding ${encoding} is not read`);
    this.encoding = encoding;
  }
}

/**
 * Decodes a page of plain, dictionary-encoded or delta-encoded values, of either version.
 *
 * @param dictionary  the values of the dictionary page, if there was one.
 * @param rowsLeft    the most values that the page can have.
 * @throws {Error} if the page is not what its header says, or has another encoding.
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
export function decodePage(
  header: PageHeader,
  content: Buffer,
  inflate: Inflate,
  column: Column,
  dictionary: readonly PageValue[] | undefined,
  rowsLeft: number,
): ColumnPage {
  const { uncompressed_page_size: size, dictionary_page_header, data_page_header, data_page_header_v2 } = header;
  const wholly = (): Buffer => exactly(inflate(content, size), size);
  if (header.type === 'DICTIONARY_PAGE' && dictionary_page_header !== undefined) {
    return { kind: 'dictionary', values: readPlain(wholly(), column.type, dictionary_page_header.num_values) };
  }
  if (header.type === 'DATA_PAGE' && data_page_header !== undefined) {
    const { num_values, encoding } = data_page_header;
    checkCount(num_values, rowsLeft);
    const bytes = wholly();
    const levelsEnd = column.maxDefinition === 0 ? 0 : 4 + bytes.readUInt32LE(0);
    const levels = column.maxDefinition === 0 ? undefined : bytes.subarray(4, levelsEnd);
    if (levelsEnd > bytes.length) throw new Error('definition levels beyond its end');
    return {
      kind: 'data',
      values: readValues(bytes.subarray(levelsEnd), levels, num_values, encoding, column, dictionary),
    };
  }
  if (header.type === 'DATA_PAGE_V2' && data_page_header_v2 !== undefined) {
    const {
      num_values,
      encoding,
      definition_levels_byte_length: levelsLength,
      repetition_levels_byte_length: lists,
      is_compressed,
    } = data_page_header_v2;
    checkCount(num_values, rowsLeft);
    if (lists !== 0 || !(levelsLength >= 0 && levelsLength <= content.length)) throw new Error('levels beyond its end');
    const levels = column.maxDefinition === 0 ? undefined : content.subarray(0, levelsLength);
    const rest = content.subarray(levelsLength);
    const values = is_compressed === false ? rest : exactly(inflate(rest, size - levelsLength), size - levelsLength);
    return { kind: 'data', values: readValues(values, levels, num_values, encoding, column, dictionary) };
  }
  return { kind: 'other' };
}

function exactly(bytes: Uint8Array, size: number): Buffer {
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes, but ${size} were announced`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function checkCount(count: number, rowsLeft: number): void {
  if (!(Number.isInteger(count) && count >= 0 && count <= rowsLeft))
    throw new Error(`${count} values, but ${rowsLeft} rows are left`);
}

function readValues(
  bytes: Buffer,
  levels: Buffer | undefined,
  count: number,
  encoding: string | undefined,
  column: Column,
  dictionary: readonly PageValue[] | undefined,
): PageValue[] {
  const isThere =
    levels === undefined
      ? undefined
      : Array.from(readRuns(levels, bitsFor(column.maxDefinition), count), (level) => level === column.maxDefinition);
  const present = isThere === undefined ? count : isThere.filter(Boolean).length;
  const values = readPresent(bytes, present, encoding, column, dictionary);
  if (isThere === undefined) return values;
  let next = 0;
  return isThere.map((there) => (there ? (values[next++] ?? null) : null));
}

function readPresent(
  bytes: Buffer,
  count: number,
  encoding: string | undefined,
  { type }: Column,
  dictionary: readonly PageValue[] | undefined,
): PageValue[] {
  if (encoding === 'PLAIN') return readPlain(bytes, type, count);
  if (encoding === 'RLE' && type === 'BOOLEAN') {
    return [...readRuns(bytes.subarray(4, 4 + bytes.readUInt32LE(0)), 1, count)];
  }
  if (encoding === 'DELTA_BINARY_PACKED' && (type === 'INT32' || type === 'INT64')) {
    return readDeltas(bytes, count, type === 'INT64' ? 64 : 32).values;
  }
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY' && type === 'BYTE_ARRAY') return readDeltaLengths(bytes, count);
  if (encoding === 'DELTA_BYTE_ARRAY' && type === 'BYTE_ARRAY') return readDeltaStrings(bytes, count);
  if (encoding !== 'PLAIN_DICTIONARY' && encoding !== 'RLE_DICTIONARY') throw new UnreadEncoding(String(encoding));
  if (count === 0) return [];
  const indices = readRuns(bytes.subarray(1), bytes.readUInt8(0), count);
  return Array.from(indices, (index) => {
    const value = dictionary?.[index];
    if (value === undefined) throw new Error(`entry ${index} of a dictionary of ${dictionary?.length ?? 0}`);
    return value;
  });
}

function readPlain(bytes: Buffer, type: Column['type'], count: number): PageValue[] {
  // Bytes of the shortest value.
  const least = type === 'BOOLEAN' ? 1 / 8 : type === 'INT64' || type === 'DOUBLE' ? 8 : 4;
  if (!(Number.isInteger(count) && count >= 0 && count * least <= bytes.length))
    throw new Error(`${count} values in ${bytes.length} bytes`);
  const values: PageValue[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (type === 'BOOLEAN') values.push(((bytes[i >> 3] ?? 0) >> (i & 7)) & 1);
    else if (type === 'INT32') values.push(bytes.readInt32LE(4 * i));
    else if (type === 'INT64') values.push(bytes.readBigInt64LE(8 * i));
    else if (type === 'FLOAT') values.push(bytes.readFloatLE(4 * i));
    else if (type === 'DOUBLE') values.push(bytes.readDoubleLE(8 * i));
    else {
      const start = at + 4;
      at = start + bytes.readUInt32LE(at);
      if (at > bytes.length) throw new Error(`a value of ${at - start} bytes beyond its end`);
      values.push(bytes.subarray(start, at));
    }
  }
  return values;
}

const bitsFor = (largest: number): number => 32 - Math.clz32(largest);

/** Exactly `count` numbers from the hybrid of runs and bit-packed groups of eight. */
function readRuns(bytes: Buffer, bits: number, count: number): Uint32Array {
  if (bits > 32) throw new Error(`numbers of ${bits} bits`);
  const values = new Uint32Array(count);
  if (bits === 0) return values;
  const width = Math.ceil(bits / 8);
  let done = 0;
  let at = 0;
  while (done < count) {
    let header = 0;
    let shift = 0;
    for (let byte = 0x80; byte & 0x80; shift += 7) {
      if (shift > 28) throw new Error('a run length without end');
      byte = bytes.readUInt8(at++);
      header += (byte & 0x7f) * integerPower(2, shift);
    }
    const length = Math.floor(header / 2);
    if (length === 0) throw new Error('a run of length 0');
    if (header % 2 === 0) {
      values.fill(bytes.readUIntLE(at, width), done, Math.min(count, done + length));
      at += width;
      done += length;
    } else {
      const end = at + length * bits;
      if (end > bytes.length) throw new Error('a run beyond its end');
      const group = Math.min(count - done, length * 8);
      for (let i = 0; i < group; i++) values[done + i] = readBits(bytes, at * 8 + i * bits, bits);
      at = end;
      done += length * 8;
    }
  }
  return values;
}

function readBits(bytes: Buffer, start: number, bits: number): number {
  let value = 0;
  for (let bit = 0, place = 1; bit < bits; bit++, place *= 2) {
    const at = start + bit;
    value += (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) * place;
  }
  return value;
}
