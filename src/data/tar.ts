// Reads files out of a gzip-compressed tar archive in memory: nothing is written to disk, so no entry can land anywhere.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileFailure } from './file-failure.ts';
import { formatError, reasonOf } from './format-error.ts';
import { LARGEST_ARRAY } from './memory-limit.ts';

const BLOCK = 512;
/** Writers fill the last record with zeros, 10 KiB or so. */
const LARGEST_END = 2 ** 20;

/**
 * Reads the wanted ordinary files of a .tar.gz. Links, devices and folders are passed over.
 *
 * @param isWanted  told the last part of an entry's name.
 * @returns contents by that name; of two with one name the first.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} with the byte offset in the inflated archive: damaged compression, a header whose check sum
 *   does not match, an end in the middle of a file, more than memory holds.
 * @see POSIX.1-1988, ustar interchange format.
 */
export async function readTarGz(
  path: string,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const input = new Blocks(path);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const header = await input.take(BLOCK);
      // Two blocks of zeros end an archive; some writers leave them out.
      if (header === undefined || header.every((byte) => byte === 0)) {
        // The check sum comes at the very end of the compressed bytes.
        await input.skip(LARGEST_END);
        return files;
      }
      const { name, size, isFile } = parseHeader(header, path, input.offset - BLOCK);
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const content =
        isFile && isWanted(name) && !files.has(name) ? await input.take(padded) : await input.skip(padded);
      if (content === undefined && padded > 0) {
        throw formatError(path, { offset: input.offset }, `the archive ends in the middle of ${name}`, 'copy it again');
      }
      if (content instanceof Buffer) files.set(name, content.subarray(0, size));
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
  /** The last part. */
  readonly name: string;
  readonly size: number;
  readonly isFile: boolean;
}

function parseHeader(header: Buffer, path: string, offset: number): TarHeader {
  const text = (start: number, length: number): string => {
    const field = header.toString('latin1', start, start + length);
    const end = field.indexOf('\0');
    return end < 0 ? field : field.slice(0, end);
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
  const type = text(156, 1);
  return { name: text(0, 100).split('/').at(-1) ?? '', size, isFile: type === '' || type === '0' };
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
