import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../test/support/data-fixtures.ts';
import { drawing, encodeDeepPng } from '../../../test/support/image-fixtures.ts';
import { measureImage } from './measure-image.ts';
import { openImage } from './open-image.ts';

const size = { height: 2, width: 2 };
const measure = async (bytes: Uint8Array) => measureImage(await openImage(bytes));

describe('measureImage', () => {
  it('finds nothing worth knowing in an opaque image of 8 bits', async () => {
    expect(await measure(await encodePng(Uint8Array.of(1, 2, 3, 4), { channels: 1, ...size }))).toEqual({});
  });

  it('finds the largest colour of a 16-bit image, whatever its alpha', async () => {
    expect(await measure(await encodeDeepPng([0, 7, 4090, 300], size))).toEqual({ highest: 4090 });
    const colours = [0, 1, 2, 65_535, 0, 3, 2, 65_535, 9, 1, 2, 0, 0, 1, 2, 0];
    expect(await measure(await encodeDeepPng(colours, size, 4))).toMatchObject({
      highest: 9,
      transparency: { share: 0.5 },
    });
  });

  it('measures how much is transparent, and how bright the rest is', async () => {
    for (const value of [0, 200]) {
      const { transparency } = await measure(await drawing(value, { height: 12, width: 12 }));
      expect(transparency?.share).toBeCloseTo(0.75, 3);
      expect(transparency?.luminance).toBeCloseTo(value, 0);
      const large = await measure(await drawing(value, { height: 600, width: 600 }));
      expect(large.transparency?.luminance).toBeCloseTo(value, 0);
    }
  });
});
