// Parquet's delta encodings: numbers as differences in blocks of bit-packed miniblocks, and byte strings whose lengths or
// prefixes are such numbers.
// See https://parquet.apache.org/docs/file-format/data-pages/encodings/

interface Deltas {
  readonly values: bigint[];
  /** Where the encoding ends. */
  readonly end: number;
}

/**
 * @param bits  of a number; sums wrap around at that size.
 * @throws {Error} if the header announces another count, or the bytes end within.
 */
export function readDeltas(bytes: Buffer, count: number, bits: 32 | 64): Deltas {
  const reader = { bytes, at: 0 };
  const blockSize = readVarint(reader);
  const miniblocks = readVarint(reader);
  const total = readVarint(reader);
  let value = BigInt.asIntN(bits, readZigzag(reader));
  if (total !== BigInt(count)) throw new Error(`${total} values, but ${count} are expected`);
  if (blockSize < 1n || blockSize > 65_536n || miniblocks < 1n || blockSize % (8n * miniblocks) !== 0n) {
    throw new Error(`blocks of ${blockSize} values in ${miniblocks} parts`);
  }
  const size = Number(blockSize / miniblocks);
  const values: bigint[] = count === 0 ? [] : [value];
  while (values.length < count) {
    const least = readZigzag(reader);
    const widths = takeBytes(reader, Number(miniblocks));
    for (const width of widths) {
      // Miniblocks after the last value may be missing.
      if (values.length >= count) break;
      if (width > 64) throw new Error(`differences of ${width} bits`);
      const packed = takeBytes(reader, (size * width) / 8);
      for (let i = 0; i < size && values.length < count; i++) {
        value = BigInt.asIntN(bits, value + least + readBits(packed, i * width, width));
        values.push(value);
      }
    }
  }
  return { values, end: reader.at };
}

/** All lengths, then all bytes. */
export function readDeltaLengths(bytes: Buffer, count: number): Uint8Array[] {
  const { values: lengths, end } = readDeltas(bytes, count, 32);
  let at = end;
  return lengths.map((length) => {
    const start = at;
    at += lengthOf(length);
    if (at > bytes.length) throw new Error(`a value of ${length} bytes beyond its end`);
    return bytes.subarray(start, at);
  });
}

/** For each value, how much of the one before it starts with; then the rest of each. */
export function readDeltaStrings(bytes: Buffer, count: number): Uint8Array[] {
  const { values: prefixes, end } = readDeltas(bytes, count, 32);
  const suffixes = readDeltaLengths(bytes.subarray(end), count);
  // What values repeat of one another must not take more memory than a page may.
  let size = 0;
  let last: Uint8Array = new Uint8Array(0);
  return suffixes.map((suffix, i) => {
    const prefix = lengthOf(prefixes[i] ?? 0n);
    if (prefix > last.length) throw new Error(`a value that starts with ${prefix} bytes of one of ${last.length}`);
    size += prefix;
    if (size > LARGEST_PREFIXES) throw new Error('values that repeat more than memory holds');
    last = prefix === 0 ? suffix : Buffer.concat([last.subarray(0, prefix), suffix]);
    return last;
  });
}

const LARGEST_PREFIXES = 512 * 2 ** 20;

function lengthOf(length: bigint): number {
  if (length < 0n) throw new Error(`a length of ${length}`);
  return Number(length);
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes.readUInt8(reader.at++);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new Error('a number without end');
}

function readZigzag(reader: Reader): bigint {
  const value = readVarint(reader);
  return value & 1n ? -(value >> 1n) - 1n : value >> 1n;
}

function takeBytes(reader: Reader, length: number): Buffer {
  const start = reader.at;
  reader.at += length;
  if (reader.at > reader.bytes.length) throw new Error(`${length} bytes beyond its end`);
  return reader.bytes.subarray(start, reader.at);
}

/** The lowest bit comes first. */
function readBits(bytes: Buffer, start: number, count: number): bigint {
  let value = 0n;
  for (let done = 0; done < count; ) {
    const [byte, from] = [bytes[(start + done) >> 3] ?? 0, (start + done) & 7];
    const taken = Math.min(8 - from, count - done);
    value |= BigInt((byte >> from) & ((1 << taken) - 1)) << BigInt(done);
    done += taken;
  }
  return value;
}
