// Pixels as a decoder gives them.

export interface Raster {
  readonly height: number;
  readonly width: number;
  /** 1: grey; 3: red, green, blue; 4: and alpha. */
  readonly channels: 1 | 3 | 4;
  /** `[height, width, channels]`. Sixteen bits hold the values as they are in the file, whatever its depth. */
  readonly data: Uint8Array | Uint16Array;
}

/** What the header of an image says. */
export interface RasterHeader {
  readonly height: number;
  readonly width: number;
  /** Samples have more than 8 bits. */
  readonly deep: boolean;
  readonly hasAlpha: boolean;
  /** Frames of an animation, or pages; absent if there is one. */
  readonly pages?: number | undefined;
}

/** The largest side that JPEG can have. A damaged file may announce two billion. */
const LARGEST_SIDE = 65_535;
/** As many as the library for the other formats decodes at most. */
const MOST_PIXELS = 268_402_689;

/** @throws {Error} if an image announces an absurd size. */
export function checkSize(height: number, width: number): void {
  if (height < 1 || width < 1) throw new Error(`it announces ${height} × ${width} pixels`);
  checkLargestSide(height, width);
  if (height * width <= MOST_PIXELS) return;
  throw new Error(`it announces ${height} × ${width} pixels, but at most ${MOST_PIXELS} in all are read`);
}

/** @throws {Error} if a side is absurd. */
export function checkLargestSide(height: number, width: number): void {
  if (height <= LARGEST_SIDE && width <= LARGEST_SIDE) return;
  throw new Error(`it announces ${height} × ${width} pixels, but at most ${LARGEST_SIDE} per side are read`);
}

/** @throws {Error} if there are fewer than `size` bytes. */
export function checkLength(bytes: Uint8Array, size: number): void {
  if (bytes.length < size) throw new Error(`it is cut off: ${bytes.length} bytes, but ${size} are needed`);
}
