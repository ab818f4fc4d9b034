import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { checkInRange, decidePreparation, type PartMeasures } from './image-preparation.ts';
import type { ImageMeasure } from './measure-image.ts';

const opaque: ImageMeasure = {};
const deep = (highest: number): ImageMeasure => ({ highest });
const transparent = (luminance: number, share = 0.5): ImageMeasure => ({ transparency: { share, luminance } });
const decide = (train: readonly ImageMeasure[], others: Partial<PartMeasures> = {}) =>
  decidePreparation('data', { train, ...others }, undefined);

describe('the range of 16-bit images', () => {
  it.each([
    [1, 1],
    [200, 255],
    [256, 1023],
    [4000, 4095],
    [4096, 16_383],
  ])('that go up to %i ends at %i', (highest, high) => {
    expect(decide([deep(1), deep(highest)])).toEqual({
      pixelRange: { low: 0, high },
      notes: [`16-bit images: 2 of 2, with values up to ${highest}; they were read as 0 (black) to ${high} (white).`],
    });
  });

  it('is left alone if they use all 16 bits', () => {
    expect(decide([deep(16_384), opaque, opaque])).toEqual({
      notes: [
        '16-bit images: 1 of 3, with values up to 16384; their upper 8 bits were taken; the 2 with 8 bits stay as they are.',
      ],
    });
    expect(decide([opaque])).toEqual({ notes: [] });
    expect(decide([deep(0)])).toEqual({ notes: [] });
  });

  it('is that of the training part; a part with another one is refused', () => {
    expect(decide([deep(4000)], { validation: [deep(300)], test: [opaque] }).pixelRange).toEqual({
      low: 0,
      high: 4095,
    });
    const refusal = (train: number, test: number): string => {
      try {
        decide([deep(train)], { test: [deep(test)] });
      } catch (error) {
        if (error instanceof InvalidInputError) return error.message;
      }
      return '';
    };
    expect(refusal(4000, 65_535)).toBe(
      'Cannot use data as a data set: the 16-bit images of the test part go up to 65535, those of the training part up to 4000 (range 0 to 4095); scale all of them alike.',
    );
    expect(refusal(65_000, 4000)).toMatch('go up to 4000, those of the training part up to 65000 (range 0 to 65535)');
    expect(refusal(4000, 4001)).toBe('');
  });

  it('is that of a model, where one is given', () => {
    const pixelRange = { low: 0, high: 4095 };
    const given = (highest: number) => decidePreparation('data', { train: [deep(highest)] }, { pixelRange });
    expect(given(900).pixelRange).toEqual(pixelRange);
    expect(() => given(5000)).toThrow(
      'the 16-bit images of the training part go up to 5000, those that the model was trained on have the range 0 to 4095;',
    );
    expect(decidePreparation('data', { train: [deep(60_000)] }, {})).not.toHaveProperty('pixelRange');
    expect(() => checkInRange(deep(4096), { pixelRange })).toThrow(
      'its values go up to 4096, but the model takes 16-bit images of 0 to 4095; scale it like the training images',
    );
    for (const measure of [deep(4095), opaque]) checkInRange(measure, { pixelRange });
    checkInRange(deep(65_535), {});
  });
});

describe('the ground', () => {
  it('is white if at least half of the training images are dark where they are not transparent', () => {
    expect(decide([transparent(0), transparent(40), transparent(200), opaque])).toEqual({
      ground: 'white',
      notes: [
        'Transparent images are laid on white, because they are dark: 2 of 4 training images. The model lays images on white too.',
      ],
    });
  });

  it.each<[string, readonly ImageMeasure[]]>([
    ['bright images', [transparent(130), transparent(255)]],
    ['a minority of dark images', [transparent(10), transparent(200), transparent(200)]],
    ['as many dark as bright ones', [transparent(10), transparent(200)]],
    ['few transparent images', [transparent(10), opaque, opaque]],
    ['images of which nothing is seen', [transparent(0, 1)]],
    ['images of which nearly all is opaque', [transparent(0, 0.04)]],
    ['no transparent images', [opaque]],
  ])('is black for %s', (_, train) => {
    expect(decide(train)).toEqual({ notes: [] });
  });

  it('is pointed out if it hides a few images', () => {
    expect(decide([transparent(0), opaque, opaque])).toEqual({
      notes: [
        'Transparency is laid on black, where black drawings are not seen: 1 of 3 training images; "magick mogrify -background white -alpha remove *.png" lays them on white.',
      ],
    });
  });

  it('is decided by the training part alone, in the range of 16-bit images, and not at all if a model is given', () => {
    expect(decide([opaque], { test: [transparent(0)] })).toEqual({ notes: [] });
    const grey = { highest: 4000, ...transparent(3500) };
    expect(decide([grey])).not.toHaveProperty('ground');
    expect(decide([{ ...grey, ...transparent(300) }]).ground).toBe('white');
    expect(decidePreparation('data', { train: [transparent(0)] }, {})).not.toHaveProperty('ground');
    expect(decidePreparation('data', { train: [opaque] }, { ground: 'white' }).ground).toBe('white');
  });
});
