// The content of an entry of a zip archive. Sizes are checked before anything is inflated, and the check sum after: pixels
// show no other sign of damage.

import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, createInflateRaw, inflateRaw } from 'node:zlib';
import type { DataFormatError } from '../../errors.ts';
import { formatError, reasonOf } from '../../files/format-error.ts';
import { createUnnamedFile, type UnnamedFile } from '../../files/unnamed-file.ts';
import type { ZipEntry } from './zip-directory.ts';
import { COPY_AGAIN, PIECE, readAt, type ZipSource } from './zip-source.ts';

const LOCAL = { signature: 0x04034b50, size: 30 };
/** Two bits of a deflated stream give at most 258 bytes. */
const LARGEST_RATIO = 1032;

/**
 * @param largest  size in bytes of the largest entry that is read.
 * @throws {DataFormatError} with the byte offset, if it is damaged, or larger than it says or than is read.
 */
export async function readEntry(source: ZipSource, name: string, entry: ZipEntry, largest: number): Promise<Buffer> {
  const { method, compressedSize, size, crc } = entry;
  const { start, fail } = await findContent(source, name, entry);
  if (size > largest) {
    throw fail(`has ${size} bytes, more than the ${largest} that are read into memory`, 'split the data');
  }
  const bytes = await readAt(source, start, compressedSize);
  const content = method === 0 ? bytes : await inflate(bytes, size, fail);
  checkContent(content.length, crc32(content), { size, crc }, fail);
  return content;
}

/** As `readEntry`, for what memory should not hold: puts the content in a file without a name in `folder`. */
export async function storeEntry(
  source: ZipSource,
  name: string,
  entry: ZipEntry,
  folder: string,
): Promise<UnnamedFile> {
  const { method, compressedSize, size, crc } = entry;
  const { start, fail } = await findContent(source, name, entry);
  const end = start + compressedSize;
  if (end > source.size) await readAt(source, start, compressedSize);
  const bytes = source.stream(start, end);
  const content: AsyncIterable<Buffer> =
    method === 0 ? bytes : pipeline(bytes, createInflateRaw({ chunkSize: PIECE }), () => {});
  const stored = createUnnamedFile(folder);
  let sum = 0;
  try {
    for await (const piece of content) {
      if (stored.size() + piece.length > size) throw tooLarge(size, fail);
      stored.append(piece);
      sum = crc32(piece, sum);
    }
  } catch (cause) {
    const isOfZlib = cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_');
    throw isOfZlib ? fail(`is damaged (${reasonOf(cause)})`, COPY_AGAIN, cause) : cause;
  }
  checkContent(stored.size(), sum, { size, crc }, fail);
  return stored;
}

/** Where the bytes of an entry start that is not compressed. @throws {DataFormatError} as `readEntry` does. */
export async function startOfEntry(source: ZipSource, name: string, entry: ZipEntry): Promise<number> {
  const { start } = await findContent(source, name, entry);
  if (start + entry.size > source.size) await readAt(source, start, entry.size);
  return start;
}

type Fail = (what: string, cure?: string, cause?: unknown) => DataFormatError;

/** Checks what the directory says of an entry, and finds where its bytes start. */
async function findContent(
  source: ZipSource,
  name: string,
  { method, compressedSize, size, offset }: ZipEntry,
): Promise<{ readonly start: number; readonly fail: Fail }> {
  const fail: Fail = (what, cure = COPY_AGAIN, cause) =>
    formatError(source.path, { offset }, `${name} ${what}`, cure, cause);
  if (method !== 0 && method !== 8) {
    throw fail(`is compressed by method ${method}, only 0 (stored) and 8 (deflated) are read`, 'compress it again');
  }
  if (method === 0 ? size !== compressedSize : size > compressedSize * LARGEST_RATIO) {
    throw fail(`claims to have ${size} bytes, more than its ${compressedSize} bytes in the archive can give`);
  }
  const header = await readAt(source, offset, LOCAL.size);
  if (header.readUInt32LE(0) !== LOCAL.signature) throw fail('is not where the directory says');
  return { start: offset + LOCAL.size + header.readUInt16LE(26) + header.readUInt16LE(28), fail };
}

function checkContent(length: number, sum: number, { size, crc }: Pick<ZipEntry, 'size' | 'crc'>, fail: Fail): void {
  if (length !== size) throw fail(`has ${length} bytes, but ${size} were announced`);
  if (sum !== crc) throw fail('is damaged: its check sum does not match');
}

const tooLarge = (size: number, fail: Fail, cause?: unknown): DataFormatError =>
  fail(`inflates to more than the ${size} bytes that were announced`, COPY_AGAIN, cause);

async function inflate(bytes: Buffer, size: number, fail: Fail): Promise<Buffer> {
  try {
    // One more than announced, so that what is too large shows.
    return await promisify(inflateRaw)(bytes, { maxOutputLength: size + 1 });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(size, fail, cause);
    }
    throw fail(`is damaged (${reasonOf(cause)})`, COPY_AGAIN, cause);
  }
}
