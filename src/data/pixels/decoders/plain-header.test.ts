import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { randomExamples } from '../../../../test/support/data-fixtures.ts';
import { encodeDeepPng } from '../../../../test/support/image-fixtures.ts';
import { readPlainHeader } from './plain-header.ts';

const shape = { height: 19, width: 37 };
const { pixels } = randomExamples(1, { channels: 3, ...shape }, 7);
const image = sharp(pixels, { raw: { channels: 3, ...shape } });
const header = { ...shape, deep: false, hasAlpha: false };

const plain: readonly (readonly [string, 'jpeg' | 'png', Buffer])[] = [
  ['JPEG', 'jpeg', await image.clone().jpeg().toBuffer()],
  ['progressive JPEG', 'jpeg', await image.clone().jpeg({ progressive: true }).toBuffer()],
  ['grey JPEG', 'jpeg', await image.clone().toColourspace('b-w').jpeg().toBuffer()],
  ['JPEG with a colour profile', 'jpeg', await image.clone().withIccProfile('p3').jpeg().toBuffer()],
  ['PNG', 'png', await image.clone().png().toBuffer()],
  ['interlaced PNG', 'png', await image.clone().png({ progressive: true }).toBuffer()],
  ['grey PNG', 'png', await image.clone().toColourspace('b-w').png().toBuffer()],
  ['PNG with a palette', 'png', await image.clone().png({ palette: true, colours: 8 }).toBuffer()],
];

const others: readonly (readonly [string, 'jpeg' | 'png', Buffer])[] = [
  ['JPEG that is turned', 'jpeg', await image.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ['CMYK JPEG', 'jpeg', await image.clone().toColourspace('cmyk').jpeg().toBuffer()],
  ['PNG with alpha', 'png', await image.clone().ensureAlpha(0.5).png().toBuffer()],
  ['PNG with a transparent palette', 'png', await image.clone().ensureAlpha(0.5).png({ palette: true }).toBuffer()],
  ['PNG that is turned', 'png', await image.clone().withMetadata({ orientation: 6 }).png().toBuffer()],
  ['PNG of 16 bits', 'png', await encodeDeepPng([0, 1, 2, 3, 4, 5], { height: 2, width: 3 })],
];

describe('readPlainHeader', () => {
  it.each(plain)('reads a %s', (_, format, bytes) => {
    expect(readPlainHeader(bytes, format)).toEqual(header);
    // Not only where bytes start a buffer.
    expect(readPlainHeader(Buffer.concat([Buffer.alloc(3), bytes]).subarray(3), format)).toEqual(header);
  });

  it.each(others)('leaves a %s to the library', (_, format, bytes) => {
    expect(readPlainHeader(bytes, format)).toBeUndefined();
  });

  it('never says what the library would not say of a damaged image', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...plain, ...others),
        fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat(700)),
        async ([, format, whole], changes, length) => {
          const bytes = Buffer.from(whole.subarray(0, length ?? whole.length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const said = readOrUndefined(bytes, format);
          if (said === undefined) return;
          const library = await sharp(bytes, { failOn: 'error' })
            .metadata()
            .catch(() => undefined);
          if (library === undefined) return;
          const { autoOrient, depth, hasAlpha } = library;
          expect(said).toEqual({ ...autoOrient, deep: depth !== 'uchar', hasAlpha });
        },
      ),
      { numRuns: Number(process.env.AUTO_CNN_TEST_VARIANTS ?? 500) },
    );
  });

  it('refuses absurd sizes', () => {
    const [, , png] = plain[4] ?? [];
    const bomb = Buffer.from(png ?? []);
    bomb.writeUInt32BE(40_000, 16);
    bomb.writeUInt32BE(40_000, 20);
    expect(() => readPlainHeader(bomb, 'png')).toThrow('it announces 40000 × 40000 pixels, but at most');
  });
});

function readOrUndefined(bytes: Uint8Array, format: 'jpeg' | 'png'): ReturnType<typeof readPlainHeader> {
  try {
    return readPlainHeader(bytes, format);
  } catch {
    return undefined;
  }
}
