// One encoded image, opened: what its header says, and its pixels for further steps.

import type { Sharp } from 'sharp';
import { decodeBmp, readBmpHeader } from './decoders/bmp.ts';
import { decodeNetpbm, readNetpbmHeader } from './decoders/netpbm.ts';
import { readPlainHeader } from './decoders/plain-header.ts';
import { checkLargestSide, type Raster, type RasterHeader } from './decoders/raster.ts';
import { formatOf, type ImageFormat } from './image-formats.ts';

export interface OpenImage {
  /** Height and width after the EXIF orientation is applied. */
  readonly header: RasterHeader;
  /** The pixels, not yet turned. Each call decodes them again. */
  readonly pixels: () => Sharp;
}

/**
 * Opens an image, told by its content, and reads its header only.
 *
 * @throws {Error} if the format is not read, or the header is damaged or announces an absurd size.
 */
export async function openImage(bytes: Uint8Array): Promise<OpenImage> {
  const format = formatOf(bytes);
  const sharp = await loadSharp();
  const decoder = DECODERS[format];
  if (decoder !== undefined) {
    const header = decoder.header(bytes);
    return {
      header,
      pixels: () => {
        const { height, width, channels, data } = decoder.decode(bytes);
        return sharp(data, { raw: { height, width, channels } });
      },
    };
  }
  checkPngSides(bytes, format);
  const pixels = (): Sharp => sharp(bytes, STRICT);
  const plain = plainHeaderOf(bytes, format);
  if (plain !== undefined) return { header: plain, pixels };
  const { autoOrient, depth, hasAlpha, pages = 1 } = await sharp(bytes, STRICT).metadata();
  checkLargestSide(autoOrient.height, autoOrient.width);
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new Error(
      `its numbers are of the type ${depth}, but images of 8 or 16 bits per channel are read; this converts it: magick IN -depth 16 OUT.png`,
    );
  }
  // AVIF says how many bits it has, and they are stretched to 16.
  const deep = depth === 'ushort' && format !== 'avif';
  return {
    header: { height: autoOrient.height, width: autoOrient.width, deep, hasAlpha, ...(pages > 1 && { pages }) },
    pixels,
  };
}

/** Opens an image of which nothing need be known but its pixels: for common formats, without reading the header twice. */
export async function openPixels(bytes: Uint8Array): Promise<OpenPixels> {
  const format = formatOf(bytes);
  if (format !== 'png' && format !== 'jpeg' && format !== 'webp') return { image: (await openImage(bytes)).pixels() };
  checkPngSides(bytes, format);
  const image = (await loadSharp())(bytes, STRICT);
  return { image, plainHeader: plainHeaderOf(bytes, format) };
}

export interface OpenPixels {
  readonly image: Sharp;
  /** Undefined if the image may be turned, transparent or of more than 8 bits. */
  readonly plainHeader?: RasterHeader | undefined;
}

function plainHeaderOf(bytes: Uint8Array, format: ImageFormat): RasterHeader | undefined {
  return format === 'jpeg' || format === 'png' ? readPlainHeader(bytes, format) : undefined;
}

/** Loaded only when needed: its libraries take a good part of a command's start. */
export async function loadSharp(): Promise<typeof import('sharp').default> {
  return (await import('sharp')).default;
}

const STRICT = { failOn: 'error' } as const;

const DECODERS: Partial<
  Record<ImageFormat, { header: (bytes: Uint8Array) => RasterHeader; decode: (bytes: Uint8Array) => Raster }>
> = {
  bmp: { header: readBmpHeader, decode: decodeBmp },
  netpbm: { header: readNetpbmHeader, decode: decodeNetpbm },
};

/** Before the library sees them. */
function checkPngSides(bytes: Uint8Array, format: ImageFormat): void {
  if (format !== 'png') return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 24);
  checkLargestSide(view.getUint32(20), view.getUint32(16));
}
