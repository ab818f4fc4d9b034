// Reads files out of a tar archive, compressed by gzip or not, in memory: nothing is written to disk, so no entry can land
// anywhere.

import { isUtf8 } from 'node:buffer';
import { fileFailure } from '../../files/file-failure.ts';
import { formatError, reasonOf } from '../../files/format-error.ts';
import { LARGEST_ARRAY } from '../../files/memory-limit.ts';
import { type Gunzipped, openMaybeCompressed } from './gunzip.ts';

const BLOCK = 512;
/** Writers fill the last record with zeros, about 10 KiB of them. */
const LARGEST_END = 2 ** 20;
const LARGEST_NAME = 2 ** 16;

export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * Reads the wanted ordinary files of a .tar.gz.
 *
 * @param isWanted  is given the last part of an entry's name.
 * @returns the contents by that name; the first of two files with the same name.
 * @throws as `tarFiles` does.
 */
export async function readTarGz(
  path: string,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const lastPart = (name: string): string => name.split('/').at(-1) ?? '';
  const isNew = (name: string): boolean => isWanted(lastPart(name)) && !files.has(lastPart(name));
  for await (const { name, content } of tarFiles(path, isNew, signal)) files.set(lastPart(name), content);
  return files;
}

/**
 * The wanted ordinary files of a .tar or .tar.gz, one after another. Links, devices and folders are passed over.
 *
 * @param isWanted  is given the whole name of each file.
 * @param onLink    is given the whole name of each link.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} with the byte offset in the inflated archive: damaged compression, a header whose check sum
 *   does not match, an end in the middle of a file, a name that is not UTF-8, a wanted file larger than what memory holds.
 * @see POSIX.1-2001, ustar and pax interchange formats; long names and large sizes also as GNU tar writes them.
 */
export async function* tarFiles(
  path: string,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
  onLink: (name: string) => void = () => {},
): AsyncGenerator<TarFile, void> {
  const input = await openBlocks(path);
  let described: Described = {};
  try {
    for (;;) {
      signal?.throwIfAborted();
      const header = await input.take(BLOCK);
      // Two blocks of zeros end an archive. Some writers leave them out; then compression tells that nothing was cut off.
      if (header === undefined && !input.isCompressed) throw cutOff(path, input.offset);
      if (header === undefined || header.every((byte) => byte === 0)) {
        // The check sum comes at the very end of the compressed bytes.
        await input.skip(LARGEST_END);
        return;
      }
      const headerOffset = input.offset - BLOCK;
      const { type, ...own } = parseHeader(header, path, headerOffset);
      const describesNext = (type === 'L' || type === 'x') && own.size <= LARGEST_NAME;
      const { name, size } = describesNext ? own : { ...own, ...described };
      const isFile = type === '' || type === '0';
      const text = name.toString();
      if ((isFile || LINKS.includes(type)) && !isUtf8(name)) throw undecodable(path, headerOffset, name);
      if (LINKS.includes(type)) onLink(text);
      const isTaken = describesNext || (isFile && isWanted(text));
      checkSize(path, headerOffset + SIZE.start, text, size, isTaken);
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const content = isTaken ? await input.take(padded) : await input.skip(padded);
      if (content === undefined && padded > 0) {
        throw formatError(path, { offset: input.offset }, `the archive ends in the middle of ${text}`, 'copy it again');
      }
      const bytes = content instanceof Buffer ? content.subarray(0, size) : undefined;
      described = describesNext && bytes !== undefined ? parseDescription(bytes, type) : {};
      if (!describesNext && bytes !== undefined) yield { name: text, content: bytes };
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileFailure('read', path, error);
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    throw formatError(
      path,
      { offset: input.offset },
      `the gzip compression is damaged or cut off (${reasonOf(error)})`,
      'copy it again',
      error,
    );
  } finally {
    await input.close();
  }
}

function cutOff(path: string, offset: number): Error {
  const [at, what] =
    offset < BLOCK
      ? [0, 'neither a tar archive nor compressed by gzip']
      : [offset, 'the archive does not end here, but was cut off'];
  return formatError(path, { offset: at }, what, 'copy it again');
}

/** Hard and symbolic. */
const LINKS = ['1', '2'];

interface TarHeader {
  readonly name: Buffer;
  readonly size: number;
  readonly type: string;
}

/** What one entry says of the next. */
interface Described {
  readonly name?: Buffer;
  readonly size?: number;
}

const SIZE = { start: 124, length: 12 };

function parseHeader(header: Buffer, path: string, offset: number): TarHeader {
  const fieldAt = (start: number, length: number): Buffer => untilZero(header.subarray(start, start + length));
  let sum = 0;
  // The check sum's own field counts as spaces.
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  if (parseNumber(header.subarray(148, 156)) !== sum) {
    throw formatError(path, { offset }, 'not a tar header: its check sum does not match', 'copy the file again');
  }
  const sizeField = header.subarray(SIZE.start, SIZE.start + SIZE.length);
  const size = parseNumber(sizeField);
  if (size === undefined) {
    const received = JSON.stringify(sizeField.toString('latin1'));
    throw formatError(path, { offset: offset + SIZE.start }, `the size ${received} is not a number`, 'copy it again');
  }
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? fieldAt(345, 155) : Buffer.alloc(0);
  const name = Buffer.concat([prefix, Buffer.from(prefix.length > 0 ? '/' : ''), fieldAt(0, 100)]);
  return { name, size, type: fieldAt(156, 1).toString('latin1') };
}

function untilZero(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

function undecodable(path: string, offset: number, name: Buffer): Error {
  const what = `the name ${JSON.stringify(name.toString('latin1'))} is not UTF-8`;
  const cure = 'unpack the archive, rename what is in it (convmv -f latin1 -t utf8 -r --notest .), and give the folder';
  return formatError(path, { offset }, what, cure);
}

/**
 * A number of a header: octal digits, or in base 256 after a byte of 0x80, which GNU tar writes where the digits do not
 * suffice.
 *
 * @returns 0 for an empty field; undefined if it is neither, or negative. Numbers from 2⁵³ on lose their last digits.
 */
function parseNumber(field: Buffer): number | undefined {
  if (field[0] === 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = field.toString('latin1').replace(/\0.*$/s, '').trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(`0${digits}`, 8) : undefined;
}

function checkSize(path: string, offset: number, name: string, size: number, isTaken: boolean): void {
  const largest = isTaken ? LARGEST_ARRAY : Number.MAX_SAFE_INTEGER;
  if (size <= largest) return;
  const received = Number.isSafeInteger(size) ? `${size} bytes` : '2⁵³ bytes or more';
  const what = `${name} has ${received}, at most ${largest} ${isTaken ? 'are read' : 'can be passed over'}`;
  throw formatError(path, { offset }, what, 'check how the archive was made');
}

/** In GNU's form (L: the name) or in pax records. */
function parseDescription(content: Buffer, type: string): Described {
  if (type === 'L') return { name: untilZero(content) };
  const text = content.toString('latin1');
  const [, name] = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text) ?? [];
  const [, size] = /(?:^|\n)\d+ size=(\d+)\n/.exec(text) ?? [];
  return {
    ...(name !== undefined && { name: Buffer.from(name, 'latin1') }),
    ...(size !== undefined && { size: Number(size) }),
  };
}

/** @throws {InvalidInputError} if the file cannot be read. */
async function openBlocks(path: string): Promise<Blocks> {
  try {
    return new Blocks(await openMaybeCompressed(path));
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

/** The inflated bytes, taken or skipped in pieces of any length. */
class Blocks {
  readonly isCompressed: boolean;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor({ pieces, isCompressed }: Gunzipped) {
    this.isCompressed = isCompressed;
    this.#chunks = pieces[Symbol.asyncIterator]();
  }

  /** @returns undefined if fewer are left. */
  async take(length: number): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    const isWhole = await this.#pass(length, (chunk) => chunks.push(chunk));
    return isWhole ? Buffer.concat(chunks, length) : undefined;
  }

  /** @returns undefined if fewer are left. */
  async skip(length: number): Promise<true | undefined> {
    return (await this.#pass(length, () => {})) || undefined;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #pass(length: number, use: (chunk: Buffer) => void): Promise<boolean> {
    let missing = length;
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done) return false;
        this.#rest = value;
      }
      const chunk = this.#rest.subarray(0, missing);
      use(chunk);
      this.#rest = this.#rest.subarray(chunk.length);
      this.offset += chunk.length;
      missing -= chunk.length;
    }
    return true;
  }
}
