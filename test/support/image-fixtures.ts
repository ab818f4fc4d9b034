// Encoded images that the library for images does not write, and those that are prepared in a special way.

import sharp from 'sharp';
import type { ImageShape } from '../../src/data/set/dataset.ts';

type Size = Pick<ImageShape, 'height' | 'width'>;

/** A 16-bit PNG. @param values  `[height, width, channels]`; alpha last. */
export function encodeDeepPng(
  values: ArrayLike<number>,
  { height, width }: Size,
  channels: 1 | 3 | 4 = 1,
): Promise<Buffer> {
  return sharp(Uint16Array.from(values), { raw: { height, width, channels } })
    .toColourspace(channels === 1 ? 'grey16' : 'rgb16')
    .png()
    .toBuffer();
}

/** A PNG with an alpha channel. @param pixels  red, green, blue and alpha of each. */
export function encodeRgba(pixels: ArrayLike<number>, { height, width }: Size): Promise<Buffer> {
  return sharp(Uint8Array.from(pixels), { raw: { height, width, channels: 4 } })
    .png()
    .toBuffer();
}

/** A square of a grey value in the middle, half the size of the image, on nothing. */
export function drawing(value: number, { height, width }: Size): Promise<Buffer> {
  const pixels = Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const isInside = row >= height / 4 && row < (3 * height) / 4 && column >= width / 4 && column < (3 * width) / 4;
    return [value, value, value, isInside ? 255 : 0];
  });
  return encodeRgba(pixels.flat(), { height, width });
}

/** A grey TIFF without compression, big endian, of 8 or 16 bits, or of 32-bit floats. */
export function encodeTiff(values: readonly number[], { height, width }: Size, bits: 8 | 16 | 32): Buffer {
  const data = Buffer.alloc((values.length * bits) / 8);
  for (const [i, value] of values.entries()) {
    if (bits === 8) data.writeUInt8(value, i);
    else if (bits === 16) data.writeUInt16BE(value, 2 * i);
    else data.writeFloatBE(value, 4 * i);
  }
  const [short, long] = [3, 4];
  const fields: readonly (readonly [tag: number, type: number, value: number])[] = [
    [256, long, width],
    [257, long, height],
    [258, short, bits],
    [259, short, 1],
    [262, short, 1],
    [273, long, 8],
    [277, short, 1],
    [278, long, height],
    [279, long, data.length],
    [339, short, bits === 32 ? 3 : 1],
  ];
  const padded = Buffer.concat([data, Buffer.alloc(data.length % 2)]);
  const directory = Buffer.alloc(2 + 12 * fields.length + 4);
  directory.writeUInt16BE(fields.length, 0);
  for (const [i, [tag, type, value]] of fields.entries()) {
    directory.writeUInt16BE(tag, 2 + 12 * i);
    directory.writeUInt16BE(type, 4 + 12 * i);
    directory.writeUInt32BE(1, 6 + 12 * i);
    if (type === short) directory.writeUInt16BE(value, 10 + 12 * i);
    else directory.writeUInt32BE(value, 10 + 12 * i);
  }
  const header = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 0]);
  header.writeUInt32BE(8 + padded.length, 4);
  return Buffer.concat([header, padded, directory]);
}

/** What a BMP is made of; rows from the bottom up unless `height` is negative. */
export interface BmpFields {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** Blue, green, red and zero of each. */
  readonly palette?: readonly (readonly number[])[];
  readonly masks?: readonly number[];
  /** As they lie in the file, each padded to a multiple of four bytes here. */
  readonly rows: readonly (readonly number[])[];
}

export function encodeBmp({ width, height, bits, compression = 0, palette = [], masks = [], rows }: BmpFields): Buffer {
  const padded = rows.flatMap((row) => [...row, ...Array.from({ length: -row.length & 3 }, () => 0)]);
  const header = Buffer.alloc(54);
  const offset = 54 + 4 * palette.length + 4 * masks.length;
  header.write('BM', 'latin1');
  header.writeUInt32LE(offset + padded.length, 2);
  header.writeUInt32LE(offset, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette.length, 46);
  const maskBytes = Buffer.alloc(4 * masks.length);
  for (const [i, mask] of masks.entries()) maskBytes.writeUInt32LE(mask, 4 * i);
  return Buffer.concat([header, maskBytes, Buffer.from(palette.flat()), Buffer.from(padded)]);
}

/** A BMP of 24 bits. @param planes  `[3, height, width]`. */
export function encodeColourBmp(planes: Uint8Array, { height, width }: Size): Buffer {
  const plane = height * width;
  const rows = Array.from({ length: height }, (_, fromBottom) =>
    Array.from({ length: 3 * width }, (_, i) => {
      const at = (height - 1 - fromBottom) * width + Math.floor(i / 3);
      return planes[(2 - (i % 3)) * plane + at] ?? 0;
    }),
  );
  return encodeBmp({ width, height, bits: 24, rows });
}

/** The start of a HEIC file, as phones write it. */
export const HEIC_START = Buffer.concat([
  Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
  Buffer.alloc(200, 7),
]);
