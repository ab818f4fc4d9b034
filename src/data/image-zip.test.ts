import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodePng, pixelsOf, randomExamples, temporaryFolder, writeIn } from '../../test/support/data-fixtures.ts';
import { DataFormatError, InvalidInputError } from '../errors.ts';
import { imageSizeOf } from './dataset.ts';
import { loadDataset } from './load-dataset.ts';

const shape = { channels: 3, height: 5, width: 4 };
const examples = randomExamples(12, shape, 2);
const size = imageSizeOf(shape);
const pngs = await Promise.all(
  Array.from({ length: 12 }, (_, i) => encodePng(pixelsOf(examples).subarray(i * size, (i + 1) * size), shape)),
);

type Content = Readonly<Record<string, Uint8Array>>;

/** Each image under `prefix(i)`, in the folder of its class. */
const filed = (prefix: (index: number) => string): Content =>
  Object.fromEntries(pngs.map((png, i) => [`${prefix(i)}${['cat', 'dog'][i % 2]}/${i}.png`, png]));

/** Loads the files from a folder, or from an archive. */
async function loadFiles(files: Content, from: 'folder' | 'zip') {
  const outer = await temporaryFolder();
  const cacheDir = join(outer, 'cache');
  if (from === 'zip') return loadDataset(await writeIn(outer, 'photos.zip', zipSync({ ...files })), { cacheDir });
  for (const [name, bytes] of Object.entries(files)) await writeIn(join(outer, 'photos'), name, bytes);
  return loadDataset(join(outer, 'photos'), { cacheDir });
}

describe('a zip archive of images', () => {
  it.each([
    ['class folders', () => ''],
    ['parts', (i: number) => (i < 8 ? 'train/' : 'test/')],
  ])('with %s is what the folder is', async (_, prefix) => {
    const files = filed(prefix);
    const folder = await loadFiles(files, 'folder');
    expect(await loadFiles(files, 'zip')).toEqual(folder);
    const wrapped = Object.fromEntries(Object.entries(files).map(([name, png]) => [`photos/v2/${name}`, png]));
    const { fingerprint, name } = await loadFiles(
      { ...wrapped, '__MACOSX/photos/._v2': pngs[0] ?? new Uint8Array() },
      'zip',
    );
    expect([fingerprint, name]).toEqual([folder.fingerprint, 'photos']);
  });

  it('has images in folders within a class, and notes on other files', async () => {
    const { notes, fingerprint } = await loadFiles(
      { ...filed((i) => (i < 8 ? 'train/' : 'test/')), 'train/cat/notes.txt': strToU8('x') },
      'zip',
    );
    expect(notes).toContain('Files left out that are no images of a class: 1 (train/cat/notes.txt).');
    const deep = Object.fromEntries(
      Object.entries(filed(() => '')).map(([name, png]) => [name.replace('/', '/a/b/'), png]),
    );
    expect((await loadFiles(deep, 'zip')).fingerprint).toBe(
      (
        await loadFiles(
          filed(() => ''),
          'zip',
        )
      ).fingerprint,
    );
    expect(fingerprint).not.toBe('');
  });

  it('leaves out entries that lead elsewhere, and writes nothing but the cache', async () => {
    const outer = await temporaryFolder();
    const png = pngs[0] ?? new Uint8Array();
    const hostile = {
      '../evil/1.png': png,
      '/abs/1.png': png,
      'cat/../../2.png': png,
      'c\\x/3.png': png,
      'a\nb/4.png': png,
    };
    const zip = await writeIn(join(outer, 'in'), 'a.zip', zipSync({ ...filed(() => ''), ...hostile }));
    const { classes, notes } = await loadDataset(zip, { cacheDir: join(outer, 'cache') });
    expect(classes).toEqual(['cat', 'dog']);
    expect(notes.join()).toContain('Files left out that are no images of a class: 5 ("../evil/1.png", "/abs/1.png", ');
    expect(notes.join()).not.toContain('\n');
    expect([(await readdir(outer)).sort(), await readdir(join(outer, 'in'))]).toEqual([['cache', 'in'], ['a.zip']]);
  });

  it('is refused without classes, and an entry is that claims to be huge', async () => {
    const outer = await temporaryFolder();
    const cacheDir = join(outer, 'cache');
    const empty = await writeIn(outer, 'empty.zip', zipSync({ 'readme.txt': strToU8('no images') }));
    await expect(loadDataset(empty, { cacheDir })).rejects.toThrow(InvalidInputError);
    const bomb = await writeIn(
      outer,
      'bomb.zip',
      zipSync({ ...filed(() => ''), 'cat/0.png': new Uint8Array(2 ** 28 + 1) }),
    );
    const error = await loadDataset(bomb, { cacheDir }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataFormatError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`more than the ${2 ** 28} that are read into memory`),
    });
  });
});
