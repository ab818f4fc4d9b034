import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNetpbm, readNetpbmHeader } from './netpbm.ts';

const file = (head: string, ...bytes: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(bytes)]);

describe('decodeNetpbm', () => {
  it.each([
    ['P1', file('P1\n3 2\n010\n1 0 1'), 1, [255, 0, 255, 0, 255, 0]],
    ['P4', file('P4 3 2\n', 0b0100_0000, 0b1010_0000), 1, [255, 0, 255, 0, 255, 0]],
    ['P2', file('P2\n# made by hand\n3 2 # size\n255\n0 1 2\n3 4 255\n'), 1, [0, 1, 2, 3, 4, 255]],
    ['P5', file('P5 3 2 255\n', 0, 1, 2, 3, 4, 255), 1, [0, 1, 2, 3, 4, 255]],
    ['P3', file('P3 1 2 255 1 2 3 4 5 6'), 3, [1, 2, 3, 4, 5, 6]],
    ['P6', file('P6 1 2 255\n', 1, 2, 3, 10, 5, 6), 3, [1, 2, 3, 10, 5, 6]],
  ])('reads %s', (_, bytes, channels, data) => {
    expect(decodeNetpbm(bytes)).toMatchObject({ height: 2, channels, data: Uint8Array.from(data) });
  });

  it('stretches less than 8 bits, and keeps the values of more', () => {
    expect([...decodeNetpbm(file('P2 3 1 2 0 1 2')).data]).toEqual([0, 128, 255]);
    const deep = file('P5 2 1 4095\n', 0x0f, 0xff, 0x01, 0x02);
    expect(readNetpbmHeader(deep)).toEqual({ height: 1, width: 2, deep: true, hasAlpha: false });
    expect(decodeNetpbm(deep).data).toEqual(Uint16Array.of(4095, 258));
  });

  it.each([
    ['too few bytes', file('P5 3 2 255\n', 1, 2), 'it is cut off: 13 bytes, but 17 are needed'],
    ['too few numbers', file('P2 2 2 255\n1 2   \n  \n'), 'it is cut off'],
    ['a word', file('P2 2 2 255\n1 2 x 4'), 'there is no number at byte 15'],
    ['a value beyond its largest', file('P5 1 1 7\n', 9), 'it holds 9, but announces values up to 7'],
    ['a largest value of 0', file('P5 1 1 0\n', 0), 'it announces values up to 0; 1 to 65535 are possible'],
    ['an absurd side', file('P5 99999 1 255\n'), 'at most 65535 per side are read'],
    ['an absurd size', file('P6 60000 60000 255\n'), 'at most 268402689 in all are read'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeNetpbm(bytes)).toThrow(message);
  });

  it('reads or refuses whatever is changed, with an error that is meant', () => {
    const whole = [
      file('P6 3 2 255\n', ...Array(18).fill(9)),
      file('P2 3 2 255\n0 1 2\n3 4 255\n'),
      file('P4 9 1\n', 1, 2),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(fc.nat(30), fc.nat(255)), { maxLength: 4 }),
        fc.integer({ min: 2, max: 30 }),
        (bytes, changes, length) => {
          const damaged = Buffer.from(bytes);
          for (const [at, value] of changes) if (at > 1 && at < damaged.length) damaged[at] = value;
          try {
            const { height, width, channels, data } = decodeNetpbm(damaged.subarray(0, length));
            expect(data).toHaveLength(height * width * channels);
          } catch (error) {
            expect(String(error)).toMatch(/^Error: (?:it (?:is|holds|announces)|there is no) /);
          }
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});
