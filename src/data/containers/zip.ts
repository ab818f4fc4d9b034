// Reads entries of a zip archive in place, by name. Nothing is written under the name of an entry, so none can land
// anywhere. Sizes are checked before anything is inflated, and the check sum after: pixels show no other sign of damage.

import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, createInflateRaw, inflateRaw } from 'node:zlib';
import type { DataFormatError } from '../../errors.ts';
import { fileFailure } from '../../files/file-failure.ts';
import { formatError, reasonOf } from '../../files/format-error.ts';
import { LARGEST_ARRAY } from '../../files/memory-limit.ts';
import { readRange } from '../../files/read-range.ts';
import { createUnnamedFile, type UnnamedFile } from '../../files/unnamed-file.ts';
import { decodeEntryName, findExtraField } from './zip-fields.ts';

export interface ZipArchive {
  readonly names: readonly string[];
  /**
   * @returns the content, or undefined if there is no such entry.
   * @throws {DataFormatError} with the byte offset, if it is damaged or larger than it says or than memory holds.
   */
  read(name: string): Promise<Buffer | undefined>;
  /** The size of the content in bytes, as the directory has it. */
  sizeOf(name: string): number | undefined;
  /** As `read`, for what memory should not hold: puts the content in a file without a name in `folder`. */
  store(name: string, folder: string): Promise<UnnamedFile | undefined>;
}

/**
 * Opens an archive while `use` runs. ZIP64 is read. Encryption, several disks, and methods other than "stored" and
 * "deflated" are not.
 *
 * @param largestEntry  size in bytes of the largest entry that is read.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} if it is not a zip archive, or its directory is damaged.
 * @see APPNOTE.TXT 6.3.10 of PKWARE, sections 4.3.7, 4.3.12 to 4.3.16, 4.5.3.
 */
export async function withZip<T>(
  path: string,
  use: (archive: ZipArchive) => Promise<T>,
  largestEntry = LARGEST_ARRAY,
): Promise<T> {
  const file = await open(path).catch((error: unknown) => {
    throw fileFailure('read', path, error);
  });
  try {
    const source = { path, file, size: (await file.stat()).size, largestEntry };
    const entries = parseDirectory(path, await findDirectory(source));
    return await use({
      names: [...entries.keys()],
      read: async (name) => {
        const entry = entries.get(name);
        return entry === undefined ? undefined : readEntry(source, name, entry);
      },
      sizeOf: (name) => entries.get(name)?.size,
      store: async (name, folder) => {
        const entry = entries.get(name);
        return entry === undefined ? undefined : storeEntry(source, name, entry, folder);
      },
    });
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileFailure('read', path, error) : error;
  } finally {
    await file.close();
  }
}

interface Source {
  readonly path: string;
  readonly file: FileHandle;
  readonly size: number;
  readonly largestEntry: number;
}

interface Directory {
  readonly bytes: Buffer;
  readonly start: number;
  readonly count: number;
}

interface Entry {
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
  /** Where its local header starts in the file. */
  readonly offset: number;
}

const END = { signature: 0x06054b50, size: 22, longestComment: 0xffff };
const END_64 = { signature: 0x06064b50, size: 56, locator: 0x07064b50, locatorSize: 20 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
const ENCRYPTED_FLAG = 1;
/** Number of the extra field. */
const ZIP64_FIELD = 1;
const LARGEST_DIRECTORY = 64 * 2 ** 20;
/** Two bits of a deflated stream give at most 258 bytes. */
const LARGEST_RATIO = 1032;
const COPY_AGAIN = 'copy the file again';
/** Bytes inflated at once. */
const PIECE = 2 ** 20;

async function readAt({ path, file, size }: Source, offset: number, length: number): Promise<Buffer> {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw formatError(path, { offset: size }, `it ends here, bytes up to ${offset + length} are needed`, COPY_AGAIN);
  }
  return readRange(path, file, offset, length);
}

async function findDirectory(source: Source): Promise<Directory> {
  const { path, size } = source;
  const tailStart = Math.max(0, size - END.size - END.longestComment - END_64.locatorSize);
  const tail = await readAt(source, tailStart, size - tailStart);
  let at = tail.length - END.size;
  while (at >= 0 && tail.readUInt32LE(at) !== END.signature) at--;
  if (at < 0) {
    throw formatError(
      path,
      { offset: size },
      'not a zip archive, or cut off: the directory at its end is missing',
      COPY_AGAIN,
    );
  }
  let [count, length, start] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const locator = at - END_64.locatorSize;
  if (locator >= 0 && tail.readUInt32LE(locator) === END_64.locator) {
    const end = await readAt(source, readSize(path, tail, locator + 8, tailStart), END_64.size);
    if (end.readUInt32LE(0) !== END_64.signature) {
      throw formatError(
        path,
        { offset: tailStart + locator },
        'the ZIP64 directory is not where it should be',
        COPY_AGAIN,
      );
    }
    count = readSize(path, end, 32, 0);
    length = readSize(path, end, 40, 0);
    start = readSize(path, end, 48, 0);
  }
  if (length > LARGEST_DIRECTORY) {
    throw formatError(
      path,
      { offset: tailStart + at },
      `a directory of ${length} bytes, at most ${LARGEST_DIRECTORY} are read`,
      COPY_AGAIN,
    );
  }
  return { bytes: await readAt(source, start, length), start, count };
}

/** A 64-bit number; `base` is where `bytes` starts in the file. */
function readSize(path: string, bytes: Buffer, at: number, base: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw formatError(path, { offset: base + at }, `a size of ${value} bytes`, COPY_AGAIN);
}

function parseDirectory(path: string, { bytes, start, count }: Directory): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const offset = start + at;
    if (at + CENTRAL.size > bytes.length || bytes.readUInt32LE(at) !== CENTRAL.signature) {
      throw formatError(path, { offset }, `the directory has no entry here, though it announces ${count}`, COPY_AGAIN);
    }
    const nameEnd = at + CENTRAL.size + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const end = extraEnd + bytes.readUInt16LE(at + 32);
    if (end > bytes.length) throw formatError(path, { offset }, 'the directory is cut off in this entry', COPY_AGAIN);
    const flags = bytes.readUInt16LE(at + 8);
    const extra = bytes.subarray(nameEnd, extraEnd);
    const host = bytes.readUInt8(at + 5);
    const name = decodeEntryName({ bytes: bytes.subarray(at + CENTRAL.size, nameEnd), flags, host, extra });
    if (flags & ENCRYPTED_FLAG) {
      throw formatError(path, { offset }, `the entry ${name} is encrypted`, 'give an archive without password');
    }
    if (entries.has(name)) {
      throw formatError(path, { offset }, `a second entry ${name}`, 'give an archive with one of them');
    }
    const long = longSizes(path, extra, start + nameEnd);
    const sizeAt = (position: number): number => {
      const value = bytes.readUInt32LE(at + position);
      return value === 0xffffffff ? long() : value;
    };
    // In the order in which the long forms follow one another.
    const size = sizeAt(24);
    const compressedSize = sizeAt(20);
    entries.set(name, {
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      size,
      compressedSize,
      offset: sizeAt(42),
    });
    at = end;
  }
  return entries;
}

/** Gives the numbers of the ZIP64 field one after another; `base` is where the extra fields start in the file. */
function longSizes(path: string, extra: Buffer, base: number): () => number {
  const field = findExtraField(extra, ZIP64_FIELD) ?? Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at + 8 > field.length) throw formatError(path, { offset: base }, 'a ZIP64 size is missing', COPY_AGAIN);
    at += 8;
    return readSize(path, field, at - 8, base);
  };
}

type Fail = (what: string, cure?: string, cause?: unknown) => DataFormatError;

/** Checks what the directory says of an entry, and finds where its bytes start. */
async function findContent(
  source: Source,
  name: string,
  { method, compressedSize, size, offset }: Entry,
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

async function readEntry(source: Source, name: string, entry: Entry): Promise<Buffer> {
  const { method, compressedSize, size, crc } = entry;
  const { start, fail } = await findContent(source, name, entry);
  if (size > source.largestEntry) {
    throw fail(`has ${size} bytes, more than the ${source.largestEntry} that are read into memory`, 'split the data');
  }
  const bytes = await readAt(source, start, compressedSize);
  const content = method === 0 ? bytes : await inflate(bytes, size, fail);
  checkContent(content.length, crc32(content), { size, crc }, fail);
  return content;
}

async function storeEntry(source: Source, name: string, entry: Entry, folder: string): Promise<UnnamedFile> {
  const { method, compressedSize, size, crc } = entry;
  const { start, fail } = await findContent(source, name, entry);
  const end = start + compressedSize;
  if (end > source.size) await readAt(source, start, compressedSize);
  const bytes = source.file.createReadStream({ start, end: end - 1, autoClose: false, highWaterMark: PIECE });
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

function checkContent(length: number, sum: number, { size, crc }: Pick<Entry, 'size' | 'crc'>, fail: Fail): void {
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
