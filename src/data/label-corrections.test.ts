import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  encodePng,
  randomExamples,
  temporaryFolder,
  writeIn,
  writePngFolder,
} from '../../test/support/data-fixtures.ts';
import { DataFormatError, InvalidInputError } from '../errors.ts';
import { loadDataset } from './load-dataset.ts';
import { type Dataset, type Examples, readImages } from './set/dataset.ts';

const SHAPE = { channels: 1, height: 4, width: 4 };
const CLASSES = ['cat', 'dog, big', '<b>"owl"</b>'];
const QUOTED = CLASSES.map((name) => `"${name.replaceAll('"', '""')}"`);

let folder: string;
let data: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  data = join(folder, 'pets');
  const { pixels } = randomExamples(30, SHAPE, 3);
  for (let i = 0; i < 30; i++) {
    const image = await encodePng(pixels.subarray(16 * i, 16 * (i + 1)), SHAPE);
    await writeIn(data, join(['cat', 'dog, big', 'owl'][i % 3] ?? '', `${i}.png`), image);
  }
});

async function load(table?: string): Promise<Dataset> {
  const labels = table === undefined ? undefined : await writeIn(folder, 'fixed.csv', table);
  return loadDataset(data, { labels, cacheDir: join(folder, 'cache'), test: 0.2 });
}

const digests = ({ count, pixels }: Examples): string[] =>
  Array.from({ length: count }, (_, i) =>
    createHash('sha256')
      .update(readImages({ count, pixels, labels: new Int32Array(count) }, 16, i, i + 1))
      .digest('hex'),
  );

/** `digest:class`, ascending. */
const labelled = ({ train, classes }: Dataset): string[] =>
  digests(train).map((digest, i) => `${digest}:${classes[train.labels[i] ?? 0]}`);

describe('a table of labels', () => {
  it('changes the label of an image by its SHA-256 or its file, and drops images; the test part stays the same', async () => {
    const before = await load();
    const [first = '', second = ''] = digests(before.train);
    const tested = new Set(digests(before.test));
    const all = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const { pixels } = randomExamples(30, SHAPE, 3);
        const digest = createHash('sha256')
          .update(pixels.subarray(16 * i, 16 * (i + 1)))
          .digest('hex');
        return { file: `${['cat', 'dog, big', 'owl'][i % 3]}/${i}.png`, digest };
      }),
    );
    const byFile = all.find(({ digest }) => !tested.has(digest) && digest !== first && digest !== second);
    const other = before.classes[((before.train.labels[0] ?? 0) + 1) % 3] ?? '';
    const after = await load(
      `image,was,decision,label\n${first},x,relabel,"${other}"\n${second},x,drop,\n"${byFile?.file}",x,,owl\n`,
    );
    expect(after.test).toEqual(before.test);
    const expected = labelled(before)
      .filter((text) => !text.startsWith(second))
      .map((text) => (text.startsWith(first) ? `${first}:${other}` : text))
      .map((text) => (text.startsWith(byFile?.digest ?? '-') ? `${byFile?.digest}:owl` : text));
    expect(labelled(after)).toEqual(expected);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.notes.join()).toMatch(
      /Labels of [12] images? were changed and 1 image dropped, as .*fixed\.csv says\./,
    );
    expect(after.origin?.labels).toBe(join(folder, 'fixed.csv'));
  });

  it('comes from the cache the second time, but not once the table is another', async () => {
    const [first = ''] = digests((await load()).train);
    const dropped = await load(`image,decision,label\n${first},drop,\n`);
    expect((await load(`image,decision,label\n${first},drop,\n`)).fingerprint).toBe(dropped.fingerprint);
    expect((await load(`image,decision,label\n${first},keep,\n`)).train.count).toBe(dropped.train.count + 1);
  });

  it('takes names of classes with commas, quotes and markup', async () => {
    const strange = join(folder, 'strange');
    await writePngFolder(strange, { ...randomExamples(30, SHAPE, 3) }, SHAPE);
    const table = await writeIn(folder, 'names.csv', `image,label\n${'0'.repeat(64)},${QUOTED[2]}\n`);
    await expect(loadDataset(strange, { labels: table, cacheDir: join(folder, 'cache') })).rejects.toThrow(
      `names.csv, row 2: there is no class "<b>\\"owl\\"</b>"; the data has 0, 1, 2`,
    );
  });

  it.each([
    ['name,class\nx,y\n', 'row 1: there is no column image (columns: name, class); begin the file with a row such as'],
    ['image\nx\n', 'row 1: there is no column label'],
    ['image,label\n,cat\n', 'row 2: the image is empty; name it, or remove the row.'],
    ['image,label\ncat/0.png,\n', 'row 2: the label of cat/0.png is empty; name a class; to drop the image'],
    [
      'image,label\ncat/0.png,Cat\n',
      'row 2: there is no class "Cat"; the data has cat, dog, big, owl (perhaps cat is meant).',
    ],
    ['image,label\ncat/99.png,owl\n', 'row 2: there is no image "cat/99.png"; write its file relative to the data'],
    [
      `image,label\n${'ab'.repeat(32)},owl\n`,
      `row 2: no image of the data has the SHA-256 ${'ab'.repeat(32)}; use the data, --size and --channels-in of the run`,
    ],
    [
      'image,decision,label\ncat/0.png,drp,\n',
      'row 2: the decision "drp" is unknown; write one of keep, relabel, drop (perhaps drop).',
    ],
    [
      'image,label\ncat/0.png,owl\ncat/0.png,cat\n',
      'row 3: cat/0.png is decided otherwise in row 2; remove one of the rows.',
    ],
  ])('is refused where it is wrong: %j', async (table, message) => {
    const refused = load(table);
    await expect(refused).rejects.toThrow(DataFormatError);
    await expect(refused).rejects.toThrow(message);
  });

  it('is refused where it does not exist, or leaves a class without an image', async () => {
    const missing = loadDataset(data, { labels: join(folder, 'none.csv') });
    await expect(missing).rejects.toThrow(InvalidInputError);
    await expect(missing).rejects.toThrow(/Cannot read the labels .*none\.csv: it does not exist; check the path\./);
    const cats = Array.from({ length: 10 }, (_, i) => `cat/${3 * i}.png,drop,`);
    await expect(load(`image,decision,label\n${cats.join('\n')}\n`)).rejects.toThrow(
      'pets has no training image of cat: every class needs at least one; add images or remove the class.',
    );
  });
});
