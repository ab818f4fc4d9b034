// The packed file: everything a training process needs, in one file. Its pixels are read in one go, or stay in the file
// if memory should not hold that many.
//
//   bytes 0..7     "AUTOCNND"
//         8..11    format version, uint32 little endian (as all integers here)
//        12..15    length of the header, uint32
//        16..47    SHA-256 of bytes 12..15 and of all that follows
//        48..      header: JSON, padded with spaces so that the data starts at a multiple of 64
//        then      labels int32 of train, validation (if there is one) and test, padding with zeros to a multiple of 64,
//                  pixels of the same parts

import { createHash } from 'node:crypto';
import { closeSync, openSync, read as readCallback, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { DataFormatError } from '../../errors.ts';
import { fileFailure } from '../../files/file-failure.ts';
import { heldPixels } from '../../files/memory-limit.ts';
import { keepOpen } from '../../files/open-file.ts';
import { replaceFile } from '../../files/write-file.ts';
import { imagesInFile } from '../pixels/stored-images.ts';
import {
  type Dataset,
  type Examples,
  type ImageShape,
  imageSizeOf,
  type Preparation,
  preparationOf,
  readImages,
} from '../set/dataset.ts';
import { findIntact, isSameState, noteIntact, openFileState } from './intact-files.ts';

/**
 * Writes a data set to one file: to a temporary file first, which then takes the place of `path`. So a reader never
 * sees half a file, whoever else writes the same.
 *
 * @throws {InvalidInputError} if it cannot be written, for example because the disk is full. Nothing is left behind.
 */
export async function writePackedDataset(path: string, dataset: Dataset): Promise<void> {
  const { header, labels } = encodeHead(dataset);
  const prologue = Buffer.alloc(PROLOGUE_SIZE);
  prologue.write(MAGIC, 0, 'latin1');
  prologue.writeUInt32LE(VERSION, 8);
  prologue.writeUInt32LE(header.length, 12);
  await replaceFile(path, async (file) => {
    const hash = createHash('sha256').update(prologue.subarray(12, 16));
    await file.writeFile(prologue);
    for (const chunk of [[header, labels], ...partsOf(dataset).map((part) => pixelChunks(part, dataset))]) {
      for (const bytes of chunk) {
        hash.update(bytes);
        await file.writeFile(bytes);
      }
    }
    await file.write(hash.digest(), 0, DIGEST_SIZE, 16);
  });
}

/**
 * Reads what `writePackedDataset` wrote and verifies its checksum, unless the file was found intact before and has not
 * been written since.
 *
 * @param memoryLimitBytes  the images of a larger file stay in it and are read when they are needed.
 * @param known             what another process found intact under this path.
 * @throws {DataFormatError} if it is another file, of another version, cut off or damaged.
 * @throws {InvalidInputError} if it cannot be read.
 */
export async function readPackedDataset(
  path: string,
  memoryLimitBytes = heldPixels(),
  known = findIntact(path),
): Promise<Dataset> {
  const fd = openPacked(path);
  let stored = false;
  try {
    const startedAt = Date.now();
    const state = openFileState(fd);
    const isKnown = known !== undefined && isSameState(known.state, state);
    const fail = (what: string, offset: number): DataFormatError =>
      new DataFormatError(`${path}, byte ${offset}: ${what}; delete the file, and it is made again from the data.`, {
        details: { path, offset },
      });
    const prologue = readAt(fd, 0, PROLOGUE_SIZE);
    if (prologue.length < PROLOGUE_SIZE || prologue.toString('latin1', 0, 8) !== MAGIC) {
      throw fail('not a packed data set of auto-cnn', 0);
    }
    const version = prologue.readUInt32LE(8);
    if (version !== VERSION) throw fail(`format version ${version}, but this program reads version ${VERSION}`, 8);
    const bodyLength = Number(state.size) - PROLOGUE_SIZE;
    stored = bodyLength > memoryLimitBytes;
    const body = stored ? undefined : Buffer.allocUnsafeSlow(bodyLength);
    if (isKnown) {
      if (body !== undefined && readInto(fd, PROLOGUE_SIZE, body) < bodyLength) {
        throw fail('it was cut off while it was read', PROLOGUE_SIZE);
      }
    } else {
      const checksum = await readThrough(fd, prologue.subarray(12, 16), bodyLength, body);
      if (!checksum.equals(prologue.subarray(16))) {
        stored = false;
        throw fail('the checksum does not match, the file is damaged or cut off', 16);
      }
    }
    const read = (offset: number, length: number): Buffer =>
      body?.subarray(offset, offset + length) ?? readAt(fd, PROLOGUE_SIZE + offset, length);
    const file = stored ? keepOpen(fd, path) : undefined;
    const dataset = decodeBody(read, prologue.readUInt32LE(12), (offset, imageSize, count) => {
      if (file !== undefined) return imagesInFile(file, PROLOGUE_SIZE + offset, imageSize);
      const pixels = read(offset, count * imageSize);
      return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length);
    });
    if (!isKnown && isSameState(state, openFileState(fd))) {
      noteIntact(path, { state, fingerprint: dataset.fingerprint }, startedAt);
    }
    return dataset;
  } catch (error) {
    throw error instanceof DataFormatError ? error : fileFailure('read the packed data set', path, error);
  } finally {
    if (!stored) closeSync(fd);
  }
}

const MAGIC = 'AUTOCNND';
const VERSION = 1;
const PROLOGUE_SIZE = 48;
const DIGEST_SIZE = 32;
const ALIGNMENT = 64;
/** Bytes read or written at once. */
const PIECE = 2 ** 22;

interface Header extends Preparation {
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  readonly trainCount: number;
  /** Absent without a validation part. */
  readonly validationCount?: number;
  readonly testCount: number;
  readonly fingerprint: string;
  readonly features?: Dataset['features'];
  readonly notes: readonly string[];
}

function encodeHead(dataset: Dataset): { header: Buffer; labels: Buffer } {
  const { name, shape, classes, train, validation, test, fingerprint, features, notes } = dataset;
  const fields: Header = {
    name,
    shape,
    classes,
    trainCount: train.count,
    ...(validation && { validationCount: validation.count }),
    testCount: test.count,
    fingerprint,
    ...preparationOf(dataset),
    ...(features && { features }),
    notes,
  };
  const json = Buffer.from(JSON.stringify(fields));
  const headerLength = alignUp(PROLOGUE_SIZE + json.length) - PROLOGUE_SIZE;
  const padded = Buffer.alloc(headerLength, ' ');
  json.copy(padded);
  const parts = partsOf(dataset);
  const labels = Buffer.alloc(alignUp(parts.reduce((sum, { count }) => sum + count, 0) * 4));
  let offset = 0;
  for (const part of parts) {
    for (const label of part.labels) offset = labels.writeInt32LE(label, offset);
  }
  return { header: padded, labels };
}

/** In the order of the file: what the final training trains on lies side by side. */
function partsOf({ train, validation, test }: Dataset): readonly Examples[] {
  return [train, ...(validation ? [validation] : []), test];
}

function* pixelChunks(examples: Examples, { shape }: Dataset): Generator<Uint8Array> {
  const imageSize = imageSizeOf(shape);
  const step = Math.ceil(PIECE / imageSize);
  for (let from = 0; from < examples.count; from += step) {
    yield readImages(examples, imageSize, from, Math.min(from + step, examples.count));
  }
}

/** The file was found intact: what is here is what was written. */
function decodeBody(
  read: (offset: number, length: number) => Buffer,
  headerLength: number,
  pixelsAt: (offset: number, imageSize: number, count: number) => Examples['pixels'],
): Dataset {
  const header = JSON.parse(read(0, headerLength).toString()) as Header;
  const { name, shape, classes, trainCount, validationCount = 0, testCount, fingerprint, features, notes } = header;
  const imageSize = imageSizeOf(shape);
  const labels = read(headerLength, alignUp((trainCount + validationCount + testCount) * 4));
  const pixelsStart = headerLength + labels.length;
  const part = (first: number, count: number): Examples => ({
    count,
    pixels: pixelsAt(pixelsStart + first * imageSize, imageSize, count),
    labels: Int32Array.from({ length: count }, (_, i) => labels.readInt32LE((first + i) * 4)),
  });
  return {
    name,
    shape,
    classes,
    train: part(0, trainCount),
    ...(validationCount > 0 && { validation: part(trainCount, validationCount) }),
    test: part(trainCount + validationCount, testCount),
    fingerprint,
    ...preparationOf(header),
    ...(features && { features }),
    notes,
  };
}

function openPacked(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw fileFailure('read the packed data set', path, error);
  }
}

/** Gives fewer bytes if the file ends early. */
function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readInto(fd, offset, bytes));
}

function readInto(fd: number, offset: number, target: Uint8Array): number {
  let done = 0;
  while (done < target.length) {
    const read = readSync(fd, target, done, target.length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

const readAsync = promisify(readCallback);

/** SHA-256 of `start` and of the body; fills `body` if it is given. One piece is hashed while the next is read. */
async function readThrough(fd: number, start: Uint8Array, length: number, body: Buffer | undefined): Promise<Buffer> {
  const hash = createHash('sha256').update(start);
  const pieces = Buffer.allocUnsafeSlow(body === undefined ? 2 * PIECE : 0);
  const readPiece = async (from: number): Promise<Buffer> => {
    const size = Math.max(0, Math.min(PIECE, length - from));
    const spare = from % (2 * PIECE);
    const target = body?.subarray(from, from + size) ?? pieces.subarray(spare, spare + size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await readAsync(fd, target, done, size - done, PROLOGUE_SIZE + from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return target.subarray(0, done);
  };
  let next = readPiece(0);
  for (let from = 0; from < length; from += PIECE) {
    const piece = await next;
    next = readPiece(from + PIECE);
    // If reading fails while this piece is hashed, the next turn throws the error.
    next.catch(() => {});
    hash.update(piece);
  }
  await next;
  return hash.digest();
}

const alignUp = (size: number): number => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
