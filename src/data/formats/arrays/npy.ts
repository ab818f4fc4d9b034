// The npy format of NumPy: a magic number, a version, a header that is the text of a Python dictionary, the elements.

import { integerPower } from '../../../arithmetic/power.ts';
import { formatError } from '../../../files/format-error.ts';

/** Elements of kind `boolean` and `byte` are bytes, those of kind `text` strings. */
export type NpyKind = 'byte' | 'boolean' | 'integer' | 'float' | 'text';

export interface NpyArray {
  readonly shape: readonly number[];
  /** How many elements lie between neighbours along each axis. */
  readonly strides: readonly number[];
  readonly kind: NpyKind;
  /** In the order of the file. 64-bit integers beyond 2⁵³ lose their last digits. */
  readonly values: ArrayLike<number>;
  /** The elements of kind `text`; otherwise empty. */
  readonly texts: readonly string[];
  /** Where the first element starts, in bytes. */
  readonly offset: number;
  readonly itemSize: number;
}

/**
 * Parses versions 1 to 3 of the format, either byte order, C or Fortran order. Objects (pickles) are never read.
 *
 * @param path  for messages: the file, or the archive and the entry.
 * @throws {DataFormatError} with the byte offset in `bytes`.
 * @see NumPy, numpy.lib.format.
 */
export function parseNpy(bytes: Buffer, path: string): NpyArray {
  const { shape, strides, type, bigEndian, start } = parseNpyHeader(bytes, bytes.length, path);
  const { kind, itemSize } = type;
  const elements = bytes.subarray(start);
  const array = { shape, strides, kind, offset: start, itemSize };
  if (type.kind !== 'text') return { ...array, values: decodeNumbers(elements, type, bigEndian), texts: [] };
  const count = shape.reduce((product, axis) => product * axis, 1);
  return { ...array, values: [], texts: type.decodeTexts(elements, count, bigEndian) };
}

/** What stands before the elements. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** How many elements lie between neighbours along each axis. */
  readonly strides: readonly number[];
  readonly isFortran: boolean;
  readonly type: ElementType;
  readonly bigEndian: boolean;
  /** Where the first element starts, in bytes. */
  readonly start: number;
}

/** The numbers that elements hold. */
export function decodeNumbers(elements: Buffer, type: NumberType, bigEndian: boolean): ArrayLike<number> {
  return type.decode(inNativeOrder(elements, type.itemSize, bigEndian));
}

/**
 * @param head    the first bytes of an array: all of its header.
 * @param length  size of the whole file, in bytes.
 * @throws {DataFormatError} as `parseNpy`.
 */
export function parseNpyHeader(head: Buffer, length: number, path: string): NpyHeader {
  const { text, start } = headerOf(head, path);
  const fail = (what: string, cure: string): Error => formatError(path, { offset: 0 }, what, cure);
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z])(\d{0,9})['"]/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const axes = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (descr === null || order === null || axes === null) {
    throw fail(
      `the header must name descr (a plain type), fortran_order and shape, got ${shortened(text)}`,
      'save it again with numpy.save',
    );
  }
  const [, endian = '', letter = '', digits = ''] = descr;
  const type = typeOf(letter, Number(digits || 0));
  if (letter === 'O') {
    throw fail(
      'an array of Python objects (a pickle), which is never read, because a pickle can run code',
      'save it again without objects: words with np.savez(…, y_train=y.astype(str)), images of one size with x_train=np.stack(x)',
    );
  }
  if (type === undefined) {
    throw fail(
      `elements of type ${endian}${letter}${digits}, which are not read`,
      'use numbers, booleans or fixed-length strings',
    );
  }
  const shape = [...(axes[1] ?? '').matchAll(/\d+/g)].map(([axis]) => Number(axis));
  const count = shape.reduce((product, axis) => product * axis, 1);
  if (count === 0)
    throw fail(`the shape (${shape.join(', ')}) has an axis of 0, at least 1 is needed`, 'check how it was made');
  const needed = count * type.itemSize;
  const received = length - start;
  if (!Number.isSafeInteger(needed) || needed !== received) {
    throw formatError(
      path,
      { offset: start },
      `the shape (${shape.join(', ')}) of ${type.itemSize}-byte elements needs ${needed} bytes, but ${received} follow`,
      'copy the file again',
    );
  }
  const isFortran = order[1] === 'True';
  return { shape, strides: stridesOf(shape, isFortran), isFortran, type, bigEndian: endian === '>', start };
}

export interface NumberType {
  readonly kind: Exclude<NpyKind, 'text'>;
  readonly itemSize: number;
  /** @param bytes  in the byte order of the machine. */
  decode(bytes: Buffer): ArrayLike<number>;
}

interface TextType {
  readonly kind: 'text';
  readonly itemSize: number;
  decodeTexts(bytes: Buffer, count: number, bigEndian: boolean): readonly string[];
}

export type ElementType = NumberType | TextType;

const MAGIC = '\x93NUMPY';

function headerOf(bytes: Buffer, path: string): { readonly text: string; readonly start: number } {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw formatError(
      path,
      { offset: 0 },
      'not an npy array: it does not start with \\x93NUMPY',
      'save it with numpy.save',
    );
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) {
    throw formatError(path, { offset: 6 }, `version ${version} of the npy format, 1 to 3 are read`, 'save it again');
  }
  const textStart = version === 1 ? 10 : 12;
  if (bytes.length < textStart)
    throw formatError(path, { offset: bytes.length }, 'cut off in the header', 'copy it again');
  const start = textStart + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  if (start > bytes.length) throw formatError(path, { offset: bytes.length }, 'cut off in the header', 'copy it again');
  return { text: bytes.toString(version === 3 ? 'utf8' : 'latin1', textStart, start), start };
}

function typeOf(letter: string, size: number): ElementType | undefined {
  switch (`${letter}${size}`) {
    case 'b1':
      return { kind: 'boolean', itemSize: 1, decode: asBytes };
    case 'u1':
      return { kind: 'byte', itemSize: 1, decode: asBytes };
    case 'i1':
      return { kind: 'integer', itemSize: 1, decode: (bytes) => new Int8Array(ownBuffer(bytes)) };
    case 'u2':
      return { kind: 'integer', itemSize: 2, decode: (bytes) => new Uint16Array(ownBuffer(bytes)) };
    case 'i2':
      return { kind: 'integer', itemSize: 2, decode: (bytes) => new Int16Array(ownBuffer(bytes)) };
    case 'u4':
      return { kind: 'integer', itemSize: 4, decode: (bytes) => new Uint32Array(ownBuffer(bytes)) };
    case 'i4':
      return { kind: 'integer', itemSize: 4, decode: (bytes) => new Int32Array(ownBuffer(bytes)) };
    case 'u8':
      return {
        kind: 'integer',
        itemSize: 8,
        decode: (bytes) => Float64Array.from(new BigUint64Array(ownBuffer(bytes)), Number),
      };
    case 'i8':
      return {
        kind: 'integer',
        itemSize: 8,
        decode: (bytes) => Float64Array.from(new BigInt64Array(ownBuffer(bytes)), Number),
      };
    case 'f2':
      return {
        kind: 'float',
        itemSize: 2,
        decode: (bytes) => Float32Array.from(new Uint16Array(ownBuffer(bytes)), halfToNumber),
      };
    case 'f4':
      return { kind: 'float', itemSize: 4, decode: (bytes) => new Float32Array(ownBuffer(bytes)) };
    case 'f8':
      return { kind: 'float', itemSize: 8, decode: (bytes) => new Float64Array(ownBuffer(bytes)) };
  }
  if (letter === 'S' && size > 0)
    return { kind: 'text', itemSize: size, decodeTexts: (bytes, count) => bytesToTexts(bytes, count, size) };
  if (letter === 'U' && size > 0) {
    return {
      kind: 'text',
      itemSize: 4 * size,
      decodeTexts: (bytes, count, bigEndian) => utf32ToTexts(bytes, count, size, bigEndian),
    };
  }
  return undefined;
}

/** Makes a copy if the elements are big endian: every machine on which the engine runs is little endian. */
function inNativeOrder(bytes: Buffer, itemSize: number, bigEndian: boolean): Buffer {
  if (!bigEndian || itemSize === 1) return bytes;
  const copy = Buffer.from(bytes);
  return itemSize === 2 ? copy.swap16() : itemSize === 4 ? copy.swap32() : copy.swap64();
}

const asBytes = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

/** Typed arrays need their elements at multiples of their size, so the bytes are copied. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** IEEE 754 binary16. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * integerPower(2, exponent - 15);
}

/** UTF-8, or else windows-1252, which has no errors. */
function bytesToTexts(bytes: Buffer, count: number, size: number): string[] {
  const textsAs = (decoder: InstanceType<typeof TextDecoder>): string[] =>
    Array.from({ length: count }, (_, i) => withoutPadding(decoder.decode(bytes.subarray(i * size, (i + 1) * size))));
  try {
    return textsAs(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }));
  } catch {
    return textsAs(new TextDecoder('windows-1252'));
  }
}

function utf32ToTexts(bytes: Buffer, count: number, size: number, bigEndian: boolean): string[] {
  const codePoint = (at: number): string => {
    const value = bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    return value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd';
  };
  return Array.from({ length: count }, (_, i) =>
    withoutPadding(Array.from({ length: size }, (_, k) => codePoint(4 * (i * size + k))).join('')),
  );
}

function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

function stridesOf(shape: readonly number[], fortran: boolean): number[] {
  const strides = shape.map(() => 1);
  const axes = shape.map((_, axis) => axis);
  let stride = 1;
  for (const axis of fortran ? axes : axes.reverse()) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

const shortened = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text.trim());
