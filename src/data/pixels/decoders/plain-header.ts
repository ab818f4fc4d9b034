// The headers of the JPEG and PNG files that nearly all data sets are made of. The library reads any header, but a small image takes
// it as long as a third of decoding.

import { checkSize, type RasterHeader } from './raster.ts';

/**
 * Reads the header of an opaque image of 8 bits that is not turned.
 *
 * @returns undefined if the image may be of another kind, or is damaged: then the library tells.
 * @throws {Error} if it announces an absurd size.
 */
export function readPlainHeader(bytes: Uint8Array, format: 'jpeg' | 'png'): RasterHeader | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sides = format === 'jpeg' ? jpegSides(buffer) : pngSides(buffer);
  if (sides === undefined || sides.height === 0 || sides.width === 0) return undefined;
  checkSize(sides.height, sides.width);
  return { ...sides, deep: false, hasAlpha: false };
}

type Sides = Pick<RasterHeader, 'height' | 'width'>;

/** ITU-T T.81, B.1 and B.2: segments of a marker and a length, one of which starts the frame. */
function jpegSides(bytes: Buffer): Sides | undefined {
  if (bytes.includes('Exif')) return undefined;
  let at = 2;
  while (at + FRAME_LENGTH <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2) {
      const [bits, height, width] = [bytes[at + 4], bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      const components = bytes[at + 9];
      return bits === 8 && (components === 1 || components === 3) ? { height, width } : undefined;
    }
    // Application data, comments, and tables, except those that change how the frame is read.
    if (!(marker >= 0xe0 || marker === 0xdb || marker === 0xc4 || marker === 0xdd)) return undefined;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Marker, length, bits, height, width, components. */
const FRAME_LENGTH = 10;

/** PNG, third edition, 5.2 and 11.2.1. The chunks of transparency and EXIF are looked for as text: a chance find only costs time. */
function pngSides(bytes: Buffer): Sides | undefined {
  if (!bytes.subarray(0, 16).equals(PNG_START) || bytes.length < 26) return undefined;
  const [width, height, bits = 16, colourType = 4] = [
    bytes.readUInt32BE(16),
    bytes.readUInt32BE(20),
    bytes[24],
    bytes[25],
  ];
  if (bits > 8 || !OPAQUE_TYPES.has(colourType) || bytes.includes('tRNS') || bytes.includes('eXIf')) return undefined;
  return { height, width };
}

const PNG_START = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
/** Grey, colours, palette. */
const OPAQUE_TYPES = new Set([0, 2, 3]);
