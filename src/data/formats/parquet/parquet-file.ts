// A Parquet file's metadata, and its columns page by page. hyparquet reads metadata and page headers. Pages are decoded
// here, because hyparquet trusts the run lengths and counts in them: a damaged page could take all memory.

import { type FileHandle, open } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { compressors } from 'hyparquet-compressors';
import { DataFormatError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { formatError, reasonOf } from '../../../files/format-error.ts';
import { LARGEST_ARRAY } from '../../../files/memory-limit.ts';
import { readRange } from '../../../files/read-range.ts';
import { type Column, type ColumnPage, decodePage, type PageValue, UnreadEncoding } from './parquet-page.ts';

export interface ParquetFile {
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly rows: number;
  /**
   * The values of a column without lists, page by page in the order of rows; null where a row has none.
   *
   * @throws {DataFormatError} with the byte offset of a damaged page.
   */
  pages(column: Column): AsyncGenerator<readonly PageValue[]>;
}

/**
 * Opens a file while `use` runs.
 *
 * @throws {InvalidInputError} if it cannot be read.
 * @throws {DataFormatError} with the byte offset, if it is not a Parquet file, cut off or damaged.
 * @see https://parquet.apache.org/docs/file-format/
 */
export async function withParquet<T>(path: string, use: (file: ParquetFile) => Promise<T>): Promise<T> {
  const handle = await open(path).catch((error: unknown) => {
    throw fileFailure('read', path, error);
  });
  try {
    const size = (await handle.stat()).size;
    const metadata = await readMetadata(path, handle, size);
    const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    const pages = (column: Column): AsyncGenerator<readonly PageValue[]> =>
      readPages(path, handle, size, metadata, column);
    return await use({ path, metadata, rows, pages });
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileFailure('read', path, error) : error;
  } finally {
    await handle.close();
  }
}

const MAGIC = 'PAR1';
const COPY_AGAIN = 'copy the file again';
const LARGEST_FOOTER = 64 * 2 ** 20;
const LARGEST_PAGE = Math.min(LARGEST_ARRAY, 512 * 2 ** 20);

async function readAt(path: string, handle: FileHandle, size: number, offset: number, length: number): Promise<Buffer> {
  if (!(offset >= 0 && length >= 0 && offset + length <= size && length <= LARGEST_ARRAY)) {
    throw formatError(
      path,
      { offset: Math.min(size, Math.max(0, offset)) },
      `${length} bytes from byte ${offset} on are announced, but the file has ${size}`,
      COPY_AGAIN,
    );
  }
  return readRange(path, handle, offset, length);
}

async function readMetadata(path: string, handle: FileHandle, size: number): Promise<FileMetaData> {
  const tail = await readAt(path, handle, size, Math.max(0, size - 8), Math.min(8, size));
  if (tail.toString('latin1', tail.length - 4) !== MAGIC || size < 12) {
    throw formatError(
      path,
      { offset: Math.max(0, size - 4) },
      `not a Parquet file, or cut off: it does not end in ${MAGIC}`,
      COPY_AGAIN,
    );
  }
  const length = tail.readUInt32LE(0);
  const start = size - 8 - length;
  if (start < 4 || length > LARGEST_FOOTER) {
    throw formatError(
      path,
      { offset: size - 8 },
      `metadata of ${length} bytes is announced, but the file has ${size}`,
      COPY_AGAIN,
    );
  }
  const footer = await readAt(path, handle, size, start, length + 8);
  try {
    checkNumbers(footer);
    const metadata = parquetMetadata(new Uint8Array(footer), { geoparquet: false });
    for (const group of metadata.row_groups) {
      if (!(Number(group.num_rows) >= 0)) throw new Error(`a row group of ${group.num_rows} rows`);
    }
    return metadata;
  } catch (cause) {
    throw formatError(path, { offset: start }, `the metadata is damaged (${reasonOf(cause)})`, COPY_AGAIN, cause);
  }
}

/** A number ends with a byte below 128. Reading one without end would take quadratic time. */
function checkNumbers(footer: Buffer): void {
  let run = 0;
  for (const byte of footer) {
    run = byte < 0x80 ? 0 : run + 1;
    if (run > 10_000) throw new Error('a number without end');
  }
}

async function* readPages(
  path: string,
  handle: FileHandle,
  size: number,
  metadata: FileMetaData,
  column: Column,
): AsyncGenerator<readonly PageValue[]> {
  for (const group of metadata.row_groups) {
    const chunk = group.columns.find(
      ({ meta_data }) => meta_data?.path_in_schema.join('.') === column.path.join('.'),
    )?.meta_data;
    if (chunk === undefined) {
      throw formatError(path, { offset: size }, `a row group without the column ${column.path.join('.')}`, COPY_AGAIN);
    }
    const rows = Number(group.num_rows);
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const bytes = await readAt(path, handle, size, start, Number(chunk.total_compressed_size));
    let seen = 0;
    for (const values of decodeChunk(path, start, bytes, chunk.codec, column, rows)) {
      seen += values.length;
      yield values;
    }
    if (seen !== rows) {
      throw formatError(
        path,
        { offset: start },
        `${seen} values of ${column.path.join('.')}, but the row group has ${rows} rows`,
        COPY_AGAIN,
      );
    }
  }
}

function* decodeChunk(
  path: string,
  start: number,
  bytes: Buffer,
  codec: string,
  column: Column,
  rows: number,
): Generator<readonly PageValue[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = { view, offset: 0 };
  let dictionary: readonly PageValue[] | undefined;
  let left = rows;
  while (left > 0 && reader.offset < bytes.length) {
    const offset = start + reader.offset;
    let page: ColumnPage;
    try {
      const header = parquetHeader(reader);
      const { compressed_page_size: compressedSize, uncompressed_page_size: pageSize } = header;
      if (
        // A damaged header may hold text in the place of a number.
        !(
          Number.isInteger(compressedSize) &&
          Number.isInteger(pageSize) &&
          compressedSize >= 0 &&
          reader.offset + compressedSize <= bytes.length &&
          pageSize >= 0 &&
          pageSize <= LARGEST_PAGE
        )
      ) {
        throw new Error(`a page of ${compressedSize} bytes, inflated ${pageSize}`);
      }
      const content = bytes.subarray(reader.offset, reader.offset + compressedSize);
      reader.offset += compressedSize;
      page = decodePage(
        header,
        content,
        (compressed, length) => inflate(codec, compressed, length),
        column,
        dictionary,
        left,
      );
    } catch (cause) {
      if (cause instanceof DataFormatError) throw cause;
      if (cause instanceof UnreadEncoding) {
        const what = `${column.path.join('.')} has the encoding ${cause.encoding}, which is not read`;
        throw formatError(path, { offset }, what, 'write the file anew with plain or dictionary encoding', cause);
      }
      const what = `a page of ${column.path.join('.')} is damaged (${reasonOf(cause)})`;
      throw formatError(path, { offset }, what, COPY_AGAIN, cause);
    }
    if (page.kind === 'dictionary') dictionary = page.values;
    else if (page.kind === 'data') {
      left -= page.values.length;
      yield page.values;
    }
  }
}

/** Never more than `length` bytes. */
function inflate(codec: string, bytes: Buffer, length: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return bytes;
  // Node.js stops at a limit; hyparquet-compressors fills a buffer of the given length.
  if (codec === 'GZIP') return gunzipSync(bytes, { maxOutputLength: length + 1 });
  if (codec === 'BROTLI') return brotliDecompressSync(bytes, { maxOutputLength: length + 1 });
  const decompress = compressors[codec as keyof typeof compressors];
  if (decompress === undefined) throw new Error(`the compression ${codec} is not read`);
  return decompress(bytes, length);
}
