import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { noiseImages } from '../../../test/support/small-model.ts';
import { colourOf, drawHeatMap, drawOverlay } from './draw-heat-map.ts';

async function pixelsOf(picture: Buffer) {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => [
    ...data.subarray(info.channels * (y * info.width + x)).subarray(0, 3),
  ];
  return { width: info.width, height: info.height, at };
}

describe('drawHeatMap', () => {
  it.each([
    [{ channels: 1, height: 28, width: 28 }, 8],
    [{ channels: 3, height: 20, width: 32 }, 7],
    [{ channels: 3, height: 300, width: 200 }, 1],
  ])('shows the image with sharp pixels, and the map beside it: %o', async (shape, factor) => {
    const image = noiseImages(1, shape);
    const effects = new Float32Array(shape.height * shape.width);
    const { width, height, at } = await pixelsOf(await drawHeatMap(image, shape, effects));
    expect([width, height]).toEqual([2 * factor * shape.width + 8, factor * shape.height]);
    const area = shape.height * shape.width;
    for (const [row, column] of [
      [0, 0],
      [3, 11],
      [shape.height - 1, shape.width - 1],
    ] as const) {
      const pixel = [0, 1, 2].map((channel) => image[(channel % shape.channels) * area + row * shape.width + column]);
      for (const inside of [0, factor - 1]) {
        expect(at(factor * column + inside, factor * row + inside)).toEqual(pixel);
      }
    }
  });

  it('is brightest where the effect is largest', async () => {
    const shape = { channels: 1, height: 9, width: 9 };
    const effects = Float32Array.from({ length: 81 }, (_, i) => (i === 9 * 2 + 6 ? 0.5 : -0.5));
    const { at, width, height } = await pixelsOf(await drawHeatMap(new Uint8Array(81).fill(128), shape, effects));
    const factor = height / 9;
    const lightness = (column: number, row: number): number =>
      lightnessOf(at(width - height + Math.floor(factor * (column + 0.5)), Math.floor(factor * (row + 0.5))));
    for (let i = 0; i < 81; i++) {
      if (i !== 9 * 2 + 6) expect(lightness(i % 9, Math.floor(i / 9))).toBeLessThan(lightness(6, 2) - 20);
    }
  });

  it('draws a map of chance effects as a weak one', async () => {
    const shape = { channels: 1, height: 4, width: 4 };
    const image = new Uint8Array(16).fill(100);
    const overlayOf = async (effect: number) =>
      (await pixelsOf(await drawOverlay(image, shape, new Float32Array(16).fill(effect)))).at(100, 100);
    const [none, chance, strong, stronger] = await Promise.all([0, 0.01, 0.2, 0.8].map(overlayOf));
    expect(lightnessOf(chance ?? [])).toBeLessThan(lightnessOf(none ?? []) + 8);
    expect(lightnessOf(strong ?? [])).toBeGreaterThan(lightnessOf(none ?? []) + 25);
    expect(stronger).toEqual(strong);
  });
});

describe('its colours', () => {
  // Machado, Oliveira, Fernandes 2009, severity 1.
  const VISION = {
    everybody: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  };

  it.each(Object.entries(VISION))('grow lighter in even steps for %s', (_, matrix) => {
    const steps = Array.from({ length: 11 }, (_step, i) => lightnessOf(colourOf(i / 10), matrix));
    for (let i = 1; i < steps.length; i++) {
      const step = (steps[i] ?? 0) - (steps[i - 1] ?? 0);
      expect(step).toBeGreaterThan(4);
      expect(step).toBeLessThan(13);
    }
  });

  it('end where the scale ends', () => {
    expect(colourOf(-3)).toEqual(colourOf(0));
    expect(colourOf(2)).toEqual(colourOf(1));
  });
});

/** L* of CIE 1976, of an sRGB colour that is seen through a matrix on linear values. */
function lightnessOf(colour: readonly number[], matrix: readonly number[] = [1, 0, 0, 0, 1, 0, 0, 0, 1]): number {
  const linear = colour.map((value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const [red = 0, green = 0, blue = 0] = [0, 3, 6].map((row) =>
    linear.reduce((sum, value, i) => sum + value * (matrix[row + i] ?? 0), 0),
  );
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
}
