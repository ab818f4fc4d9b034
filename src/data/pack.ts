// The packed file: everything a training process needs, in one file that is read in one go.
//
//   bytes 0..7     "AUTOCNND"
//         8..11    format version, uint32 little endian (as all integers here)
//        12..15    length of the header, uint32
//        16..47    SHA-256 of bytes 12..15 and of all that follows
//        48..      header: JSON, padded with spaces so that the data starts at a multiple of 64
//        then      labels int32 of train and test, padding with zeros to a multiple of 64, pixels of train and test

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DataFormatError } from '../errors.ts';
import { type Dataset, type Examples, type ImageShape, imageSizeOf } from './dataset.ts';
import { fileFailure } from './file-failure.ts';
import { writeFileAtomically } from './write-file.ts';

/**
 * Writes a data set to one file: to a temporary file first, which then takes the place of `path`. So a reader never
 * sees half a file, whoever else writes the same.
 *
 * @throws {InvalidInputError} if it cannot be written, the disk is full, say. Nothing is left behind.
 */
export async function writePackedDataset(path: string, dataset: Dataset): Promise<void> {
  const body = encodeBody(dataset);
  const prologue = Buffer.alloc(PROLOGUE_SIZE);
  prologue.write(MAGIC, 0, 'latin1');
  prologue.writeUInt32LE(VERSION, 8);
  prologue.writeUInt32LE(body.headerLength, 12);
  checksumOf([prologue.subarray(12, 16), ...body.chunks]).copy(prologue, 16);
  await writeFileAtomically(path, [prologue, ...body.chunks]);
}

/**
 * Reads what `writePackedDataset` wrote and verifies its checksum.
 *
 * @throws {DataFormatError} if it is another file, of another version, cut off or damaged.
 * @throws {InvalidInputError} if it cannot be read.
 */
export async function readPackedDataset(path: string): Promise<Dataset> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileFailure('read the packed data set', path, error);
  });
  const fail = (what: string, offset: number): DataFormatError =>
    new DataFormatError(`${path}, byte ${offset}: ${what}; delete the file, it is made again from the data.`, {
      details: { path, offset },
    });
  if (bytes.length < PROLOGUE_SIZE || bytes.toString('latin1', 0, 8) !== MAGIC) {
    throw fail('not a packed data set of auto-cnn', 0);
  }
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) throw fail(`format version ${version}, this program reads version ${VERSION}`, 8);
  const body = bytes.subarray(PROLOGUE_SIZE);
  if (!checksumOf([bytes.subarray(12, 16), body]).equals(bytes.subarray(16, PROLOGUE_SIZE))) {
    throw fail('the checksum does not match, the file is damaged or cut off', 16);
  }
  return decodeBody(body, bytes.readUInt32LE(12));
}

const MAGIC = 'AUTOCNND';
const VERSION = 1;
const PROLOGUE_SIZE = 48;
const ALIGNMENT = 64;

interface Header {
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  readonly trainCount: number;
  readonly testCount: number;
  readonly fingerprint: string;
  readonly notes: readonly string[];
}

function encodeBody(dataset: Dataset): { chunks: Uint8Array[]; headerLength: number } {
  const { name, shape, classes, train, test, fingerprint, notes } = dataset;
  const header: Header = {
    name,
    shape,
    classes,
    trainCount: train.count,
    testCount: test.count,
    fingerprint,
    notes,
  };
  const json = Buffer.from(JSON.stringify(header));
  const headerLength = alignUp(PROLOGUE_SIZE + json.length) - PROLOGUE_SIZE;
  const padded = Buffer.alloc(headerLength, ' ');
  json.copy(padded);
  const labels = Buffer.alloc(alignUp((train.count + test.count) * 4));
  let offset = 0;
  for (const label of [train.labels, test.labels].flatMap((part) => [...part])) {
    offset = labels.writeInt32LE(label, offset);
  }
  return { chunks: [padded, labels, train.pixels, test.pixels], headerLength };
}

/** The checksum was verified: what is here is what was written. */
function decodeBody(body: Buffer, headerLength: number): Dataset {
  const header = JSON.parse(body.toString('utf8', 0, headerLength)) as Header;
  const { name, shape, classes, trainCount, testCount, fingerprint, notes } = header;
  const imageSize = imageSizeOf(shape);
  const pixelsStart = headerLength + alignUp((trainCount + testCount) * 4);
  const part = (first: number, count: number): Examples => ({
    count,
    pixels: new Uint8Array(body.buffer, body.byteOffset + pixelsStart + first * imageSize, count * imageSize),
    labels: Int32Array.from({ length: count }, (_, i) => body.readInt32LE(headerLength + (first + i) * 4)),
  });
  return { name, shape, classes, train: part(0, trainCount), test: part(trainCount, testCount), fingerprint, notes };
}

function checksumOf(chunks: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

const alignUp = (size: number): number => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
