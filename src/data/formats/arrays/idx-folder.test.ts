import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeIdx,
  randomExamples,
  temporaryFolder,
  writeIdxPair,
  writeIn,
} from '../../../../test/support/data-fixtures.ts';
import type { DatasetParts } from '../../set/source.ts';
import { locateIdxFolder } from './idx-folder.ts';

const shape = { channels: 1, height: 3, width: 4 };

const smallFolder = async (): Promise<string> => {
  const folder = await temporaryFolder();
  await writeIdxPair(folder, 'train', randomExamples(6, shape, 3), shape);
  await writeIdxPair(folder, 't10k', randomExamples(3, shape, 3, 2), shape);
  return folder;
};

const read = async (folder: string): Promise<DatasetParts | undefined> => (await locateIdxFolder(folder))?.read({});

describe('locateIdxFolder', () => {
  it('leaves other folders to others', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'train/cat/1.png', '');
    expect(await locateIdxFolder(folder)).toBeUndefined();
  });

  it('reads colour images, channels first', async () => {
    const folder = await temporaryFolder();
    const colour = { ...shape, channels: 3 };
    const examples = randomExamples(4, colour, 2);
    await writeIdxPair(folder, 'train', examples, colour);
    const parts = await read(folder);
    expect(parts?.shape).toEqual(colour);
    expect(parts?.train.pixels).toEqual(examples.pixels);
  });

  it('finds out that colour images are grey', async () => {
    const folder = await temporaryFolder();
    const plane = randomExamples(1, shape, 1).pixels;
    const pixels = Uint8Array.from({ length: 72 }, (_, i) => plane[i % 12] ?? 0);
    await writeIdxPair(folder, 'train', { count: 2, pixels, labels: Int32Array.of(0, 1) }, { ...shape, channels: 3 });
    const parts = await read(folder);
    expect(parts?.shape).toEqual(shape);
    expect(parts?.train.pixels).toEqual(Uint8Array.from([...plane, ...plane]));
  });

  it('makes classes of the labels that occur, by number', async () => {
    const folder = await temporaryFolder();
    const labels = Int32Array.of(10, 9, 200, 9);
    await writeIdxPair(folder, 'train', { ...randomExamples(4, shape, 2), labels }, shape);
    const parts = await read(folder);
    expect(parts?.classes).toEqual(['9', '10', '200']);
    expect([...(parts?.train.labels ?? [])]).toEqual([1, 0, 2, 0]);
  });

  it.each(['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'])(
    'says that %s is missing',
    async (file) => {
      const folder = await smallFolder();
      await rm(join(folder, file));
      await expect(locateIdxFolder(folder)).rejects.toThrow(
        `${folder} has IDX files, but not ${file} (or ${file}.gz): add it to the folder.`,
      );
    },
  );

  it('refuses a number of labels that is not that of the images', async () => {
    const folder = await smallFolder();
    const labels = await writeIn(folder, 'train-labels-idx1-ubyte', encodeIdx([5], new Uint8Array(5)));
    await expect(read(folder)).rejects.toThrow(
      `${labels}, byte 4: 5 labels, but ${join(folder, 'train-images-idx3-ubyte')} has 6 images; each image needs one label.`,
    );
  });

  it('refuses a test label that training does not have', async () => {
    const folder = await smallFolder();
    const labels = await writeIn(folder, 't10k-labels-idx1-ubyte', encodeIdx([3], Uint8Array.of(0, 7, 1)));
    await expect(read(folder)).rejects.toThrow(
      `${labels}, byte 9: label 7 does not occur in the training part (its labels: 0, 1, 2); every class needs training images.`,
    );
  });

  it('refuses test images of another size', async () => {
    const folder = await smallFolder();
    await writeIdxPair(folder, 't10k', randomExamples(3, { ...shape, width: 5 }, 3), { ...shape, width: 5 });
    await expect(read(folder)).rejects.toThrow(
      `${join(folder, 't10k-images-idx3-ubyte')}, byte 4: images of 3 × 5 with 1 channel, but those of ${join(folder, 'train-images-idx3-ubyte')} are 3 × 4 with 1 channel; all must have one size.`,
    );
  });

  it('refuses a number of channels that is neither grey nor colour', async () => {
    const folder = await temporaryFolder();
    const twoChannels = { ...shape, channels: 2 };
    await writeIdxPair(folder, 'train', randomExamples(2, twoChannels, 2), twoChannels);
    await expect(read(folder)).rejects.toThrow(
      `${join(folder, 'train-images-idx3-ubyte')}, byte 8: 2 channels, expected 1 (grey) or 3 (red, green, blue); the order is images × channels × height × width.`,
    );
  });
});
