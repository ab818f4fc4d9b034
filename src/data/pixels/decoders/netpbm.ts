// Netpbm: PBM (black and white), PGM (grey) and PPM (colour), as text and as bytes.

import { checkLength, checkSize, type Raster, type RasterHeader } from './raster.ts';

/** @throws {Error} if the header is cut off or damaged. */
export function readNetpbmHeader(bytes: Uint8Array): RasterHeader {
  const { height, width, largest } = parseHeader(bytes);
  return { height, width, deep: largest > 255, hasAlpha: false };
}

/**
 * Values up to 255 are stretched to 0..255 as the file's largest value says; larger ones are kept as they are.
 *
 * @throws {Error} if it is cut off or damaged.
 */
export function decodeNetpbm(bytes: Uint8Array): Raster {
  const header = parseHeader(bytes);
  const { kind, height, width, largest, pixels } = header;
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const count = height * width * channels;
  const deep = largest > 255;
  // A value of text takes a character and, but in PBM, a space.
  const needed = kind <= 3 ? (kind === 1 ? count : 2 * count - 1) : kind === 4 ? Math.ceil(width / 8) * height : count;
  checkLength(bytes, pixels + (kind >= 5 && deep ? 2 * count : needed));
  const data = deep ? new Uint16Array(count) : new Uint8Array(count);
  const read = kind <= 3 ? textReader(bytes, pixels, kind === 1) : byteReader(bytes, header);
  for (let i = 0; i < count; i++) {
    const value = read(i);
    if (value > largest) throw new Error(`it holds ${value}, but announces values up to ${largest}`);
    // In PBM, 1 is black.
    data[i] = kind === 1 || kind === 4 ? (value === 0 ? 255 : 0) : deep ? value : Math.round((value * 255) / largest);
  }
  return { height, width, channels, data };
}

interface Header {
  readonly kind: number;
  readonly height: number;
  readonly width: number;
  readonly largest: number;
  /** Where the pixels start. */
  readonly pixels: number;
}

const SPACE = new Set([...' \t\n\v\f\r'].map((character) => character.charCodeAt(0)));

function parseHeader(bytes: Uint8Array): Header {
  const kind = (bytes[1] ?? 0) - DIGIT_ZERO;
  const isBitmap = kind === 1 || kind === 4;
  const numbers: number[] = [];
  let at = 2;
  while (numbers.length < (isBitmap ? 2 : 3)) {
    at = skipSpace(bytes, at);
    const number = readNumber(bytes, at);
    numbers.push(number.value);
    at = number.end;
  }
  const [width = 0, height = 0, largest = 1] = numbers;
  checkSize(height, width);
  if (largest < 1 || largest > 65_535) throw new Error(`it announces values up to ${largest}; 1 to 65535 are possible`);
  // One space ends the header.
  return { kind, height, width, largest, pixels: at + 1 };
}

const DIGIT_ZERO = 0x30;
const COMMENT = 0x23;
const LINE_FEED = 0x0a;

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === COMMENT) while (at < bytes.length && bytes[at] !== LINE_FEED) at++;
    else if (byte === undefined || !SPACE.has(byte)) return at;
    at++;
  }
}

const isDigit = (byte: number | undefined): byte is number =>
  byte !== undefined && byte >= DIGIT_ZERO && byte <= DIGIT_ZERO + 9;

function readNumber(bytes: Uint8Array, from: number): { value: number; end: number } {
  let [value, end] = [0, from];
  for (let byte = bytes[end]; isDigit(byte) && end < from + 10; byte = bytes[++end]) {
    value = value * 10 + byte - DIGIT_ZERO;
  }
  if (end > from) return { value, end };
  throw new Error(from < bytes.length ? `there is no number at byte ${from}` : 'it is cut off');
}

function textReader(bytes: Uint8Array, from: number, isBitmap: boolean): () => number {
  let at = from;
  return () => {
    at = skipSpace(bytes, at);
    if (isBitmap) {
      // The digits of a bitmap need no space between them.
      const byte = bytes[at++];
      if (!isDigit(byte)) throw new Error(`there is no 0 or 1 at byte ${at - 1}`);
      return byte - DIGIT_ZERO;
    }
    const { value, end } = readNumber(bytes, at);
    at = end;
    return value;
  };
}

function byteReader(bytes: Uint8Array, { kind, width, largest, pixels }: Header): (index: number) => number {
  if (kind === 4) {
    const rowSize = Math.ceil(width / 8);
    return (index) => {
      const [row, column] = [Math.floor(index / width), index % width];
      return ((bytes[pixels + row * rowSize + (column >> 3)] ?? 0) >> (7 - (column & 7))) & 1;
    };
  }
  if (largest <= 255) return (index) => bytes[pixels + index] ?? 0;
  return (index) => 256 * (bytes[pixels + 2 * index] ?? 0) + (bytes[pixels + 2 * index + 1] ?? 0);
}
