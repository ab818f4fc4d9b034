// One encoded image → planes of unsigned bytes. Images for training and for prediction are decoded alike.

import type { Sharp } from 'sharp';
import type { ImageShape } from '../set/dataset.ts';
import type { TargetSize } from '../set/source.ts';
import type { ImagePreparation } from './image-preparation.ts';
import { shortsOf } from './measure-image.ts';
import { loadSharp, openImage, openPixels } from './open-image.ts';
import { toInterleaved, toPlanes } from './planes.ts';

/**
 * Decodes an image of a format that is read (`IMAGE_FORMAT_LIST`), told by content; of an animation or several pages, the
 * first. Applies the EXIF orientation, lays transparency on the ground, turns 16 bits into 8, converts any colour space to
 * sRGB, scales the image up or down to fit, with its aspect kept (Lanczos 3), and fills the rest with the ground.
 *
 * The rest is like the ground because nothing is seen in either: the edge between them would tell of the aspect alone.
 *
 * @param preparation  of the data set.
 * @param fit          `fill`: the aspect is not kept, and nothing is left to be filled.
 * @returns `[1, height, width]` if all channels are equal, otherwise `[3, height, width]`.
 * @throws {Error} if the bytes are not a complete image in a supported format.
 */
export async function decodeImage(
  bytes: Uint8Array,
  size: TargetSize,
  { ground: asked, pixelRange }: ImagePreparation = {},
  fit: 'contain' | 'fill' = 'contain',
): Promise<Uint8Array> {
  const ground = asked ?? 'black';
  if (pixelRange !== undefined) {
    const { header, pixels } = await openImage(bytes);
    if (header.deep) return decodeDeep(pixels(), header.hasAlpha, size, ground, pixelRange);
  }
  const { image, plainHeader } = await openPixels(bytes);
  // Steps that change nothing still cost a tenth of decoding a small image.
  const isReady = plainHeader?.height === size.height && plainHeader.width === size.width;
  const fitted = isReady
    ? image
    : image
        .autoOrient()
        .flatten({ background: ground })
        .resize({ ...size, fit, background: ground });
  const { data, info } = await fitted.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return toPlanes(data, info.channels);
}

/** Height and width after the EXIF orientation is applied, read from the image's header alone. */
export async function readImageSize(bytes: Uint8Array): Promise<TargetSize> {
  const { height, width } = (await openImage(bytes)).header;
  return { height, width };
}

/**
 * A 16-bit image whose values from `low` to `high` become 0 to 255. It is scaled in 16 bits; then its values are stretched, and laid on the ground
 * by its alpha.
 */
async function decodeDeep(
  image: Sharp,
  hasAlpha: boolean,
  size: TargetSize,
  ground: 'black' | 'white',
  { low, high }: NonNullable<ImagePreparation['pixelRange']>,
): Promise<Uint8Array> {
  const { data, info } = await image
    .autoOrient()
    .resize({ ...size, fit: 'contain', background: hasAlpha ? '#0000' : ground })
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const values = shortsOf(data);
  const { channels } = info;
  const colours = hasAlpha ? channels - 1 : channels;
  const bytes = new Uint8Array((values.length / channels) * colours);
  const under = ground === 'white' ? 255 : 0;
  for (let i = 0, to = 0; i < values.length; i += channels) {
    const alpha = hasAlpha ? (values[i + channels - 1] ?? 0) / 65_535 : 1;
    for (let channel = 0; channel < colours; channel++) {
      // Scaling may go beyond what was there, and the ground does.
      const byte = Math.min(255, Math.max(0, (((values[i + channel] ?? 0) - low) * 255) / (high - low)));
      bytes[to++] = Math.round(alpha * byte + (1 - alpha) * under);
    }
  }
  return toPlanes(bytes, colours);
}

/**
 * Resizes raw pixels exactly as `decodeImage` does.
 *
 * @param planes  `[C, H, W]` of the given shape, C 1 or 3.
 * @returns `[1, height, width]` if all channels are equal, otherwise `[3, height, width]`.
 */
export async function resizePlanes(planes: Uint8Array, shape: ImageShape, size: TargetSize): Promise<Uint8Array> {
  const { channels, height, width } = shape;
  const sharp = await loadSharp();
  const { data, info } = await sharp(toInterleaved(planes, channels), {
    raw: { width, height, channels: channels === 1 ? 1 : 3 },
  })
    .resize({ ...size, fit: 'contain', background: BLACK })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toPlanes(data, info.channels);
}

const BLACK = '#000';
