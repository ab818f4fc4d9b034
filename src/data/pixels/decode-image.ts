// One encoded image → planes of unsigned bytes. Images for training and for prediction are decoded alike.

import type { ImageShape } from '../set/dataset.ts';
import type { TargetSize } from '../set/source.ts';
import { toPlanes } from './planes.ts';

/**
 * Decodes PNG, JPEG or WebP, told by content; of an animation, the first frame. Applies the EXIF orientation, lays
 * transparency on black, cuts 16 bits to 8, converts any colour space to sRGB, scales the image up or down to fit, with its
 * aspect kept (Lanczos 3), and adds black around it.
 *
 * @returns `[1, height, width]` if all channels are equal, otherwise `[3, height, width]`.
 * @throws {Error} if the bytes are not a complete image in a supported format.
 */
export async function decodeImage(bytes: Uint8Array, size: TargetSize): Promise<Uint8Array> {
  checkFormat(bytes);
  const sharp = await loadSharp();
  const { data, info } = await sharp(bytes, { failOn: 'error' })
    .autoOrient()
    .flatten({ background: BLACK })
    .resize({ ...size, fit: 'contain', background: BLACK })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toPlanes(data, info.channels);
}

/** Height and width after the EXIF orientation is applied, read from the image's header alone. */
export async function readImageSize(bytes: Uint8Array): Promise<TargetSize> {
  checkFormat(bytes);
  const sharp = await loadSharp();
  const { autoOrient } = await sharp(bytes, { failOn: 'error' }).metadata();
  return { height: autoOrient.height, width: autoOrient.width };
}

/**
 * Resizes raw pixels exactly as `decodeImage` does.
 *
 * @param planes  `[C, H, W]` of the given shape, C 1 or 3.
 * @returns `[1, height, width]` if all channels are equal, otherwise `[3, height, width]`.
 */
export async function resizePlanes(planes: Uint8Array, shape: ImageShape, size: TargetSize): Promise<Uint8Array> {
  const { channels, height, width } = shape;
  const planeSize = height * width;
  const interleaved = new Uint8Array(planes.length);
  for (let i = 0; i < planes.length; i++) {
    interleaved[(i % planeSize) * channels + Math.floor(i / planeSize)] = planes[i] ?? 0;
  }
  const sharp = await loadSharp();
  const { data, info } = await sharp(interleaved, { raw: { width, height, channels: channels === 1 ? 1 : 3 } })
    .resize({ ...size, fit: 'contain', background: BLACK })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toPlanes(data, info.channels);
}

/** Loaded only when needed: its libraries take a good part of a command's start. */
async function loadSharp(): Promise<typeof import('sharp').default> {
  return (await import('sharp')).default;
}

const BLACK = '#000';

/** The largest side that JPEG can have. A damaged PNG may announce two billion. */
const LARGEST_SIDE = 65_535;

/** Refuses what the decoder also knows (SVG, PDF): only these formats are promised and tested. */
function checkFormat(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new Error('the file is empty');
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(24, bytes.length));
  const text = header.toString('latin1');
  if (text.startsWith('\x89PNG') && header.length === 24) {
    const [width, height] = [header.readUInt32BE(16), header.readUInt32BE(20)];
    if (width > LARGEST_SIDE || height > LARGEST_SIDE) {
      throw new Error(`it announces ${height} × ${width} pixels, but at most ${LARGEST_SIDE} per side are read`);
    }
  } else if (!text.startsWith('\xff\xd8\xff') && !(text.startsWith('RIFF') && text.startsWith('WEBP', 8))) {
    throw new Error('its content is not PNG, JPEG or WebP');
  }
}
