// The fields of an entry in a zip directory whose length varies: its name, and the extra fields.

import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';

export interface EncodedName {
  readonly bytes: Buffer;
  /** General purpose bit flag. */
  readonly flags: number;
  /** All extra fields of the entry. */
  readonly extra: Buffer;
}

export interface DecodedName {
  readonly name: string;
  /** Of ASCII, UTF-8. */
  readonly encoding: 'utf-8' | 'cp437';
}

/**
 * The name of an entry as text: UTF-8 where bit 11 of the flags says so or an extra field of Info-ZIP has it. Without both,
 * the specification has code page 437. But many programs write UTF-8 without the bit, and what is UTF-8 makes no sense in code
 * page 437: its letters would stand after lines of boxes. So names that are UTF-8 are read as such.
 *
 * @returns undefined for a name that is said to be UTF-8, but is not.
 * @see APPNOTE.TXT 6.3.10 of PKWARE, sections 4.4.4, 4.6.9 and D.1.
 */
export function decodeEntryName({ bytes, flags, extra }: EncodedName): DecodedName | undefined {
  const utf8 = (flags & UTF_8_FLAG ? undefined : unicodePath(bytes, extra)) ?? decodeUtf8(bytes);
  if (utf8 !== undefined) return { name: utf8, encoding: 'utf-8' };
  return flags & UTF_8_FLAG ? undefined : { name: decodeCp437(bytes), encoding: 'cp437' };
}

/** The content of the first extra field with this number; of one that is cut off, what there is. */
export function findExtraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  return undefined;
}

const UTF_8_FLAG = 1 << 11;
/** Version (1 byte), CRC-32 of the name in the directory (4 bytes), the name in UTF-8. */
const UNICODE_PATH = { id: 0x7075, version: 1, headerSize: 5 };

/** Undefined if there is no such field, it is not UTF-8, or the entry has been renamed by a program that does not know it. */
function unicodePath(name: Buffer, extra: Buffer): string | undefined {
  const field = findExtraField(extra, UNICODE_PATH.id);
  if (field === undefined || field.length <= UNICODE_PATH.headerSize) return undefined;
  if (field[0] !== UNICODE_PATH.version || field.readUInt32LE(1) !== crc32(name)) return undefined;
  return decodeUtf8(field.subarray(UNICODE_PATH.headerSize));
}

/** Undefined if the bytes are something else. */
const decodeUtf8 = (bytes: Buffer): string | undefined => (isUtf8(bytes) ? bytes.toString() : undefined);

/** The characters of bytes 128 to 255; those before are ASCII. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

function decodeCp437(bytes: Buffer): string {
  return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : CP437.charAt(byte - 128))).join('');
}
