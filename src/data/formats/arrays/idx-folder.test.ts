import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeIdx,
  pixelsOf,
  randomExamples,
  temporaryFolder,
  writeIdxPair,
  writeIn,
} from '../../../../test/support/data-fixtures.ts';
import type { Examples } from '../../set/dataset.ts';
import type { DatasetParts } from '../../set/source.ts';
import { isIdxName, locateIdxFile, locateIdxFolder } from './idx-folder.ts';

const shape = { channels: 1, height: 3, width: 4 };

const smallFolder = async (): Promise<string> => {
  const folder = await temporaryFolder();
  await writeIdxPair(folder, 'train', randomExamples(6, shape, 3), shape);
  await writeIdxPair(folder, 't10k', randomExamples(3, shape, 3, 2), shape);
  return folder;
};

const read = async (folder: string): Promise<DatasetParts | undefined> => (await locateIdxFolder(folder))?.read({});

/** A buffer is not equal to an array of the same bytes. */
const plain = (examples: Examples | undefined): Examples | undefined =>
  examples && { ...examples, pixels: Uint8Array.from(pixelsOf(examples)) };

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
      `${labels}, byte 9: label 7 does not occur in the training part (its labels: 0, 1, 2); add training images of it.`,
    );
  });

  it('refuses test images of another size', async () => {
    const folder = await smallFolder();
    await writeIdxPair(folder, 't10k', randomExamples(3, { ...shape, width: 5 }, 3), { ...shape, width: 5 });
    await expect(read(folder)).rejects.toThrow(
      `${join(folder, 't10k-images-idx3-ubyte')}, byte 0: images of (3, 5), but those of the training part are (3, 4); give all parts one size.`,
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

  it('reads any prefix, a dot, files in folders of their own names, and QMNIST', async () => {
    const examples = randomExamples(6, shape, 3);
    const images = encodeIdx([6, 3, 4], examples.pixels);
    const labels = encodeIdx([6], Uint8Array.from(examples.labels));
    const columns = Buffer.alloc(12 + 6 * 32);
    columns.set([0, 0, 0x0c, 2, 0, 0, 0, 6, 0, 0, 0, 8]);
    for (const [row, label] of examples.labels.entries()) columns.writeInt32BE(label, 12 + row * 32);
    for (const files of [
      { 'my-digits-train-images-idx3-ubyte': images, 'my-digits-train-labels-idx1-ubyte': labels },
      { 'digits-images-idx3-ubyte': images, 'digits-labels-idx1-ubyte': labels },
      { 'train-images.idx3-ubyte': images, 'train-labels.idx1-ubyte': labels },
      {
        'train-images-idx3-ubyte/train-images-idx3-ubyte': images,
        'train-images.idx3-ubyte': images,
        'train-labels-idx1-ubyte/train-labels-idx1-ubyte': labels,
        'train-labels.idx1-ubyte': labels,
      },
      { 'qmnist-train-images-idx3-ubyte': images, 'qmnist-train-labels-idx2-int': columns },
      {
        'train-images-idx3-ubyte': images,
        'train-labels-idx1-ubyte': labels,
        'val-images-idx3-ubyte': images,
        'val-labels-idx1-ubyte': labels,
      },
    ]) {
      const folder = await temporaryFolder();
      for (const [name, bytes] of Object.entries(files)) await writeIn(folder, name, bytes);
      const parts = await read(folder);
      expect(plain(parts?.train)).toEqual(examples);
      expect(plain(parts?.validation)).toEqual('val-images-idx3-ubyte' in files ? examples : undefined);
    }
  });

  it('names the classes of EMNIST by its mapping, and says that its images lie on their side', async () => {
    const folder = await temporaryFolder();
    const labels = Int32Array.of(1, 2, 1, 2);
    const examples = { ...randomExamples(4, shape, 2), labels };
    await writeIdxPair(folder, 'emnist-letters-train', examples, shape);
    await writeIn(folder, 'emnist-letters-mapping.txt', '1 65 97\n2 66 98\n');
    const parts = await read(folder);
    expect(parts).toMatchObject({
      classes: ['Aa', 'Bb'],
      notes: [
        'Labels: emnist-letters-train-labels-idx1-ubyte.',
        'Names of the classes: emnist-letters-mapping.txt.',
        "EMNIST's images lie on their side: --transpose swaps their rows and columns.",
      ],
    });
    const turned = await (await locateIdxFolder(folder))?.read({ transpose: true });
    expect(turned?.shape).toEqual({ channels: 1, height: 4, width: 3 });
    expect(pixelsOf(turned?.train ?? examples)[1]).toBe(examples.pixels[4]);
    expect(turned?.notes.join()).not.toContain('EMNIST');
    const mapping = await writeIn(folder, 'emnist-letters-mapping.txt', '1 65\n2 65\n');
    await expect(read(folder)).rejects.toThrow(`${mapping}, row 2: the name A is not new; mend the line`);
  });

  it('refuses several sets, of which the path of one file chooses one', async () => {
    const folder = await temporaryFolder();
    const [letters, digits] = [randomExamples(4, shape, 2), randomExamples(4, shape, 2, 9)];
    await writeIdxPair(folder, 'emnist-letters-train', letters, shape);
    await writeIdxPair(folder, 'emnist-digits-train', digits, shape);
    await expect(locateIdxFolder(folder)).rejects.toThrow(
      'it holds the IDX files of several (emnist-digits, emnist-letters): give each a folder of its own, or give the path of one file of images.',
    );
    const path = join(folder, 'emnist-letters-train-images-idx3-ubyte');
    expect(isIdxName(path)).toBe(true);
    const parts = await (await locateIdxFile(path)).read({});
    expect(parts.name).toBe('emnist-letters');
    expect(plain(parts.train)).toEqual(letters);
  });

  it('leaves a lone file among other data to others', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'train-images-idx3-ubyte', '');
    await expect(locateIdxFolder(folder)).rejects.toThrow('but not train-labels-idx1-ubyte');
    await writeIn(folder, 'cat/1.png', '');
    expect(await locateIdxFolder(folder)).toBeUndefined();
  });

  it('is explained file by file', async () => {
    const folder = await smallFolder();
    await writeIn(folder, 'train-images.idx3-ubyte.gz', '');
    expect(await (await locateIdxFolder(folder))?.explain?.({})).toEqual([
      { file: 't10k-images-idx3-ubyte', part: 'test', rule: 'images, by the name of the file' },
      { file: 't10k-labels-idx1-ubyte', part: 'test', rule: 'labels, by the name of the file' },
      { file: 'train-images-idx3-ubyte', part: 'train', rule: 'images, by the name of the file' },
      { file: 'train-images.idx3-ubyte.gz', rule: 'another copy' },
      { file: 'train-labels-idx1-ubyte', part: 'train', rule: 'labels, by the name of the file' },
    ]);
  });
});
