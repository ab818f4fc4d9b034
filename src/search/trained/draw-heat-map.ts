// A heat map as a picture: the image in grey, and over it, in colour, what speaks for a class.

import type { Sharp } from 'sharp';
import { loadSharp } from '../../data/pixels/open-image.ts';
import { toInterleaved } from '../../data/pixels/planes.ts';
import type { ImageShape } from '../../data/set/dataset.ts';

/** Images are enlarged by whole numbers to about this many pixels, so that their own pixels stay sharp. */
const SIDE = 224;
const GAP = 8;
/** Smaller effects may be chance: where there are no others, no part decides, and the map is drawn as weak. */
export const WEAKEST_TOP = 0.1;
/** How much the colour covers the grey image. */
const COVER = 0.62;

/** Pixels, interleaved red, green and blue. */
interface Raster {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/**
 * The image, and beside it the same in grey below the map: dark violet does not matter, yellow matters most.
 *
 * @param image    `[C, H, W]`, raw values 0..255.
 * @param effects  of `explainImage`. What speaks against the class is drawn as what does not matter.
 * @returns a PNG.
 */
export async function drawHeatMap(image: Uint8Array, shape: ImageShape, effects: Float32Array): Promise<Buffer> {
  const [left, right] = [enlarge(image, shape), overlay(image, shape, effects)];
  const { height } = left;
  const width = 2 * left.width + GAP;
  const pixels = new Uint8Array(3 * width * height).fill(255);
  for (let y = 0; y < height; y++) {
    const row = (raster: Raster) => raster.pixels.subarray(3 * y * raster.width, 3 * (y + 1) * raster.width);
    pixels.set(row(left), 3 * y * width);
    pixels.set(row(right), 3 * (y * width + left.width + GAP));
  }
  return (await toSharp({ height, width, pixels })).png().toBuffer();
}

/** The map over the grey image alone, as a JPEG, which is a fifth as large. */
export async function drawOverlay(image: Uint8Array, shape: ImageShape, effects: Float32Array): Promise<Buffer> {
  return (await toSharp(overlay(image, shape, effects))).jpeg({ quality: 85 }).toBuffer();
}

function overlay(image: Uint8Array, shape: ImageShape, effects: Float32Array): Raster {
  const { height, width, pixels } = enlarge(image, shape);
  const top = effects.reduce((most, effect) => Math.max(most, effect), WEAKEST_TOP);
  const factor = width / shape.width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const [red = 0, green = 0, blue = 0] = pixels.subarray(at, at + 3);
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
      const effect = interpolate(effects, shape, (y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5);
      for (const [channel, value] of colourOf(effect / top).entries()) {
        pixels[at + channel] = Math.round(grey + (value - grey) * COVER);
      }
    }
  }
  return { height, width, pixels };
}

function enlarge(image: Uint8Array, shape: ImageShape): Raster {
  const factor = Math.max(1, Math.round(SIDE / Math.max(shape.height, shape.width)));
  const [height, width] = [factor * shape.height, factor * shape.width];
  const interleaved = toInterleaved(image, shape.channels);
  const pixels = new Uint8Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / factor) * shape.width + Math.floor(x / factor)) * shape.channels;
      for (let channel = 0; channel < 3; channel++) {
        pixels[3 * (y * width + x) + channel] = interleaved[from + (shape.channels === 1 ? 0 : channel)] ?? 0;
      }
    }
  }
  return { height, width, pixels };
}

/** Bilinear, between the centres of pixels. */
function interpolate(values: Float32Array, { height, width }: ImageShape, y: number, x: number): number {
  const [down, across] = [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, x))];
  const [row, column] = [Math.floor(down), Math.floor(across)];
  const [below, right] = [Math.min(height - 1, row + 1), Math.min(width - 1, column + 1)];
  const inRow = (at: number): number => {
    const [before = 0, after = 0] = [values[at * width + column], values[at * width + right]];
    return before + (after - before) * (across - column);
  };
  return inRow(row) + (inRow(below) - inRow(row)) * (down - row);
}

/** Viridis (van der Walt and Smith 2015, CC0), in tenths: its lightness grows evenly, also for the colour-blind. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
] as const;

/** @param share  from 0 to 1; below is as 0. */
export function colourOf(share: number): readonly number[] {
  const at = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const [low, high] = [VIRIDIS[Math.floor(at)] ?? [], VIRIDIS[Math.ceil(at)] ?? []];
  return low.map((value, channel) => value + ((high[channel] ?? 0) - value) * (at - Math.floor(at)));
}

async function toSharp({ height, width, pixels }: Raster): Promise<Sharp> {
  const sharp = await loadSharp();
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
