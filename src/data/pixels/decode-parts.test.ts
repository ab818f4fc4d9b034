import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng, pixelsOf } from '../../../test/support/data-fixtures.ts';
import { drawing, encodeDeepPng } from '../../../test/support/image-fixtures.ts';
import { mapConcurrently } from '../../concurrency.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Examples } from '../set/dataset.ts';
import type { ReadOptions } from '../set/source.ts';
import { decodeParts, type EncodedImages, type ImagePlace } from './decode-parts.ts';

const size = { height: 4, width: 4 };
const plain = (value: number): Promise<Buffer> => encodePng(new Uint8Array(16).fill(value), { channels: 1, ...size });
const deep = (highest: number): Promise<Buffer> =>
  encodeDeepPng(
    Array.from({ length: 16 }, (_, i) => Math.floor((highest * i) / 15)),
    size,
  );

/** Images in memory; their labels go round. */
function inMemory(train: readonly Buffer[], test?: readonly Buffer[]): EncodedImages {
  const placesOf = (part: string, images: readonly Buffer[]) =>
    images.map((_, i) => ({ path: `data/${part}/${i}`, label: i % 2 }));
  const trainPlaces = placesOf('train', train);
  const testPlaces = test && placesOf('test', test);
  const places = [...trainPlaces, ...(testPlaces ?? [])];
  return {
    name: 'data',
    source: 'data',
    classes: ['a', 'b'],
    train: trainPlaces,
    test: testPlaces,
    readAll: (read, signal) => {
      const images = [...train, ...(test ?? [])];
      const numbered = places.map((place, i) => ({ place, image: images[i] ?? Buffer.alloc(0) }));
      return mapConcurrently(numbered, ({ place, image }) => read(place, async () => image), { signal });
    },
    notes: [],
  };
}

const decode = async (images: EncodedImages, options: ReadOptions = {}) => decodeParts(images, options);
const imageOf = (examples: Examples | undefined, index: number): number[] =>
  examples === undefined ? [] : [...pixelsOf(examples).subarray(16 * index, 16 * index + 16)];

describe('decodeParts', () => {
  it.each<[string, ReadOptions]>([
    ['found out', {}],
    ['given', { size }],
  ])('finds the range of 16-bit images whether the size is %s', async (_, options) => {
    const parts = await decode(
      inMemory([await deep(4095), await deep(1000), await plain(77)], [await deep(3000)]),
      options,
    );
    expect(parts.pixelRange).toEqual({ low: 0, high: 4095 });
    expect(parts.ground).toBeUndefined();
    expect(imageOf(parts.train, 0).at(-1)).toBe(255);
    expect(imageOf(parts.train, 1).at(-1)).toBe(62);
    expect(imageOf(parts.train, 2).at(-1)).toBe(77);
    expect(imageOf(parts.test, 0).at(-1)).toBe(187);
    expect(parts.notes).toEqual([
      '16-bit images: 3 of 4, with values up to 4095; they were read as 0 (black) to 4095 (white); the 1 with 8 bits stays as it is.',
    ]);
  });

  describe('brings images above 64 pixels', () => {
    const SIDE = 100;
    /** Waves of so many halves along a square of 100. */
    const several = async (halves: number): Promise<Buffer[]> =>
      Promise.all(
        Array.from({ length: 40 }, () => {
          const wave = (x: number): number => 128 + 60 * Math.cos((Math.PI * x * halves) / SIDE);
          const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => Math.round(wave((at % SIDE) + 0.5)));
          return encodePng(pixels, { channels: 1, height: SIDE, width: SIDE });
        }),
      );

    it.each([
      [25, 32, 32],
      [40, 48, 48],
      [56, 64, 64],
      [88, 96, 64],
      [99, undefined, 64],
    ])('that have the detail of %i pixels to what shows it, %s, but at most 64', async (side, detail, brought) => {
      const { shape, sourceSize, notes } = await decode(inMemory(await several(side), await several(99)));
      expect(shape).toEqual({ channels: 1, height: brought, width: brought });
      expect(sourceSize).toEqual({ height: SIDE, width: SIDE, ...(detail !== undefined && { detail }) });
      const reason = brought < 64 ? ', which shows all that can be seen in them' : '';
      expect(notes).toEqual([
        `Images were resized to ${brought} × ${brought}${reason}: 80 of 80; --size chooses another size.`,
      ]);
    });

    it('whose aspect is not that of whole pixels as others', async () => {
      const white = await encodePng(new Uint8Array(640 * 427).fill(255), { channels: 1, height: 427, width: 640 });
      const dark = await encodePng(new Uint8Array(640 * 427).fill(20), { channels: 1, height: 427, width: 640 });
      expect((await decode(inMemory([white, dark, white]))).shape.width).toBe(32);
    });

    it('to what shows those of a rare class, and of most images of each', async () => {
      const [coarse = Buffer.alloc(0)] = await several(25);
      const [fine = Buffer.alloc(0)] = await several(60);
      const images = new Array<Buffer>(400).fill(coarse);
      // Labels go round.
      images.splice(1, 1, fine);
      expect((await decode(inMemory(images))).shape.width).toBe(32);
      const rare = {
        ...inMemory(images),
        train: inMemory(images).train.map((place, i) => ({ ...place, label: i === 1 ? 1 : 0 })),
      };
      const places = rare.train.map((place, i) => ({ place, image: images[i] ?? fine }));
      const readAll: EncodedImages['readAll'] = (read, signal) =>
        mapConcurrently(places, ({ place, image }) => read(place, async () => image), { signal });
      expect((await decode({ ...rare, readAll })).shape.width).toBe(64);
    });

    it('to 64 where it is not known what can be seen of 16 bits', async () => {
      const faint = await encodeDeepPng(new Array(SIDE * SIDE).fill(9), { height: SIDE, width: SIDE });
      const { shape, sourceSize } = await decode(inMemory([faint, faint]));
      expect(shape.width).toBe(64);
      expect(sourceSize).toEqual({ height: SIDE, width: SIDE });
    });

    it('to the size that is given, and tells nothing of their own', async () => {
      const parts = await decode(inMemory(await several(25)), { size: { height: 40, width: 50 } });
      expect(parts.shape).toEqual({ channels: 1, height: 40, width: 50 });
      expect(parts.sourceSize).toBeUndefined();
      expect(parts.notes).toEqual([]);
    });
  });

  it('leaves full 16 bits as they were', async () => {
    const parts = await decode(inMemory([await deep(65_535), await deep(40_000)]));
    expect(parts).not.toHaveProperty('pixelRange');
    expect(imageOf(parts.train, 1)).toEqual(Array.from({ length: 16 }, (_, i) => Math.floor((40_000 * i) / 15) >> 8));
  });

  it('refuses a test part of another depth', async () => {
    const mixed = inMemory([await deep(4095), await deep(4000)], [await deep(65_535)]);
    await expect(decode(mixed)).rejects.toThrow(InvalidInputError);
    await expect(decode(mixed)).rejects.toThrow(
      'the 16-bit images of the test part go up to 65535, those of the training part up to 4095 (range 0 to 4095)',
    );
  });

  it('lays black drawings on white, and reads other data as a model does', async () => {
    const drawings = inMemory([await drawing(0, size), await drawing(30, size), await plain(200)]);
    const parts = await decode(drawings);
    expect(parts.ground).toBe('white');
    expect(imageOf(parts.train, 0).slice(0, 6)).toEqual([255, 255, 255, 255, 255, 0]);
    expect(imageOf(parts.train, 2)).toEqual(Array(16).fill(200));
    const black = await decode(drawings, { prepareAs: {} });
    expect(black.ground).toBeUndefined();
    expect(imageOf(black.train, 0)).toEqual(Array(16).fill(0));
    const dark = await decode(inMemory([await deep(600), await deep(600)]), {
      prepareAs: { pixelRange: { low: 0, high: 4095 } },
    });
    expect(imageOf(dark.train, 0).at(-1)).toBe(37);
  });

  it('counts a step for each image and reading, and names the first broken image of all', async () => {
    const steps: number[] = [];
    const torn = (await deep(4000)).subarray(0, 60);
    const images = inMemory([await plain(1), torn, await plain(2), Buffer.from('text')]);
    await expect(decode(images, { size })).rejects.toThrow('train/1: the image cannot be decoded (');
    const onProgress = (done: number, total: number) => steps.push(done / total);
    const { notes } = await decode(inMemory([await plain(1), await plain(200), torn]), {
      size,
      skipBroken: true,
      onProgress,
    });
    expect(notes).toEqual(['Broken images were left out: 1 (train/2).']);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6].map((step) => step / 6));
  });

  it('says that images are dark, and of which it took the first frame', async () => {
    const frames = await sharp([await plain(9), await plain(200)], { join: { animated: true } })
      .gif()
      .toBuffer();
    const { notes } = await decode(inMemory([await plain(9), frames]));
    expect(notes).toEqual([
      'Of images with several frames or pages, the first was taken: 1 (train/1).',
      'The images were left as they are, although no pixel is brighter than 9 of 255; if that is their whole range, scale them to 0..255.',
    ]);
    expect((await decode(inMemory([await plain(64), await plain(1)]))).notes).toEqual([]);
  });
});

const SHAPE = { channels: 1, height: 2, width: 2 };
/** Images of one grey, which is their name. */
const place = (grey: number | 'broken', label: number): ImagePlace => ({ path: String(grey), label });

const decodeGreys = (validation: readonly ImagePlace[] | undefined, options: ReadOptions = {}) => {
  const train = [place(10, 0), place(20, 1)];
  const test = [place(50, 1)];
  const all = [...train, ...(validation ?? []), ...test];
  return decodeParts(
    {
      name: 'greys',
      source: 'greys',
      classes: ['a', 'b'],
      train,
      validation,
      test,
      readAll: (read) =>
        Promise.all(
          all.map((each) =>
            read(each, async () =>
              each.path === 'broken'
                ? Buffer.from('no image')
                : encodePng(new Uint8Array(4).fill(Number(each.path)), SHAPE),
            ),
          ),
        ),
      notes: [],
    },
    options,
  );
};

describe('a validation part', () => {
  it('keeps the images of each part together', async () => {
    const { train, validation = train, test = train } = await decodeGreys([place(30, 1), place(40, 0)]);
    const greysOf = (part: typeof train) => [...pixelsOf(part)].filter((_, i) => i % 4 === 0);
    expect([train, validation, test].map(greysOf)).toEqual([[10, 20], [30, 40], [50]]);
    expect([train, validation, test].map(({ labels }) => [...labels])).toEqual([[0, 1], [1, 0], [1]]);
    expect((await decodeGreys(undefined)).validation).toBeUndefined();
  });

  it('leaves broken validation images out, but not all of them', async () => {
    const skipping = { skipBroken: true };
    const { validation, test } = await decodeGreys([place('broken', 1), place(40, 0)], skipping);
    expect(validation?.labels).toEqual(Int32Array.of(0));
    expect(test?.count).toBe(1);
    await expect(decodeGreys([place('broken', 1)], skipping)).rejects.toThrow(
      'Cannot use greys as a data set: all validation images are broken (broken, for example); add images that can be decoded.',
    );
  });
});
