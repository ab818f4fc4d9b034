// Image files that have to be prepared: turned, converted to sRGB, laid on the ground, or cut from 16 bits.

import sharp from 'sharp';
import { encodeColourBmp, encodeDeepPng, encodeRgba, encodeTiff } from './image-fixtures.ts';

/** Of all images, once they are upright. */
export const PREPARED_SIZE = { height: 10, width: 12 } as const;

const { height, width } = PREPARED_SIZE;
const count = height * width;

/** Smooth colours, which JPEG keeps well. */
const colours = Uint8Array.from({ length: 3 * count }, (_, i) => {
  const [row, column] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width];
  return [column * 20, row * 24, 255 - column * 10 - row * 8][i % 3] ?? 0;
});
const withAlpha = Array.from({ length: 4 * count }, (_, i) =>
  i % 4 === 3 ? (Math.floor(i / 4) * 37) % 256 : (colours[3 * Math.floor(i / 4) + (i % 4)] ?? 0),
);
const planes = Uint8Array.from({ length: 3 * count }, (_, i) => colours[3 * (i % count) + Math.floor(i / count)] ?? 0);

const image = () => sharp(colours, { raw: { height, width, channels: 3 } });
/** Lies on its side. */
const turned = () =>
  sharp(colours, { raw: { height: width, width: height, channels: 3 } }).withMetadata({ orientation: 6 });
const transparent = async () => sharp(await encodeRgba(withAlpha, PREPARED_SIZE));

/** Files by name. */
export async function preparedImages(): Promise<ReadonlyMap<string, Buffer>> {
  const jpeg = { quality: 100, chromaSubsampling: '4:4:4' };
  const grey = Array.from({ length: count }, (_, i) => i * 540);
  return new Map([
    ['plain.png', await image().png().toBuffer()],
    ['turned.jpg', await turned().jpeg(jpeg).toBuffer()],
    ['turned.webp', await turned().webp({ lossless: true }).toBuffer()],
    ['turned.png', await turned().png().toBuffer()],
    ['turned.tif', await turned().tiff({ compression: 'none' }).toBuffer()],
    ['cmyk.jpg', await image().toColourspace('cmyk').jpeg(jpeg).toBuffer()],
    ['cmyk-profile.jpg', await image().toColourspace('cmyk').withIccProfile('cmyk').jpeg(jpeg).toBuffer()],
    ['profile.jpg', await image().withIccProfile('p3').jpeg(jpeg).toBuffer()],
    ['profile.png', await image().withIccProfile('p3').png().toBuffer()],
    ['transparent.png', await encodeRgba(withAlpha, PREPARED_SIZE)],
    ['transparent-grey.png', await (await transparent()).toColourspace('b-w').png().toBuffer()],
    ['transparent-palette.png', await (await transparent()).png({ palette: true }).toBuffer()],
    ['transparent.webp', await (await transparent()).webp({ lossless: true }).toBuffer()],
    ['transparent.gif', await (await transparent()).gif().toBuffer()],
    ['deep-grey.png', await encodeDeepPng(grey, PREPARED_SIZE)],
    ['deep-grey.tif', encodeTiff(grey, PREPARED_SIZE, 16)],
    [
      'deep-colour.png',
      await encodeDeepPng(
        Array.from(colours, (value) => value * 250),
        PREPARED_SIZE,
        3,
      ),
    ],
    [
      'deep-transparent.png',
      await encodeDeepPng(
        Array.from(withAlpha, (value) => value * 257),
        PREPARED_SIZE,
        4,
      ),
    ],
    [
      'float.tif',
      encodeTiff(
        Array.from({ length: count }, (_, i) => i / count),
        PREPARED_SIZE,
        32,
      ),
    ],
    ['plain.bmp', encodeColourBmp(planes, PREPARED_SIZE)],
    [
      '12-bits.png',
      await encodeDeepPng(
        Array.from({ length: count }, (_, i) => i * 34),
        PREPARED_SIZE,
      ),
    ],
    [
      '12-bits.tif',
      encodeTiff(
        Array.from({ length: count }, (_, i) => i * 34),
        PREPARED_SIZE,
        16,
      ),
    ],
    [
      '12-bits-colour.png',
      await encodeDeepPng(
        Array.from(colours, (value) => value * 16),
        PREPARED_SIZE,
        3,
      ),
    ],
    ['narrow.png', await encodeRgba(withAlpha.slice(0, 4 * height * 6), { height, width: 6 })],
  ]);
}
