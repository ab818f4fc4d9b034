import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng, plainImage, randomExamples } from '../../../test/support/data-fixtures.ts';
import { decompressionBomb } from '../../../test/support/decompression-bomb.ts';
import {
  drawing,
  encodeColourBmp,
  encodeDeepPng,
  encodeRgba,
  encodeTiff,
  HEIC_START,
} from '../../../test/support/image-fixtures.ts';
import { decodeImage, readImageSize, resizePlanes } from './decode-image.ts';
import { toPlanes } from './planes.ts';

const size = { height: 2, width: 3 };
const grey = Uint8Array.of(0, 50, 100, 150, 200, 250);
const rgb = Uint8Array.from({ length: 18 }, (_, i) => i * 14);
const greyPng = await encodePng(grey, { channels: 1, ...size });
const rgbPng = await encodePng(rgb, { channels: 3, ...size });

/** The first pixel's channels. */
const firstPixel = async (bytes: Uint8Array): Promise<number[]> => {
  const planes = await decodeImage(bytes, size);
  return planes.length === 6 ? [planes[0] ?? -1] : [0, 6, 12].map((at) => planes[at] ?? -1);
};

describe('decodeImage', () => {
  it('gives the exact values of lossless images, as planes', async () => {
    expect(await decodeImage(greyPng, size)).toEqual(grey);
    expect(await decodeImage(rgbPng, size)).toEqual(rgb);
    expect(await decodeImage(await sharp(rgbPng).webp({ lossless: true }).toBuffer(), size)).toEqual(rgb);
  });

  it('gives one plane for a grey image that is stored in colour', async () => {
    const stored = await sharp(greyPng).toColourspace('srgb').webp({ lossless: true }).toBuffer();
    expect(await decodeImage(stored, size)).toEqual(grey);
  });

  it('reads palettes', async () => {
    const palette = await sharp(rgbPng).png({ palette: true, colours: 256, quality: 100 }).toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    expect(await decodeImage(palette, size)).toHaveLength(18);
  });

  it('cuts 16 bits to 8', async () => {
    const deep = await sharp(
      Uint16Array.from(grey, (value) => value * 256 + 77),
      {
        raw: { ...size, channels: 1 },
      },
    )
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect(await decodeImage(deep, size)).toEqual(grey);
  });

  it('lays transparency on black', async () => {
    const background = { r: 200, g: 100, b: 50, alpha: 0.5 };
    const half = await sharp({ create: { ...size, channels: 4, background } })
      .png()
      .toBuffer();
    const [red = 0, green = 0, blue = 0] = await firstPixel(half);
    expect([red, green, blue].map((value) => Math.round(value / 5) * 5)).toEqual([100, 50, 25]);
  });

  it('reads JPEG in grey, colour and CMYK', async () => {
    const red = await plainImage({ r: 200, g: 20, b: 30 }, size);
    expect(await firstPixel(await sharp(red).greyscale().jpeg().toBuffer())).toHaveLength(1);
    for (const space of ['srgb', 'cmyk']) {
      const [r = 0, g = 0] = await firstPixel(await sharp(red).toColourspace(space).jpeg().toBuffer());
      expect(r).toBeGreaterThan(150);
      expect(g).toBeLessThan(80);
    }
  });

  it('takes the first frame of an animation', async () => {
    const frames = await Promise.all(['#f00', '#0f0'].map((colour) => plainImage(colour, size)));
    const animated = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(animated).metadata()).pages).toBe(2);
    expect(await firstPixel(animated)).toEqual([255, 0, 0]);
  });

  it('keeps the aspect and adds black', async () => {
    const white = await plainImage('#fff', { height: 10, width: 20 });
    expect([...(await decodeImage(white, { height: 4, width: 4 }))]).toEqual([
      ...[0, 0, 0, 0],
      ...[255, 255, 255, 255],
      ...[255, 255, 255, 255],
      ...[0, 0, 0, 0],
    ]);
  });

  it('enlarges small images', async () => {
    const white = await plainImage('#fff', { height: 1, width: 1 });
    expect([...(await decodeImage(white, size))]).toEqual([0, 255, 0, 0, 255, 0].map(() => expect.any(Number)));
    expect([...(await decodeImage(white, { height: 2, width: 2 }))]).toEqual([255, 255, 255, 255]);
  });

  it('gives an image that needs no step what all steps would give', async () => {
    const shape = { height: 19, width: 37 };
    const { pixels } = randomExamples(1, { channels: 3, ...shape }, 3);
    const noise = sharp(pixels, { raw: { channels: 3, ...shape } });
    for (const bytes of [
      await noise.clone().jpeg().toBuffer(),
      await noise.clone().withIccProfile('p3').jpeg().toBuffer(),
      await noise.clone().withIccProfile('p3').png({ palette: true }).toBuffer(),
      await noise.clone().toColourspace('b-w').jpeg().toBuffer(),
      await noise.clone().toColourspace('b-w').png().toBuffer(),
    ]) {
      const steps = sharp(bytes)
        .autoOrient()
        .flatten({ background: 'black' })
        .resize({ ...shape, fit: 'contain' });
      const { data, info } = await steps.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
      expect(await decodeImage(bytes, shape)).toEqual(toPlanes(data, info.channels));
    }
  });

  it('applies the EXIF orientation', async () => {
    const turned = await sharp(greyPng).withMetadata({ orientation: 6 }).webp({ lossless: true }).toBuffer();
    expect(await readImageSize(turned)).toEqual({ height: 3, width: 2 });
    expect([...(await decodeImage(turned, { height: 3, width: 2 }))]).toEqual([150, 0, 200, 50, 250, 100]);
  });

  it('refuses absurd sizes without decoding', async () => {
    const wide = Buffer.from(greyPng);
    wide.writeUInt32BE(7_143_428, 16);
    await expect(decodeImage(wide, size)).rejects.toThrow(
      'it announces 2 × 7143428 pixels, but at most 65535 per side are read',
    );
  });

  it('shrinks very large images', async () => {
    const huge = { height: 1500, width: 2000 };
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await sharp({ create: { ...huge, channels: 3, background: '#f00' } })
        .toFormat(format)
        .toBuffer();
      const planes = await decodeImage(bytes, { height: 3, width: 4 });
      expect(planes[0]).toBeGreaterThan(250);
      expect(planes).toHaveLength(36);
    }
  });

  it('refuses decompression bombs before decoding', async () => {
    const png = decompressionBomb();
    expect(png.length).toBeLessThan(2e6);
    await expect(decodeImage(png, size)).rejects.toThrow('at most 268402689 in all are read');
    await expect(readImageSize(png)).rejects.toThrow('at most 268402689 in all are read');
  });

  it('refuses what is no image, no whole image, or of another format', async () => {
    const noise = randomExamples(1, { channels: 3, height: 50, width: 50 }, 2).pixels;
    const jpeg = await sharp(noise, { raw: { height: 50, width: 50, channels: 3 } })
      .jpeg()
      .toBuffer();
    const png = await encodePng(noise, { channels: 3, height: 50, width: 50 });
    await expect(decodeImage(new Uint8Array(), size)).rejects.toThrow('the file is empty');
    await expect(decodeImage(Buffer.from('<svg/>'), size)).rejects.toThrow('its content is SVG, which is not read');
    await expect(decodeImage(HEIC_START, size)).rejects.toThrow('its content is HEIC, which is not read');
    for (const whole of [jpeg, png]) {
      await expect(decodeImage(whole.subarray(0, whole.length / 2), size)).rejects.toThrow();
    }
  });
});

describe('formats beside PNG, JPEG and WebP', () => {
  it('gives the exact values of those without loss', async () => {
    const deep = Array.from(grey, (value) => value * 256 + 5);
    for (const bytes of [
      await sharp(greyPng).toColourspace('b-w').tiff({ compression: 'lzw' }).toBuffer(),
      encodeTiff([...grey], size, 8),
      encodeTiff(deep, size, 16),
      Buffer.concat([Buffer.from('P5 3 2 255\n'), grey]),
    ]) {
      expect(await readImageSize(bytes)).toEqual(size);
      expect(await decodeImage(bytes, size)).toEqual(grey);
    }
    for (const bytes of [
      await sharp(rgbPng).tiff({ compression: 'none' }).toBuffer(),
      encodeColourBmp(rgb, size),
      Buffer.from(`P3 3 2 255 ${Array.from(rgb, (_, i) => rgb[(i % 3) * 6 + Math.floor(i / 3)]).join(' ')}`),
    ]) {
      expect(await decodeImage(bytes, size)).toEqual(rgb);
    }
  });

  it('reads GIF and AVIF, and the first page of TIFF and GIF', async () => {
    const red = await plainImage('#f00', { height: 20, width: 30 });
    const two = sharp([red, await plainImage('#0f0', { height: 20, width: 30 })], { join: { animated: true } });
    for (const bytes of [
      await sharp(red).gif().toBuffer(),
      await sharp(red).avif({ lossless: true }).toBuffer(),
      await two.clone().gif().toBuffer(),
      await two.clone().tiff({ compression: 'none' }).toBuffer(),
    ]) {
      expect(await readImageSize(bytes)).toEqual({ height: 20, width: 30 });
      const [r = 0, g = 255, b = 255] = await firstPixel(bytes);
      expect([r > 250, g < 5, b < 5]).toEqual([true, true, true]);
    }
  });

  it('refuses numbers that are neither 8 nor 16 bits', async () => {
    const floats = encodeTiff([0, 0.5, 1, 0, 0.5, 1], size, 32);
    await expect(decodeImage(floats, size)).rejects.toThrow(
      'its numbers are of the type float, but images of 8 or 16 bits per channel are read; this converts it: magick',
    );
  });
});

describe('a preparation that was decided', () => {
  const pixelRange = { low: 0, high: 4095 };

  it('stretches 16-bit images of fewer bits, and leaves those of 8 bits alone', async () => {
    const twelve = [0, 16, 1000, 2048, 4080, 4095];
    const expected = twelve.map((value) => Math.round((value * 255) / 4095));
    const pgm = Buffer.concat([Buffer.from('P5 3 2 4095\n'), Buffer.from(Uint16Array.from(twelve).buffer).swap16()]);
    for (const bytes of [await encodeDeepPng(twelve, size), encodeTiff(twelve, size, 16), pgm]) {
      expect([...(await decodeImage(bytes, size, { pixelRange }))]).toEqual(expected);
    }
    expect(await decodeImage(greyPng, size, { pixelRange })).toEqual(grey);
    const colour = await encodeDeepPng([4095, 0, 2048, ...Array(15).fill(0)], size, 3);
    const planes = await decodeImage(colour, size, { pixelRange });
    expect([planes[0], planes[6], planes[12]]).toEqual([255, 0, 128]);
  });

  it('lays transparency, and images of another aspect, on white', async () => {
    const black = await drawing(0, { height: 8, width: 8 });
    const ground = 'white';
    const wide = await decodeImage(black, { height: 8, width: 16 }, { ground });
    expect([...wide.subarray(0, 16)]).toEqual(Array(16).fill(255));
    expect([wide[16 * 4 + 8], wide[16 * 4]]).toEqual([0, 255]);
    expect([...(await decodeImage(black, { height: 8, width: 16 }))]).toEqual(Array(128).fill(0));
    const half = await encodeRgba([100, 100, 100, 128], { height: 1, width: 1 });
    const [value = 0] = await decodeImage(half, { height: 1, width: 1 }, { ground });
    expect(Math.abs(value - 177)).toBeLessThan(2);
  });

  it('does both at once', async () => {
    const pixels = [0, 0, 0, 65_535, 4095, 0, 0, 65_535, 4095, 4095, 4095, 0, 2048, 2048, 2048, 32_768];
    const bytes = await encodeDeepPng(pixels, { height: 2, width: 2 }, 4);
    const planes = await decodeImage(bytes, { height: 2, width: 2 }, { pixelRange, ground: 'white' });
    expect([...planes.subarray(0, 4)]).toEqual([0, 255, 255, 191]);
    expect([...planes.subarray(4, 8)]).toEqual([0, 0, 255, 191]);
    const bordered = await decodeImage(bytes, { height: 4, width: 2 }, { pixelRange });
    expect([...bordered.subarray(0, 4)]).toEqual([0, 0, 0, 255]);
  });
});

describe('resizePlanes', () => {
  it('does what decoding a lossless image to that size does', async () => {
    for (const channels of [1, 3]) {
      const shape = { channels, height: 13, width: 9 };
      const { pixels } = randomExamples(1, shape, 2);
      for (const target of [
        { height: 7, width: 7 },
        { height: 20, width: 31 },
      ]) {
        expect(await resizePlanes(pixels, shape, target)).toEqual(
          await decodeImage(await encodePng(pixels, shape), target),
        );
      }
    }
  });
});
