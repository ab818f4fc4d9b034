import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBmp } from '../../../../test/support/image-fixtures.ts';
import { decodeBmp, readBmpHeader } from './bmp.ts';

const palette = [
  [30, 20, 10, 0],
  [60, 50, 40, 0],
  [90, 80, 70, 0],
];
const colours = [
  [10, 20, 30],
  [40, 50, 60],
  [70, 80, 90],
] as const;
const pixelsOf = (...indices: readonly (0 | 1 | 2)[]): number[] => indices.flatMap((index) => colours[index]);

describe('decodeBmp', () => {
  it.each([
    [1, [[0b0100_0000], [0b1010_0000]], pixelsOf(1, 0, 1, 0, 1, 0)],
    [
      4,
      [
        [0x01, 0x20],
        [0x21, 0x00],
      ],
      pixelsOf(2, 1, 0, 0, 1, 2),
    ],
    [
      8,
      [
        [0, 1, 2],
        [2, 1, 0],
      ],
      pixelsOf(2, 1, 0, 0, 1, 2),
    ],
  ])('reads palettes of %i bits, from the bottom up', (bits, rows, expected) => {
    const bmp = encodeBmp({ width: 3, height: 2, bits, palette, rows });
    expect(decodeBmp(bmp)).toEqual({ width: 3, height: 2, channels: 3, data: Uint8Array.from(expected) });
  });

  it('reads colours of 24 bits, from the top down if the height is negative', () => {
    const rows = [
      [3, 2, 1, 6, 5, 4],
      [9, 8, 7, 12, 11, 10],
    ];
    const data = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
    const topDown = encodeBmp({ width: 2, height: -2, bits: 24, rows });
    expect(decodeBmp(topDown)).toEqual({ width: 2, height: 2, channels: 3, data });
    expect(decodeBmp(encodeBmp({ width: 2, height: 2, bits: 24, rows: rows.toReversed() })).data).toEqual(data);
  });

  it('reads colours of 16 bits, stretched to 8, and of 32 bits, with alpha only if it is announced', () => {
    const high = encodeBmp({ width: 2, height: 1, bits: 16, rows: [[0x00, 0x7c, 0xff, 0x03]] });
    expect([...decodeBmp(high).data]).toEqual([255, 0, 0, 0, 255, 255]);
    const masks = [0xf800, 0x07e0, 0x001f];
    const wide = encodeBmp({ width: 1, height: 1, bits: 16, compression: 3, masks, rows: [[0xe0, 0x07]] });
    expect([...decodeBmp(wide).data]).toEqual([0, 255, 0]);
    const rows = [[3, 2, 1, 9]];
    expect(decodeBmp(encodeBmp({ width: 1, height: 1, bits: 32, rows }))).toMatchObject({
      channels: 3,
      data: Uint8Array.of(1, 2, 3),
    });
    const alpha = { width: 1, height: 1, bits: 32, compression: 6, masks: [0xff0000, 0xff00, 0xff, 0xff000000], rows };
    expect(readBmpHeader(encodeBmp(alpha)).hasAlpha).toBe(true);
    expect(decodeBmp(encodeBmp(alpha))).toMatchObject({ channels: 4, data: Uint8Array.of(1, 2, 3, 9) });
  });

  it.each([
    [
      'compression',
      { bits: 8, compression: 1 },
      'it is a compressed BMP (method 1), which is not read; this converts it',
    ],
    ['an odd depth', { bits: 5 }, 'it has 5 bits per pixel, which no BMP has'],
    ['more pixels than there are', { bits: 24, height: 200 }, 'it is cut off: '],
    ['an absurd side', { bits: 24, width: 70_000 }, 'at most 65535 per side are read'],
    ['no side', { bits: 24, width: 0 }, 'it announces 1 × 0 pixels'],
    ['a colour without an entry', { bits: 8, palette, rows: [[3]] }, 'it uses colour 3, but its palette has 3'],
  ])('refuses %s', (_, fields, message) => {
    const bmp = encodeBmp({ width: 1, height: 1, rows: [[0, 0, 0]], ...fields });
    expect(() => decodeBmp(bmp)).toThrow(message);
  });

  it('reads or refuses whatever is changed, with an error that is meant', () => {
    const bmp = encodeBmp({
      width: 3,
      height: 2,
      bits: 8,
      palette,
      rows: [
        [0, 1, 2],
        [2, 1, 0],
      ],
    });
    const change = fc.tuple(fc.nat(bmp.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(bmp.length), (changes, length) => {
        const damaged = Buffer.from(bmp);
        for (const [at, value] of changes) damaged[at] = value;
        try {
          const { height, width, channels, data } = decodeBmp(damaged.subarray(0, length));
          expect(data).toHaveLength(height * width * channels);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: it (?:is|has|uses|announces) /);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
