// Pictures that are known without being stored: their pixels are a function of a class and a number.

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { imageSizeOf } from '../../../src/data/set/dataset.ts';
import { encodePng } from '../data-fixtures.ts';
import { encodeColourBmp } from '../image-fixtures.ts';

export const PICTURE_SHAPE = { channels: 3, height: 8, width: 8 } as const;
export const GREY_SHAPE = { channels: 1, height: 8, width: 8 } as const;

export type PictureFormat = 'png' | 'jpeg' | 'gif' | 'tiff' | 'bmp' | 'ppm';

export interface Picture {
  readonly className: string;
  readonly index: number;
  /** PNG if undefined. */
  readonly format?: PictureFormat | undefined;
}

/** `[3, 8, 8]`; different for each class and number. */
export function colourPixels({ className, index }: Picture): Uint8Array {
  const size = imageSizeOf(PICTURE_SHAPE);
  const blocks = Array.from({ length: size / 32 }, (_, block) =>
    createHash('sha256').update(`${className} ${index} ${block}`).digest(),
  );
  return new Uint8Array(Buffer.concat(blocks));
}

/** `[1, 8, 8]`. */
export const greyPixels = (picture: Picture): Uint8Array => colourPixels(picture).subarray(0, imageSizeOf(GREY_SHAPE));

/** The pixels of a picture once it is encoded: JPEG and GIF change them, which is no matter of the loader. */
export async function encodedPixels(picture: Picture): Promise<Uint8Array> {
  if (picture.format !== 'jpeg' && picture.format !== 'gif') return colourPixels(picture);
  const raw = await sharp(await encodePicture(picture))
    .removeAlpha()
    .raw()
    .toBuffer();
  const plane = PICTURE_SHAPE.height * PICTURE_SHAPE.width;
  return Uint8Array.from(raw, (_, i) => raw[(i % plane) * 3 + Math.floor(i / plane)] ?? 0);
}

const encoded = new Map<string, Promise<Uint8Array>>();

/** Each is encoded once for all tests. */
export function encodePicture(picture: Picture): Promise<Uint8Array> {
  const key = JSON.stringify([picture.className, picture.index, picture.format]);
  const known = encoded.get(key);
  if (known !== undefined) return known;
  const bytes = encode(picture);
  encoded.set(key, bytes);
  return bytes;
}

async function encode(picture: Picture): Promise<Uint8Array> {
  const planes = colourPixels(picture);
  if (picture.format === 'bmp') return encodeColourBmp(planes, PICTURE_SHAPE);
  const png = await encodePng(planes, PICTURE_SHAPE);
  if (picture.format === undefined || picture.format === 'png') return png;
  if (picture.format === 'ppm') {
    const raw = await sharp(png).raw().toBuffer();
    return Buffer.concat([Buffer.from(`P6\n${PICTURE_SHAPE.width} ${PICTURE_SHAPE.height}\n255\n`), raw]);
  }
  if (picture.format === 'tiff') return sharp(png).tiff({ compression: 'lzw' }).toBuffer();
  return sharp(png).toFormat(picture.format).toBuffer();
}
