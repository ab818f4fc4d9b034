// Images of a data set for a page.

import { toInterleaved } from '../../data/pixels/planes.ts';
import { type Examples, imageSizeOf, readImages } from '../../data/set/dataset.ts';
import type { ImageShape } from '../../genome/image-shape.ts';

/** One image as a PNG of its own size. */
export async function pngOf(examples: Examples, shape: ImageShape, index: number): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const { channels, width, height } = shape;
  const planes = readImages(examples, imageSizeOf(shape), index, index + 1);
  return sharp(toInterleaved(planes, channels), { raw: { width, height, channels: channels === 1 ? 1 : 3 } })
    .png()
    .toBuffer();
}

export const dataUri = (image: Buffer, type: 'png' | 'jpeg' = 'png'): string =>
  `data:image/${type};base64,${image.toString('base64')}`;
