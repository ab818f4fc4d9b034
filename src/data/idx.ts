// The IDX format of MNIST: two zero bytes, an element type, the number of dimensions, the dimensions as big-endian
// uint32, then the elements. Only unsigned bytes are read, which is what images and labels come in.

import { constants } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataFormatError } from '../errors.ts';
import { fileFailure } from './file-failure.ts';

export interface IdxArray {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Reads an IDX file, plain or gzip-compressed (told by its first bytes, whatever its name).
 *
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} see `parseIdx`.
 */
export async function readIdx(path: string, dimensionCounts: readonly number[]): Promise<IdxArray> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileFailure('read', path, error);
  });
  return parseIdx(bytes, path, dimensionCounts);
}

/**
 * Parses IDX bytes, plain or gzip-compressed. Never inflates more than the header announces.
 *
 * @param path             for messages.
 * @param dimensionCounts  how many dimensions are acceptable.
 * @throws {DataFormatError} with the byte offset: wrong magic number, element type or number of dimensions, a dimension
 *   of zero, too few or too many bytes, damaged compression. In a compressed file offsets count inflated bytes.
 */
export async function parseIdx(bytes: Buffer, path: string, dimensionCounts: readonly number[]): Promise<IdxArray> {
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const content = compressed ? await inflate(bytes, path, dimensionCounts) : bytes;
  const header = parseHeader(content, path, dimensionCounts);
  if (header === undefined) {
    throw formatError(path, content.length, `cut off in the header after ${content.length} bytes`, 'copy it again');
  }
  const { dimensions, start, end } = header;
  const shape = dimensions.join(' × ');
  if (content.length < end) {
    throw formatError(
      path,
      content.length,
      `cut off: the header announces ${shape} elements, ${end} bytes in all, but the data ends after ${content.length}`,
      'copy it again',
    );
  }
  if (content.length > end) {
    const received = compressed ? 'more follow' : `the file has ${content.length}`;
    throw formatError(
      path,
      end,
      `unexpected bytes: the header announces ${shape} elements, ${end} bytes in all, but ${received}`,
      'copy it again',
    );
  }
  return { dimensions, data: content.subarray(start, end) };
}

interface IdxHeader {
  readonly dimensions: readonly number[];
  readonly start: number;
  readonly end: number;
}

const UNSIGNED_BYTE = 0x08;
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};

/** Undefined if `bytes` ends within the header. */
function parseHeader(bytes: Buffer, path: string, dimensionCounts: readonly number[]): IdxHeader | undefined {
  if (bytes.length < 4) return undefined;
  const expected = dimensionCounts.map((count) => `00 00 08 ${count.toString(16).padStart(2, '0')}`).join(' or ');
  const received = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const cure = 'give a file in the IDX format of MNIST';
    throw formatError(path, 0, `not an IDX file: it starts with ${received}, expected ${expected}`, cure);
  }
  const type = bytes[2] ?? 0;
  if (type !== UNSIGNED_BYTE) {
    const what = ELEMENT_TYPES[type] ?? 'an unknown element type';
    const message = `the elements are of type 0x${type.toString(16).padStart(2, '0')} (${what}), only unsigned bytes (0x08) are supported`;
    throw formatError(path, 2, message, 'convert it to unsigned bytes');
  }
  const rank = bytes[3] ?? 0;
  if (!dimensionCounts.includes(rank)) {
    const message = `${rank} dimensions, expected ${dimensionCounts.join(' or ')} (first bytes ${received}, expected ${expected})`;
    throw formatError(path, 3, message, 'check that images and labels are not mixed up');
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) return undefined;
  const dimensions = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const zero = dimensions.indexOf(0);
  if (zero >= 0) {
    throw formatError(path, 4 + 4 * zero, `dimension ${zero + 1} is 0, at least 1 is needed`, 'check how it was made');
  }
  const end = start + dimensions.reduce((product, dimension) => product * dimension, 1);
  if (end > constants.MAX_LENGTH) {
    const message = `the header announces ${dimensions.join(' × ')} elements, more than the ${constants.MAX_LENGTH} bytes that fit in memory`;
    throw formatError(path, 4, message, 'check how it was made');
  }
  return { dimensions, start, end };
}

/** Inflates until the end, or until more has come than the header announces. */
async function inflate(bytes: Buffer, path: string, dimensionCounts: readonly number[]): Promise<Buffer> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const chunks: Buffer[] = [];
  let size = 0;
  let end: number | undefined;
  try {
    for await (const chunk of Readable.from([bytes]).pipe(gunzip)) {
      chunks.push(chunk);
      size += chunk.length;
      end ??= parseHeader(chunks.length === 1 ? chunk : Buffer.concat(chunks), path, dimensionCounts)?.end;
      if (end !== undefined && size > end) break;
    }
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw formatError(path, size, `the gzip compression is damaged or cut off (${reason})`, 'copy it again', error);
  }
  return Buffer.concat(chunks, size);
}

function formatError(path: string, offset: number, what: string, cure: string, cause?: unknown): DataFormatError {
  return new DataFormatError(`${path}, byte ${offset}: ${what}; ${cure}.`, { details: { path, offset }, cause });
}
