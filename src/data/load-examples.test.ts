import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  pixelsOf,
  randomExamples,
  temporaryFolder,
  writeIn,
  writePngFolder,
} from '../../test/support/data-fixtures.ts';
import { loadDataset } from './load-dataset.ts';
import { loadExamples } from './load-examples.ts';

const SHAPE = { channels: 1, height: 4, width: 4 };

async function digits(count = 20, classes = 2) {
  const folder = await temporaryFolder();
  const data = join(folder, 'digits');
  await writePngFolder(data, randomExamples(count, SHAPE, classes), SHAPE);
  return { folder, data, cacheDir: join(folder, 'cache') };
}

/** The pixels of each image as text, in order. */
const imagesOf = (pixels: Uint8Array): string[] =>
  Array.from({ length: pixels.length / 16 }, (_, i) =>
    Buffer.from(pixels.subarray(16 * i, 16 * i + 16)).toString('hex'),
  );

describe('loadExamples', () => {
  it('splits nothing off, tells the data set that the images make, and leaves the cache alone', async () => {
    const { folder, data, cacheDir } = await digits();
    const { parts, dataset, notes, classes } = await loadExamples(data, { cacheDir, test: 0.25 }, undefined);
    expect(Object.keys(parts)).toEqual(['train']);
    expect(parts.train?.count).toBe(20);
    expect(classes).toEqual(['0', '1']);
    expect(notes.join()).not.toContain('split off');
    expect(await readdir(cacheDir)).toEqual([]);
    const same = await loadDataset(data, { cacheDir: join(folder, 'other'), test: 0.25 });
    expect(dataset).toMatchObject({ fingerprint: same.fingerprint, test: { count: 5 } });
    const [all, split] = [[parts.train], [same.train, same.test]].map((some) =>
      some.flatMap((examples) => (examples ? imagesOf(pixelsOf(examples)) : [])).sort(),
    );
    expect(all).toEqual(split);
  });

  it('takes known data from the cache as it was split', async () => {
    const { data, cacheDir } = await digits();
    const options = { cacheDir, test: 0.25 };
    const { fingerprint } = await loadDataset(data, options);
    const calls: number[] = [];
    const onProgress = (done: number) => calls.push(done);
    const known = await loadExamples(data, { ...options, onProgress }, { fingerprint, options });
    expect(known.parts).toMatchObject({ train: { count: 15 }, test: { count: 5 } });
    expect(known.dataset?.fingerprint).toBe(fingerprint);
    expect(calls).toEqual([]);
    const other = await loadExamples(data, { ...options, onProgress }, { fingerprint: 'other', options });
    expect(other.parts).toMatchObject({ train: { count: 20 } });
    expect(calls).not.toEqual([]);
  });

  it('takes a single class, of which no data set can be made', async () => {
    const { data, cacheDir } = await digits(3, 1);
    const { parts, classes, dataset } = await loadExamples(data, { cacheDir }, undefined);
    expect({ count: parts.train?.count, classes, dataset }).toEqual({ count: 3, classes: ['0'], dataset: undefined });
    await expect(loadDataset(data, { cacheDir })).rejects.toThrow(/at least two/);
  });

  it('leaves broken images out only if asked, and refuses data without a whole one', async () => {
    const { data, cacheDir } = await digits(3, 1);
    await writeIn(data, '1/broken.png', 'no image');
    await expect(loadExamples(data, { cacheDir }, undefined)).rejects.toThrow(/broken\.png/);
    const { parts, notes } = await loadExamples(data, { cacheDir, skipBroken: true }, undefined);
    expect(parts.train?.count).toBe(3);
    expect(notes.join()).toContain('Broken images were left out: 1 (');
    const bad = join(data, '..', 'bad');
    await writeIn(bad, 'cat/a.png', 'no image');
    await expect(loadExamples(bad, { cacheDir, skipBroken: true }, undefined)).rejects.toThrow(/are broken/);
  });
});
