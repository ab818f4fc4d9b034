// Text in the encodings that people have → UTF-8. No byte becomes the sign for an unknown character: what cannot be decoded
// beyond doubt is refused.

import { isAscii, isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import type { DataFormatError } from '../../errors.ts';
import { formatError } from '../../files/format-error.ts';

export interface DecodedText {
  /** Without a byte-order mark. */
  readonly text: string;
  readonly encoding: TextEncoding;
  /** A sentence for the user, if the encoding is a guess. */
  readonly note?: string;
}

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/**
 * The text of a whole file: UTF-8; UTF-16 if it begins with a byte-order mark or every other byte is zero; otherwise
 * windows-1252, which Excel writes on Windows.
 *
 * @param path  for messages.
 * @throws {DataFormatError} with the byte offset, for text that is in none of them, or in two at once.
 */
export function decodeText(bytes: Uint8Array, path: string): DecodedText {
  let note: string | undefined;
  const transcoder = createTranscoder(path, (found) => {
    note = found;
  });
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = Buffer.concat([transcoder.push(whole), transcoder.end()]).toString();
  return { text, encoding: transcoder.encoding(), ...(note !== undefined && { note }) };
}

/**
 * The bytes of a file piece by piece → the same text in UTF-8, without a byte-order mark. Pieces that are UTF-8 are passed on
 * as they are.
 *
 * @param report  is called with a sentence for the user, if the encoding is a guess, as soon as it is made.
 * @throws as `decodeText` does.
 */
export async function* decodePieces(
  path: string,
  pieces: AsyncIterable<Buffer>,
  report: (note: string) => void,
): AsyncGenerator<Buffer, void> {
  const transcoder = createTranscoder(path, report);
  for await (const piece of pieces) {
    const text = transcoder.push(piece);
    if (text.length > 0) yield text;
  }
  const rest = transcoder.end();
  if (rest.length > 0) yield rest;
}

interface Transcoder {
  push(piece: Buffer): Buffer;
  end(): Buffer;
  encoding(): TextEncoding;
}

const CURE = 'save it again as UTF-8 (Excel: CSV UTF-8)';
/** As many bytes show whether every other one is zero. */
const SAMPLE = 1024;
const EMPTY = Buffer.alloc(0);

function createTranscoder(path: string, report: (note: string) => void): Transcoder {
  let decoder: Decoder | undefined;
  /** The beginning of the file, until it suffices to tell UTF-16; after that, the beginning of a character. */
  let pending: Buffer = EMPTY;
  /** Of what is pending. */
  let offset = 0;

  const decode = (bytes: Buffer, isLast: boolean): Buffer => {
    let input = bytes;
    let start = offset;
    const fail: Fail = (at, what) => formatError(path, { offset: start + at }, what, CURE);
    if (decoder === undefined) {
      if (bytes.length < SAMPLE && !isLast) {
        pending = bytes;
        return EMPTY;
      }
      const { mark, isGuess, ...found } = detectEncoding(bytes);
      decoder = found.decoder;
      if (isGuess) report(`${basename(path)} was read as UTF-16, since every other byte is zero.`);
      input = bytes.subarray(mark);
      start += mark;
    }
    let result = decoder.decode(input, isLast, fail);
    if (result === undefined) {
      decoder = WINDOWS_1252;
      result = WINDOWS_1252.decode(input, isLast, fail);
      report(`${basename(path)} is not UTF-8: it was read as windows-1252.`);
    }
    offset = start + input.length - result.rest;
    pending = input.subarray(input.length - result.rest);
    if (result.text.includes(0)) {
      const at = decoder.encoding.startsWith('utf-16') ? 0 : input.indexOf(0);
      throw fail(at, 'a character of code 0, so this is not a text, or its encoding is not known');
    }
    return result.text;
  };
  return {
    push: (piece) => decode(pending.length === 0 ? piece : Buffer.concat([pending, piece]), false),
    end: () => decode(pending, true),
    encoding: () => decoder?.encoding ?? 'utf-8',
  };
}

type Fail = (at: number, what: string) => DataFormatError;

interface Decoded {
  /** UTF-8. */
  readonly text: Buffer;
  /** The number of bytes at the end that begin a character. */
  readonly rest: number;
}

interface Decoder {
  readonly encoding: TextEncoding;
  /** @returns undefined if the text is in another encoding. */
  decode(bytes: Buffer, isLast: boolean, fail: Fail): Decoded | undefined;
}

interface Start {
  readonly decoder: Decoder;
  /** Length of the byte-order mark. */
  readonly mark: number;
  readonly isGuess?: boolean;
}

function detectEncoding(bytes: Buffer): Start {
  const startsWith = (...mark: readonly number[]): boolean => mark.every((byte, i) => bytes[i] === byte);
  if (startsWith(0xef, 0xbb, 0xbf)) return { decoder: utf8(true), mark: 3 };
  if (startsWith(0xff, 0xfe)) return { decoder: utf16('utf-16le'), mark: 2 };
  if (startsWith(0xfe, 0xff)) return { decoder: utf16('utf-16be'), mark: 2 };
  const sample = bytes.subarray(0, SAMPLE);
  const zerosAt = (parity: number): number => sample.filter((byte, i) => byte === 0 && i % 2 === parity).length;
  const half = Math.floor(sample.length / 2);
  // Names and numbers are mostly ASCII, even beside labels in other scripts.
  const isHigh = (zeros: number, others: number): boolean => half > 1 && others === 0 && zeros > 0.5 * half;
  if (isHigh(zerosAt(1), zerosAt(0))) return { decoder: utf16('utf-16le'), mark: 0, isGuess: true };
  if (isHigh(zerosAt(0), zerosAt(1))) return { decoder: utf16('utf-16be'), mark: 0, isGuess: true };
  return { decoder: utf8(false), mark: 0 };
}

/** @param isCertain  that it is UTF-8; otherwise the first characters beyond ASCII tell. */
function utf8(isCertain: boolean): Decoder {
  let isSure = isCertain;
  return {
    encoding: 'utf-8',
    decode(bytes, isLast, fail) {
      if (isAscii(bytes)) return { text: bytes, rest: 0 };
      const rest = isLast ? 0 : unfinished(bytes);
      const text = bytes.subarray(0, bytes.length - rest);
      if (isUtf8(text)) {
        isSure ||= !isAscii(text);
        return { text, rest };
      }
      const { at, characters } = charactersUntilFault(text);
      // What came before was ASCII, which is the same in both encodings.
      if (!isSure && characters === 0) return undefined;
      throw fail(at, `byte ${hexOf(text[at])}${after(text, at)} is not UTF-8, but the text before it is`);
    },
  };
}

/** The number of bytes at the end that may begin a character of UTF-8. */
function unfinished(bytes: Buffer): number {
  for (let length = 1; length <= 3 && length <= bytes.length; length++) {
    const byte = bytes[bytes.length - length] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > length ? length : 0;
  }
  return 0;
}

/** Bytes of a character that begins with this byte. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

/** Where the bytes stop being UTF-8, and how many characters beyond ASCII come before. */
function charactersUntilFault(bytes: Buffer): { readonly at: number; readonly characters: number } {
  let at = 0;
  let characters = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    if (!isUtf8(bytes.subarray(at, at + length))) break;
    if (length > 1) characters++;
    at += length;
  }
  return { at, characters };
}

function utf16(encoding: 'utf-16le' | 'utf-16be'): Decoder {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return {
    encoding,
    decode(bytes, isLast, fail) {
      try {
        return { text: Buffer.from(decoder.decode(bytes, { stream: !isLast })), rest: 0 };
      } catch {
        throw fail(0, 'what follows is not UTF-16 throughout, though the file begins as such');
      }
    },
  };
}

/** The characters of bytes 0x80 to 0x9f, of which the encoding leaves five out. The others are those of Latin-1. */
const BEYOND_LATIN_1 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';

const WINDOWS_1252 = {
  encoding: 'windows-1252',
  decode(bytes: Buffer, _: boolean, fail: Fail): Decoded {
    const unknown = bytes.findIndex((byte) => BEYOND_LATIN_1[byte - 0x80] === '\0');
    if (unknown >= 0) {
      throw fail(unknown, `byte ${hexOf(bytes[unknown])}${after(bytes, unknown)} is neither UTF-8 nor windows-1252`);
    }
    const text = bytes.toString('latin1').replace(/[\x80-\x9f]/g, (c) => BEYOND_LATIN_1.charAt(c.charCodeAt(0) - 0x80));
    return { text: Buffer.from(text), rest: 0 };
  },
} as const;

/** What stands before a byte in its line, if that is text. */
function after(bytes: Buffer, at: number): string {
  const line =
    bytes
      .subarray(Math.max(0, at - 40), at)
      .toString('latin1')
      .split('\n')
      .at(-1) ?? '';
  return /[!-~]/.test(line) ? ` after ${JSON.stringify(line.replace(/[^ -~]/g, '?'))}` : '';
}

const hexOf = (byte = 0): string => byte.toString(16).padStart(2, '0');
