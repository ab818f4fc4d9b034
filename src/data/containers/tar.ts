// Reads files out of a gzip-compressed tar archive in memory: nothing is written to disk, so no entry can land anywhere.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileFailure } from '../../files/file-failure.ts';
import { formatError, reasonOf } from '../../files/format-error.ts';
import { LARGEST_ARRAY } from '../../files/memory-limit.ts';

const BLOCK = 512;
/** Writers fill the last record with zeros, 10 KiB or so. */
const LARGEST_END = 2 ** 20;
const LARGEST_NAME = 2 ** 16;

export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * Reads the wanted ordinary files of a .tar.gz.
 *
 * @param isWanted  told the last part of an entry's name.
 * @returns contents by that name; of two with one name the first.
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
 * The wanted ordinary files of a .tar.gz, one after another. Links, devices and folders are passed over.
 *
 * @param isWanted  told the whole name of each file.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} with the byte offset in the inflated archive: damaged compression, a header whose check sum
 *   does not match, an end in the middle of a file, more than memory holds.
 * @see POSIX.1-2001, ustar and pax interchange formats; long names also as GNU tar writes them.
 */
export async function* tarFiles(
  path: string,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<TarFile, void> {
  const input = new Blocks(path);
  let longName: string | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const header = await input.take(BLOCK);
      // Two blocks of zeros end an archive; some writers leave them out.
      if (header === undefined || header.every((byte) => byte === 0)) {
        // The check sum comes at the very end of the compressed bytes.
        await input.skip(LARGEST_END);
        return;
      }
      const { name: shortName, size, type } = parseHeader(header, path, input.offset - BLOCK);
      const name = longName ?? shortName;
      const isLongName = (type === 'L' || type === 'x') && size <= LARGEST_NAME;
      const isFile = type === '' || type === '0';
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const content = isLongName || (isFile && isWanted(name)) ? await input.take(padded) : await input.skip(padded);
      if (content === undefined && padded > 0) {
        throw formatError(path, { offset: input.offset }, `the archive ends in the middle of ${name}`, 'copy it again');
      }
      longName = isLongName && content instanceof Buffer ? parseLongName(content.subarray(0, size), type) : undefined;
      if (!isLongName && content instanceof Buffer) yield { name, content: content.subarray(0, size) };
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
    input.close();
  }
}

interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

function parseHeader(header: Buffer, path: string, offset: number): TarHeader {
  const text = (start: number, length: number): string => {
    const field = header.subarray(start, start + length);
    const end = field.indexOf(0);
    return field.toString('utf8', 0, end < 0 ? length : end);
  };
  const octal = (start: number, length: number): number => {
    const digits = text(start, length).trim();
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  };
  let sum = 0;
  // The check sum's own field counts as spaces.
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  if (octal(148, 8) !== sum) {
    throw formatError(path, { offset }, 'no tar header here: its check sum does not match', 'copy the file again');
  }
  const size = octal(124, 12);
  if (!(size <= LARGEST_ARRAY)) {
    throw formatError(
      path,
      { offset: offset + 124 },
      `a file of ${size} bytes, at most ${LARGEST_ARRAY} are read`,
      'check how it was made',
    );
  }
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(345, 155) : '';
  return { name: `${prefix}${prefix && '/'}${text(0, 100)}`, size, type: text(156, 1) };
}

/** The name of the next entry, in GNU's form (L) or in pax records. */
function parseLongName(content: Buffer, type: string): string | undefined {
  const text = content.toString();
  return type === 'L' ? text.replace(/\0.*$/s, '') : /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}

/** The inflated bytes, so many at a time. */
class Blocks {
  readonly #stream;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor(path: string) {
    this.#stream = pipeline(createReadStream(path), createGunzip({ chunkSize: 256 * 1024 }), () => {});
    this.#chunks = this.#stream[Symbol.asyncIterator]();
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

  close(): void {
    this.#stream.destroy();
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
