// Windows bitmaps without compression: palettes of 1, 4 and 8 bits, and colours of 16, 24 and 32 bits.

import { checkLength, checkSize, type Raster, type RasterHeader } from './raster.ts';

/** @throws {Error} if it is cut off, compressed, or contradicts itself. */
export function readBmpHeader(bytes: Uint8Array): RasterHeader {
  const { height, width, masks } = parseHeader(bytes);
  return { height, width, deep: false, hasAlpha: masks?.[3] !== undefined };
}

/** @throws {Error} if it is cut off, compressed, or contradicts itself. */
export function decodeBmp(bytes: Uint8Array): Raster {
  const header = parseHeader(bytes);
  const { height, width, bits, topDown, pixels, palette, masks } = header;
  const view = viewOf(bytes);
  const channels = masks?.[3] === undefined ? 3 : 4;
  const data = new Uint8Array(height * width * channels);
  // Rows are padded to multiples of four bytes.
  const rowSize = Math.ceil((width * bits) / 32) * 4;
  const scales = masks?.map(fieldOf);
  for (let row = 0; row < height; row++) {
    const from = pixels + (topDown ? row : height - 1 - row) * rowSize;
    for (let column = 0; column < width; column++) {
      const to = (row * width + column) * channels;
      if (palette !== undefined) {
        const at = from + Math.floor((column * bits) / 8);
        const index = (view.getUint8(at) >> (8 - bits - ((column * bits) % 8))) & ((1 << bits) - 1);
        if (index >= palette.count) {
          throw new Error(`it uses colour ${index}, but its palette has ${palette.count}`);
        }
        const colour = palette.offset + index * palette.entrySize;
        for (let channel = 0; channel < 3; channel++) data[to + channel] = view.getUint8(colour + 2 - channel);
      } else if (scales === undefined) {
        const at = from + column * (bits / 8);
        for (let channel = 0; channel < 3; channel++) data[to + channel] = view.getUint8(at + 2 - channel);
      } else {
        const value = bits === 16 ? view.getUint16(from + column * 2, true) : view.getUint32(from + column * 4, true);
        for (let channel = 0; channel < channels; channel++) data[to + channel] = scales[channel]?.(value) ?? 0;
      }
    }
  }
  return { height, width, channels, data };
}

interface Header {
  readonly height: number;
  readonly width: number;
  readonly bits: number;
  readonly topDown: boolean;
  /** Where the rows start. */
  readonly pixels: number;
  readonly palette?: { readonly offset: number; readonly count: number; readonly entrySize: number };
  /** Of red, green, blue and, if it is used, alpha. */
  readonly masks?: readonly number[];
}

const FILE_HEADER = 14;
const COMPRESSION = { none: 0, bitFields: 3, alphaBitFields: 6 } as const;

function parseHeader(bytes: Uint8Array): Header {
  checkLength(bytes, FILE_HEADER + 12);
  const view = viewOf(bytes);
  const pixels = view.getUint32(10, true);
  const headerSize = view.getUint32(FILE_HEADER, true);
  checkLength(bytes, FILE_HEADER + headerSize);
  const early = headerSize === 12;
  const width = early ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = early ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(early ? 24 : 28, true);
  const compression = headerSize < 40 ? COMPRESSION.none : view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  checkSize(height, width);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`it has ${bits} bits per pixel, which no BMP has`);
  const hasFields = compression === COMPRESSION.bitFields || compression === COMPRESSION.alphaBitFields;
  if (compression !== COMPRESSION.none && !(hasFields && bits >= 16)) {
    throw new Error(
      `it is a compressed BMP (method ${compression}), which is not read; this converts it: magick IN.bmp OUT.png`,
    );
  }
  checkLength(bytes, pixels + Math.ceil((width * bits) / 32) * 4 * height);
  const size = { height, width, bits, topDown: signedHeight < 0, pixels };
  if (bits <= 8) {
    const used = headerSize < 40 ? 0 : view.getUint32(46, true);
    const entrySize = early ? 3 : 4;
    const offset = FILE_HEADER + headerSize;
    // Some writers announce fewer colours than there is room for, none more than fit before the pixels.
    const count = Math.min(used === 0 ? 1 << bits : used, 1 << bits, Math.floor((pixels - offset) / entrySize));
    return { ...size, palette: { offset, count: Math.max(0, count), entrySize } };
  }
  if (hasFields) {
    const count = headerSize >= 56 || compression === COMPRESSION.alphaBitFields ? 4 : 3;
    checkLength(bytes, 54 + 4 * count);
    const masks = Array.from({ length: count }, (_, i) => view.getUint32(54 + 4 * i, true));
    return { ...size, masks: masks[3] === 0 ? masks.slice(0, 3) : masks };
  }
  return bits === 16 ? { ...size, masks: [0x7c00, 0x03e0, 0x001f] } : size;
}

/** Takes the bits of a mask out of a pixel and stretches them to 0..255. */
function fieldOf(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const largest = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / largest);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
