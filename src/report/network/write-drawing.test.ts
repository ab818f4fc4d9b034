import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { parseGenome } from '../../genome/text.ts';
import { drawArchitecture } from './architecture.ts';
import { writeDrawing } from './write-drawing.ts';

const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };

describe('writeDrawing', () => {
  it('writes SVG as it is, into a folder that it makes', async () => {
    const svg = drawArchitecture(parseGenome('8-8'), problem);
    const path = join(await temporaryFolder(), 'pictures', 'network.SVG');
    await writeDrawing(svg, path);
    expect(await readFile(path, 'utf8')).toBe(svg);
  });

  it('writes PNG twice as large, with the light colours', async () => {
    const svg = drawArchitecture(parseGenome('8-8'), problem);
    const height = Number(/ height="(\d+)"/.exec(svg)?.[1]);
    const path = join(await temporaryFolder(), 'network.png');
    await writeDrawing(svg, path);
    const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([720, 2 * height]);
    const pixel = (x: number, y: number): number[] => [
      ...data.subarray((y * info.width + x) * info.channels).subarray(0, 3),
    ];
    expect(pixel(700, height)).toEqual([0xff, 0xff, 0xff]);
    // Left of the word in the image's bar, which begins 8 units below the top.
    expect(pixel(2 * 90, 2 * 20)).toEqual([0xf7, 0xe3, 0xa9]);
  });

  it('writes a network of 85 layers as large as a PNG can be drawn', async () => {
    const svg = drawArchitecture(parseGenome(Array(85).fill('2-2').join('-')), problem);
    const path = join(await temporaryFolder(), 'deep.png');
    await writeDrawing(svg, path);
    const { width = 0, height = 0 } = await sharp(path, { limitInputPixels: false }).metadata();
    expect(height).toBeGreaterThan(30_000);
    expect(height).toBeLessThanOrEqual(32_767);
    expect(width).toBeGreaterThan(360);
  });

  it.each(['network.jpg', 'network', 'network.svgz'])('refuses %s', async (name) => {
    await expect(writeDrawing('<svg/>', name)).rejects.toThrow(
      `the name of a drawing must end in .svg or .png, received ${name}`,
    );
  });
});
