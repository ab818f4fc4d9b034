import { describe, expect, it } from 'vitest';
import { encodePng, pixelsOf } from '../../../test/support/data-fixtures.ts';
import type { ReadOptions } from '../set/source.ts';
import { decodeParts, type ImagePlace } from './decode-parts.ts';

const SHAPE = { channels: 1, height: 2, width: 2 };
/** Images of one grey, which is their name. */
const place = (grey: number | 'broken', label: number): ImagePlace => ({ path: String(grey), label });

const decode = (validation: readonly ImagePlace[] | undefined, options: ReadOptions = {}) => {
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

describe('decodeParts', () => {
  it('keeps the images of each part together', async () => {
    const { train, validation = train, test = train } = await decode([place(30, 1), place(40, 0)]);
    const greysOf = (part: typeof train) => [...pixelsOf(part)].filter((_, i) => i % 4 === 0);
    expect([train, validation, test].map(greysOf)).toEqual([[10, 20], [30, 40], [50]]);
    expect([train, validation, test].map(({ labels }) => [...labels])).toEqual([[0, 1], [1, 0], [1]]);
    expect((await decode(undefined)).validation).toBeUndefined();
  });

  it('leaves broken validation images out, but not all of them', async () => {
    const skipping = { skipBroken: true };
    const { validation, test } = await decode([place('broken', 1), place(40, 0)], skipping);
    expect(validation?.labels).toEqual(Int32Array.of(0));
    expect(test?.count).toBe(1);
    await expect(decode([place('broken', 1)], skipping)).rejects.toThrow(
      'Cannot use greys as a data set: all validation images are broken (broken, for example); add images that can be decoded.',
    );
  });
});
