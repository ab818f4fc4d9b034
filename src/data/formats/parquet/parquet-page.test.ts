import type { PageHeader } from 'hyparquet/src/types.js';
import { describe, expect, it } from 'vitest';
import { type Column, decodePage, type PageValue } from './parquet-page.ts';

const required: Column = { path: ['label'], type: 'INT64', maxDefinition: 0 };
const optional: Column = { path: ['image', 'bytes'], type: 'BYTE_ARRAY', maxDefinition: 2 };

const levelled = (levels: readonly number[], values: readonly number[]): Buffer =>
  Buffer.from([levels.length, 0, 0, 0, ...levels, ...values]);

/** An uncompressed page of the first version. */
const decode = (
  column: Column,
  content: Buffer,
  {
    count,
    encoding = 'PLAIN',
    rowsLeft = 100,
  }: { count: number; encoding?: 'PLAIN' | 'RLE_DICTIONARY' | 'DELTA_BYTE_ARRAY'; rowsLeft?: number },
  dictionary?: readonly PageValue[],
): unknown => {
  const header: PageHeader = {
    type: 'DATA_PAGE',
    uncompressed_page_size: content.length,
    compressed_page_size: content.length,
    data_page_header: {
      num_values: count,
      encoding,
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
    },
  };
  return decodePage(header, content, (bytes) => bytes, column, dictionary, rowsLeft);
};

const NUMBERS = [10n, 20n, 30n, 40n, 50n];

describe('decodePage', () => {
  it('decodes plain numbers', () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(-3n, 8);
    expect(decode(required, bytes, { count: 2 })).toEqual({ kind: 'data', values: [0n, -3n] });
  });

  it('puts null where a value or its group is missing', () => {
    // Two bit-packed groups of levels 2, 0, 1, 2 …, then the two values.
    const content = levelled([3, 0b10_01_00_10, 0], [1, 0, 0, 0, 65, 2, 0, 0, 0, 66, 67]);
    expect(decode(optional, content, { count: 4 })).toEqual({
      kind: 'data',
      values: [Buffer.from('A'), null, null, Buffer.from('BC')],
    });
  });

  it('decodes runs and bit-packed groups of indices', () => {
    // 3 bits: a run of four times entry 4, then a group with entries 0, 1, 2.
    const content = Buffer.from([3, 8, 4, 3, 0b10_001_000, 0, 0]);
    expect(decode(required, content, { count: 7, encoding: 'RLE_DICTIONARY' }, NUMBERS)).toEqual({
      kind: 'data',
      values: [50n, 50n, 50n, 50n, 10n, 20n, 30n],
    });
  });

  it.each<[string, Column, Buffer, Parameters<typeof decode>[2], string]>([
    [
      'more values than rows',
      required,
      Buffer.alloc(8),
      { count: 2 ** 31 - 1 },
      '2147483647 values, but 100 rows are left',
    ],
    ['a negative count', required, Buffer.alloc(8), { count: -1 }, '-1 values, but 100 rows are left'],
    ['more values than bytes', required, Buffer.alloc(8), { count: 2 }, '2 values in 8 bytes'],
    [
      'a value beyond its end',
      { ...optional, maxDefinition: 0 },
      Buffer.from([9, 0, 0, 0, 1]),
      { count: 1 },
      'a value of 9 bytes beyond its end',
    ],
    ['levels beyond its end', optional, Buffer.from([9, 0, 0, 0, 1]), { count: 1 }, 'definition levels beyond its end'],
    [
      'an index beyond the dictionary',
      required,
      Buffer.from([3, 2, 7]),
      { count: 1, encoding: 'RLE_DICTIONARY' },
      'entry 7 of a dictionary of 5',
    ],
    [
      'a group beyond its end',
      required,
      Buffer.from([3, 5, 0]),
      { count: 16, encoding: 'RLE_DICTIONARY' },
      'a run beyond its end',
    ],
    [
      'a run of nothing',
      required,
      Buffer.from([3, 0, 0]),
      { count: 1, encoding: 'RLE_DICTIONARY' },
      'a run of length 0',
    ],
    [
      'a run length without end',
      required,
      Buffer.alloc(20, 0xff).fill(3, 0, 1),
      { count: 1, encoding: 'RLE_DICTIONARY' },
      'a run length without end',
    ],
    [
      'another encoding',
      required,
      Buffer.alloc(8),
      { count: 1, encoding: 'DELTA_BYTE_ARRAY' },
      'the encoding DELTA_BYTE_ARRAY is not read',
    ],
  ])('refuses %s', (_, column, content, options, message) => {
    expect(() => decode(column, content, options, NUMBERS)).toThrow(message);
  });

  it('gives no more values than announced, however long a run claims to be', () => {
    const content = Buffer.from([3, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1]);
    expect(decode(required, content, { count: 3, encoding: 'RLE_DICTIONARY' }, NUMBERS)).toEqual({
      kind: 'data',
      values: [20n, 20n, 20n],
    });
  });
});
