// The IDX format of MNIST: two zero bytes, an element type, the number of dimensions, the dimensions as big-endian
// uint32, then the elements. Images and labels come in unsigned bytes; the labels of QMNIST are 32-bit integers.

import { constants } from 'node:buffer';
import { AutoCnnError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { formatError, reasonOf } from '../../../files/format-error.ts';
import { createUnnamedFile, type UnnamedFile } from '../../../files/unnamed-file.ts';
import { openGunzipped } from '../../containers/gunzip.ts';
import { imagesInFile } from '../../pixels/stored-images.ts';
import type { Examples } from '../../set/dataset.ts';
import type { Overflow } from '../../set/source.ts';

export interface IdxLabels {
  /** The first column of several. */
  readonly values: ArrayLike<number>;
  /** Where the label of a row lies, in bytes. */
  offsetOf(row: number): number;
}

/**
 * Reads the labels of an IDX file of one or two dimensions, plain or gzip-compressed (told by its first bytes, whatever its
 * name). Never reads more than its header announces.
 *
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} with the byte offset, for a wrong magic number, element type or number of dimensions, a dimension
 *   of zero, too few or too many bytes, or damaged compression. In a compressed file offsets count inflated bytes.
 */
export async function readIdxLabels(path: string): Promise<IdxLabels> {
  const { dimensions, bytes, start, itemSize } = await collect(path, LABELS);
  const [count = 0, columns = 1] = dimensions;
  const step = columns * itemSize;
  const values = Int32Array.from({ length: count }, (_, row) =>
    itemSize === 1 ? (bytes[row * step] ?? 0) : bytes.readInt32BE(row * step),
  );
  return { values, offsetOf: (row) => start + row * step };
}

/** As `readIdxLabels`, for images of three or four dimensions: the first dimension is their number. They stay in a file if memory should not hold them. */
export async function readIdxImages(
  path: string,
  overflow: Overflow | undefined,
): Promise<{ readonly dimensions: readonly number[]; readonly pixels: Examples['pixels']; readonly start: number }> {
  const { dimensions, bytes, file, start, end } = await collect(path, IMAGES, overflow);
  const pixels = file === undefined ? bytes : imagesInFile(file, start, (end - start) / (dimensions[0] ?? 1));
  return { dimensions, pixels, start };
}

/** What a file may hold. */
interface Acceptable {
  readonly ranks: readonly number[];
  readonly types: readonly number[];
}

const UNSIGNED_BYTE = 0x08;
const INTEGER = 0x0c;
const IMAGES: Acceptable = { ranks: [3, 4], types: [UNSIGNED_BYTE] };
const LABELS: Acceptable = { ranks: [1, 2], types: [UNSIGNED_BYTE, INTEGER] };

interface Collected extends IdxHeader {
  /** The elements, unless they are in the file. */
  readonly bytes: Buffer;
  /** The whole content, header included. */
  readonly file: UnnamedFile | undefined;
}

async function collect(path: string, acceptable: Acceptable, overflow?: Overflow): Promise<Collected> {
  let chunks: Buffer[] = [];
  let size = 0;
  let header: IdxHeader | undefined;
  let file: UnnamedFile | undefined;
  try {
    for await (const chunk of await openGunzipped(path)) {
      size += chunk.length;
      if (file === undefined) chunks.push(chunk);
      else file.append(chunk);
      if (header === undefined) {
        const head = Buffer.concat(chunks);
        header = parseHeader(head, path, acceptable);
        if (header === undefined) continue;
        if (overflow !== undefined && header.end > overflow.limitBytes) {
          file = createUnnamedFile(overflow.folder);
          file.append(head);
          chunks = [];
        } else checkMemory(path, header);
      }
      if (size > header.end) break;
    }
  } catch (error) {
    if (error instanceof AutoCnnError) throw error;
    if (error instanceof Error && 'syscall' in error) throw fileFailure('read', path, error);
    throw formatError(
      path,
      { offset: size },
      `the gzip compression is damaged or cut off (${reasonOf(error)})`,
      COPY_AGAIN,
      error,
    );
  }
  if (header === undefined) {
    throw formatError(path, { offset: size }, `cut off in the header after ${size} bytes`, COPY_AGAIN);
  }
  checkLength(path, header, size);
  const { start, end } = header;
  return { ...header, bytes: Buffer.concat(chunks).subarray(start, end), file };
}

function checkMemory(path: string, { dimensions, end }: IdxHeader): void {
  if (end <= constants.MAX_LENGTH) return;
  const what = `the header announces ${dimensions.join(' × ')} elements, more than the ${constants.MAX_LENGTH} bytes that fit in memory`;
  throw formatError(path, { offset: 4 }, what, 'check how it was made');
}

/** @param length  bytes of the content, or those read so far if there are too many. */
function checkLength(path: string, { dimensions, end }: IdxHeader, length: number): void {
  if (length === end) return;
  const announced = `the header announces ${dimensions.join(' × ')} elements, ${end} bytes in all`;
  const what =
    length < end
      ? `cut off: ${announced}, but the data ends after ${length}`
      : `unexpected bytes: ${announced}, but more follow`;
  throw formatError(path, { offset: Math.min(length, end) }, what, COPY_AGAIN);
}

const COPY_AGAIN = 'copy it again';

interface IdxHeader {
  readonly dimensions: readonly number[];
  /** Of an element, in bytes. */
  readonly itemSize: number;
  readonly start: number;
  readonly end: number;
}

const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};

/** Undefined if `bytes` ends within the header. */
function parseHeader(bytes: Buffer, path: string, { ranks, types }: Acceptable): IdxHeader | undefined {
  if (bytes.length < 4) return undefined;
  const expected = ranks.map((count) => `00 00 08 ${count.toString(16).padStart(2, '0')}`).join(' or ');
  const received = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const cure = 'give a file in the IDX format of MNIST';
    throw formatError(path, { offset: 0 }, `not an IDX file: it starts with ${received}, expected ${expected}`, cure);
  }
  const type = bytes[2] ?? 0;
  if (!types.includes(type)) {
    const what = ELEMENT_TYPES[type] ?? 'an unknown element type';
    const message = `the elements are of type 0x${type.toString(16).padStart(2, '0')} (${what}), ${types.length === 1 ? 'only unsigned bytes (0x08) are' : 'only unsigned bytes (0x08) and 32-bit integers (0x0c) are'} supported`;
    throw formatError(path, { offset: 2 }, message, 'convert it to unsigned bytes');
  }
  const rank = bytes[3] ?? 0;
  if (!ranks.includes(rank)) {
    const message = `${rank} dimensions, expected ${ranks.join(' or ')} (first bytes ${received}, expected ${expected})`;
    throw formatError(path, { offset: 3 }, message, 'check that images and labels are not mixed up');
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) return undefined;
  const dimensions = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const zero = dimensions.indexOf(0);
  if (zero >= 0) {
    throw formatError(
      path,
      { offset: 4 + 4 * zero },
      `dimension ${zero + 1} is 0, at least 1 is needed`,
      'check how it was made',
    );
  }
  const itemSize = type === INTEGER ? 4 : 1;
  const end = start + itemSize * dimensions.reduce((product, dimension) => product * dimension, 1);
  return { dimensions, itemSize, start, end };
}
