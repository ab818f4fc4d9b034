// What has to be known of an image before its data set's preparation is decided. Costs nothing for opaque images of 8 bits.

import type { OpenImage } from './open-image.ts';

export interface ImageMeasure {
  /** Of an image of 16 bits: the largest value of its colours. */
  readonly highest?: number;
  /** Of an image with an alpha channel. */
  readonly transparency?: {
    /** 0: opaque; 1: nothing to be seen. */
    readonly share: number;
    /** Mean over what is opaque, in the units of the image: up to 255, or as `highest`. */
    readonly luminance: number;
  };
}

/** @throws {Error} if the image is damaged. */
export async function measureImage({ header, pixels }: OpenImage): Promise<ImageMeasure> {
  if (header.deep) return measureDeep(pixels, header.hasAlpha, header.height * header.width);
  if (!header.hasAlpha) return {};
  const { data, info } = await pixels()
    .resize({ ...SMALL, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return transparencyOf(data, info.channels, 255);
}

/** Enough to tell dark from bright. */
const SMALL = { height: 256, width: 256 } as const;
/** Of a larger image, some pixels are left out: all would not fit in memory. */
const MOST_PIXELS = 2 ** 24;

async function measureDeep(pixels: OpenImage['pixels'], hasAlpha: boolean, pixelCount: number): Promise<ImageMeasure> {
  const side = Math.floor(Math.sqrt(MOST_PIXELS));
  const image = pixels();
  if (pixelCount > MOST_PIXELS) image.resize({ height: side, width: side, fit: 'inside', kernel: 'nearest' });
  const { data, info } = await image
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const values = shortsOf(data);
  const { channels } = info;
  let highest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > highest && !(hasAlpha && i % channels === channels - 1)) highest = value;
  }
  return { highest, ...(hasAlpha && transparencyOf(values, channels, 65_535)) };
}

/** The 16-bit numbers of raw pixels. */
export function shortsOf(data: Buffer): Uint16Array {
  return new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
}

/** @param pixels  `[height, width, channels]`, alpha last. */
function transparencyOf(pixels: ArrayLike<number>, channels: number, opaque: number): ImageMeasure {
  let [alphaSum, lightSum] = [0, 0];
  const isGrey = channels < 4;
  for (let i = 0; i < pixels.length; i += channels) {
    const [red = 0, green = 0, blue = 0] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    const alpha = pixels[i + channels - 1] ?? 0;
    alphaSum += alpha;
    lightSum += alpha * (isGrey ? red : 0.299 * red + 0.587 * green + 0.114 * blue);
  }
  const share = 1 - alphaSum / (opaque * (pixels.length / channels));
  return { transparency: { share, luminance: alphaSum === 0 ? 0 : lightSum / alphaSum } };
}
