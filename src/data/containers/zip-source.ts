// Where the bytes of a zip archive lie: in a file, in a stretch of one (a stored archive in an archive), or in a file without
// a name.

import { createReadStream, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileFailure } from '../../files/file-failure.ts';
import { formatError } from '../../files/format-error.ts';
import { readRange } from '../../files/read-range.ts';
import type { UnnamedFile } from '../../files/unnamed-file.ts';

export interface ZipSource {
  /** For messages. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
  /** The bytes from `start` to `end - 1`, in pieces. */
  stream(start: number, end: number): Readable;
}

/** Bytes read at once. */
export const PIECE = 2 ** 20;
export const COPY_AGAIN = 'copy the file again';

/**
 * Opens a file while `use` runs.
 *
 * @throws {InvalidInputError} if the file cannot be read.
 */
export async function withZipSource<T>(path: string, use: (source: ZipSource) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: unknown) => {
    throw fileFailure('read', path, error);
  });
  try {
    return await use(fileSource(path, file, (await file.stat()).size));
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileFailure('read', path, error) : error;
  } finally {
    await file.close();
  }
}

function fileSource(path: string, file: FileHandle, size: number): ZipSource {
  return {
    path,
    size,
    read: (offset, length) => readRange(path, file, offset, length),
    stream: (start, end) =>
      start === end
        ? Readable.from([])
        : file.createReadStream({ start, end: end - 1, autoClose: false, highWaterMark: PIECE }),
  };
}

export function unnamedSource(path: string, file: UnnamedFile): ZipSource {
  return {
    path,
    size: file.size(),
    read: async (offset, length) => readUnnamed(path, file, offset, length),
    stream: (start, end) =>
      start === end
        ? Readable.from([])
        : createReadStream('', { fd: file.fd, start, end: end - 1, autoClose: false, highWaterMark: PIECE }),
  };
}

function readUnnamed(path: string, { fd }: UnnamedFile, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const read = readSync(fd, bytes, done, length - done, offset + done);
    if (read === 0) throw formatError(path, { offset: offset + done }, 'it was cut off while it was read', COPY_AGAIN);
    done += read;
  }
  return bytes;
}

/** A stretch of another source. */
export function sourceWithin(outer: ZipSource, path: string, start: number, size: number): ZipSource {
  return {
    path,
    size,
    read: (offset, length) => outer.read(start + offset, length),
    stream: (from, end) => outer.stream(start + from, start + end),
  };
}

/** @throws {DataFormatError} if the source ends before. */
export async function readAt(source: ZipSource, offset: number, length: number): Promise<Buffer> {
  const { path, size } = source;
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw formatError(path, { offset: size }, `it ends here, bytes up to ${offset + length} are needed`, COPY_AGAIN);
  }
  return source.read(offset, length);
}
