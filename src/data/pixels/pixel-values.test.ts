import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf } from './pixel-ranges.ts';
import { type PixelKind, type PixelScales, scaleOfRange, scalesFor, type UnscalablePixels } from './pixel-values.ts';

type Values = readonly number[];

const scalesOf = (...parts: readonly (readonly [PixelKind, Values])[]): PixelScales | UnscalablePixels =>
  scalesFor(
    parts.map(([kind, values], i) => ({
      name: ['x_train', 'x_test'][i] ?? `x_${i}`,
      kind,
      range: () => rangeOf(kind === 'byte' ? Uint8Array.from(values) : values),
    })),
  );

const upTo = (high: number): number[] => Array.from({ length: high + 1 }, (_, i) => i);

describe('scalesFor', () => {
  it.each<[string, PixelKind, Values, number | undefined, readonly number[], string | undefined]>([
    ['bytes', 'byte', [0, 7, 255], undefined, [0, 7, 255], undefined],
    ['black bytes', 'byte', [0, 0], undefined, [0, 0], undefined],
    [
      'bytes of 0 and 1',
      'byte',
      [0, 1, 1],
      1,
      [0, 255, 255],
      'The pixels of x_train are 0 and 1: read as black and white',
    ],
    ['bytes of 0..15', 'byte', upTo(15), 15, [0, 17, 34], 'go up to 15: read as 4 bits (0..15).'],
    ['whole floats of 0..16', 'float', upTo(16), 16, [0, 16, 32], 'go up to 16: read as 0..16.'],
    ['dark bytes up to 16', 'byte', [0, 3, 16], undefined, [0, 3, 16], 'only go up to 16 of 255'],
    [
      'dark bytes',
      'byte',
      [0, 40],
      undefined,
      [0, 40],
      'The pixels were left as they are, although they only go up to 40 of 255;',
    ],
    ['integers', 'integer', [0, 9, 200], undefined, [0, 9, 200], undefined],
    [
      'integers of 10 bits',
      'integer',
      [0, 1023, 512],
      1023,
      [0, 255, 128],
      'The pixels go up to 1,023: read as 10 bits (0..1023).',
    ],
    [
      'integers of 12 bits',
      'integer',
      [0, 4080, 4095],
      4095,
      [0, 254, 255],
      'The pixels go up to 4,095: read as 12 bits (0..4095).',
    ],
    ['integers of 14 bits', 'integer', [0, 16_000], 16_383, [0, 249], 'read as 14 bits'],
    [
      'integers of 16 bits',
      'integer',
      [0, 511, 65_535],
      undefined,
      [0, 1, 255],
      'The pixels go up to 65535: their upper 8 of 16 bits were taken.',
    ],
    ['whole floats of 12 bits', 'float', [0, 4095], 4095, [0, 255], 'read as 12 bits'],
    [
      'floats of 0..1',
      'float',
      [0, 0.5, 1],
      undefined,
      [0, 128, 255],
      'Pixels from 0..1 were scaled to 0..255 and rounded.',
    ],
    [
      'floats of 0..255',
      'float',
      [0, 0.6, 254.4],
      undefined,
      [0, 1, 254],
      'Pixels that are floats in 0..255 were rounded.',
    ],
    ['booleans', 'boolean', [0, 1], undefined, [0, 255], undefined],
  ])('brings %s to bytes', (_, kind, values, high, bytes, note) => {
    const scales = scalesOf([kind, values]);
    if ('problem' in scales) throw new Error(scales.problem);
    expect(values.slice(0, bytes.length).map((value) => scales.of(kind).toByte(value))).toEqual(bytes);
    expect(scales.pixelRange).toEqual(high === undefined ? undefined : { low: 0, high });
    if (note === undefined) expect(scales.note).toBeUndefined();
    else expect(scales.note).toContain(note);
  });

  it.each<[string, readonly [PixelKind, Values], readonly [PixelKind, Values], string]>([
    [
      '0..1 and bytes',
      ['float', [0, 0.9]],
      ['byte', [0, 250]],
      'the pixels of x_train go from 0 to 0.9 (range 0..1), those of x_test from 0 to 250',
    ],
    [
      'bytes and 0..1',
      ['byte', [3, 250]],
      ['float', [0, 0.9]],
      'the pixels of x_train go from 3 to 250 (range 0..255), those of x_test from 0 to 0.9',
    ],
    ['bytes and faint fractions', ['byte', [0, 250]], ['float', [0, 1.02]], 'those of x_test from 0 to 1.02'],
    [
      '12 bits and bytes',
      ['integer', [0, 4000]],
      ['byte', [0, 250]],
      'x_train go from 0 to 4000 (range 0..4095), those of x_test from 0 to 250',
    ],
    [
      '12 bits and a little more',
      ['integer', [0, 4000]],
      ['integer', [0, 4096]],
      '(range 0..4095), those of x_test from 0 to 4096',
    ],
    [
      '16 bits and 12',
      ['integer', [0, 60_000]],
      ['integer', [0, 4000]],
      '(range 0..65535), those of x_test from 0 to 4000',
    ],
    ['bytes and 0/1', ['byte', [0, 250]], ['boolean', [0, 1]], 'those of x_test from 0 to 1'],
    [
      '0/1 and bytes',
      ['byte', [0, 1]],
      ['byte', [0, 250]],
      'x_train go from 0 to 1 (range 0..1), those of x_test from 0 to 250',
    ],
    [
      'bytes and negative ones',
      ['byte', [0, 250]],
      ['float', [-1, 1]],
      'the pixels of x_test must be in the range of x_train (0 to 250), but they go from -1 to 1',
    ],
    ['bytes and no numbers', ['byte', [0, 250]], ['float', [Number.NaN]], 'but some are not finite numbers'],
  ])('refuses parts of different ranges: %s', (_, train, test, problem) => {
    expect(scalesOf(train, test)).toMatchObject({ problem: expect.stringContaining(problem), part: 1 });
  });

  it.each<[string, readonly [PixelKind, Values], readonly [PixelKind, Values]]>([
    ['a black part', ['byte', [0, 250]], ['byte', [0, 0]]],
    ['a darker part', ['integer', [0, 4000]], ['integer', [0, 300]]],
    ['floats beside bytes', ['byte', [0, 250]], ['float', [0.5, 200.5]]],
    ['booleans beside 0 and 1', ['byte', [0, 1]], ['boolean', [0, 1]]],
  ])('reads parts of one range: %s', (_, train, test) => {
    expect(scalesOf(train, test)).not.toHaveProperty('problem');
  });

  it.each<[string, Values, string, string]>([
    ['-1..1', [-1, 0, 1], 'those of x_train go from -1 to 1', 'bring −1..1 to 0..255 with (x + 1) * 127.5'],
    [
      'standardised',
      [-1.7, 2.4],
      'those of x_train go from -1.7 to 2.4',
      'give the pixels as they were before they were normalised',
    ],
    [
      'fractions a little beyond 0..1',
      [-0.01, 1.02],
      'those of x_train go from -0.01 to 1.02',
      'cut what lies beyond 0..1 with np.clip(x, 0, 1)',
    ],
    ['faint fractions', [0, 3.5], 'those of x_train go from 0 to 3.5', 'give the pixels as they were'],
    ['fractions above 255', [0.5, 300.5], 'those of x_train go from 0.5 to 300.5', 'give the pixels as they were'],
    ['above 16 bits', [0, 70_000], 'those of x_train go from 0 to 70000', 'give the pixels as they were'],
  ])('refuses %s', (_, values, problem, cure) => {
    expect(scalesOf(['float', values])).toMatchObject({
      problem: expect.stringContaining(problem),
      cure: expect.stringContaining(cure),
      part: 0,
    });
  });

  it('never changes bytes unless they are all of 0..1, 0..15 or 0..16', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const scales = scalesOf(['byte', [...bytes]]);
        if ('problem' in scales) throw new Error(scales.problem);
        const levels = new Set(bytes).size;
        const isNarrow = levels === Math.max(...bytes) + 1 && [2, 16, 17].includes(levels);
        const isSame = bytes.every((byte) => scales.of('byte').toByte(byte) === byte);
        expect(isSame).toBe(!isNarrow);
      }),
    );
  });
});

it('a range that was decided maps its ends to 0 and 255, and cuts what lies beyond', () => {
  const { toByte } = scaleOfRange({ low: 0, high: 4095 });
  expect([-5, 0, 2048, 4095, 5000].map(toByte)).toEqual([0, 0, 128, 255, 255]);
});

describe('scalesFor with the preparation of a model', () => {
  const bytesOf = (values: Values, pixelRange: PixelScales['pixelRange'], kind: PixelKind = 'byte') => {
    const scales = scalesFor([{ name: 'x_test', kind, range: () => rangeOf(values) }], { pixelRange });
    return 'problem' in scales ? scales.problem : values.map((value) => scales.of(kind).toByte(value));
  };

  it.each<[string, PixelKind, Values, PixelScales['pixelRange'], readonly number[]]>([
    ['takes the range of the model, not that of a few images', 'byte', [0, 5, 15], { low: 0, high: 16 }, [0, 80, 239]],
    ['leaves 0 and 1 as they are where the model had bytes', 'byte', [0, 1], undefined, [0, 1]],
    ['takes the upper bits of 16 where the model had bytes', 'integer', [0, 512, 4000], undefined, [0, 2, 15]],
    ['scales floats in 0..1 all the same', 'float', [0, 0.2, 1], { low: 0, high: 16 }, [0, 51, 255]],
    ['scales floats of 0 and 1 all the same', 'float', [0, 1], undefined, [0, 255]],
  ])('%s', (_, kind, values, range, expected) => {
    expect(bytesOf(values, range, kind)).toEqual(expected);
  });

  it('refuses values beyond the range of the model', () => {
    expect(bytesOf([0, 200], { low: 0, high: 16 })).toBe(
      'the model was trained on pixels in 0..16, but those of x_test go from 0 to 200',
    );
  });
});
