// The directory of a zip archive: what it holds and where.

import { formatError } from '../../files/format-error.ts';
import { type DecodedName, decodeEntryName, findExtraField } from './zip-fields.ts';
import { COPY_AGAIN, readAt, type ZipSource } from './zip-source.ts';

export interface ZipEntry {
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
  /** Where its local header starts in the archive. */
  readonly offset: number;
  readonly nameEncoding: DecodedName['encoding'];
}

/**
 * The entries of an archive by name. ZIP64 is read. Encryption and several disks are not.
 *
 * @throws {DataFormatError} if it is not a zip archive, or its directory is damaged.
 */
export async function readZipDirectory(source: ZipSource): Promise<ReadonlyMap<string, ZipEntry>> {
  return parseDirectory(source.path, await findDirectory(source));
}

interface Directory {
  readonly bytes: Buffer;
  readonly start: number;
  readonly count: number;
}

const END = { signature: 0x06054b50, size: 22, longestComment: 0xffff };
const END_64 = { signature: 0x06064b50, size: 56, locator: 0x07064b50, locatorSize: 20 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const ENCRYPTED_FLAG = 1;
/** Number of the extra field. */
const ZIP64_FIELD = 1;
const LARGEST_DIRECTORY = 64 * 2 ** 20;

async function findDirectory(source: ZipSource): Promise<Directory> {
  const { path, size } = source;
  const tailStart = Math.max(0, size - END.size - END.longestComment - END_64.locatorSize);
  const tail = await readAt(source, tailStart, size - tailStart);
  let at = tail.length - END.size;
  while (at >= 0 && tail.readUInt32LE(at) !== END.signature) at--;
  if (at < 0) throw await notZip(source);
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

/** What else is called `.zip`: the file's first bytes, in Latin-1. */
const OTHERS: readonly (readonly [start: RegExp, kind: string, cure: string])[] = [
  [/^Rar!/, 'a RAR archive', 'unpack it (7z x), and give the folder'],
  [/^7z\xbc\xaf/, 'a 7z archive', 'unpack it (7z x), and give the folder'],
  [/^.\x8b/, 'compressed by gzip', 'call it .tar.gz if it is a tar archive'],
  [/^\s*<(!doctype|html)/i, 'a web page', 'download the archive again, perhaps after signing in'],
];

async function notZip(source: ZipSource): Promise<Error> {
  const { path, size } = source;
  const start = (await readAt(source, 0, Math.min(size, 64))).toString('latin1');
  const [, kind, cure] = OTHERS.find(([signature]) => signature.test(start)) ?? [];
  if (kind !== undefined && cure !== undefined) {
    return formatError(path, { offset: 0 }, `not a zip archive, but ${kind}`, cure);
  }
  const what = 'not a zip archive, or cut off: the directory at its end is missing';
  return formatError(path, { offset: size }, what, COPY_AGAIN);
}

/** A 64-bit number; `base` is where `bytes` starts in the file. */
function readSize(path: string, bytes: Buffer, at: number, base: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw formatError(path, { offset: base + at }, `a size of ${value} bytes`, COPY_AGAIN);
}

function parseDirectory(path: string, { bytes, start, count }: Directory): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
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
    const nameBytes = bytes.subarray(at + CENTRAL.size, nameEnd);
    const decoded = decodeEntryName({ bytes: nameBytes, flags, extra });
    if (decoded === undefined) {
      const what = `the name ${JSON.stringify(nameBytes.toString('latin1'))} is marked as UTF-8, but is not`;
      throw formatError(path, { offset }, what, 'make the archive again, or unpack it and give the folder');
    }
    const { name, encoding: nameEncoding } = decoded;
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
      nameEncoding,
    });
    at = end;
  }
  // A signature may follow. More entries than are announced would be lost without a word.
  if (at + 4 <= bytes.length && bytes.readUInt32LE(at) === CENTRAL.signature) {
    const what = `the directory goes on here, though it announces no more than ${count}`;
    throw formatError(path, { offset: start + at }, what, COPY_AGAIN);
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
