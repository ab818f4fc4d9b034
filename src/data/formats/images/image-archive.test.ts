import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeTarGz, type TarEntry } from '../../../../test/support/cifar-fixtures.ts';
import {
  encodePng,
  pixelsOf,
  randomExamples,
  temporaryFolder,
  writeIn,
} from '../../../../test/support/data-fixtures.ts';
import { DataFormatError, InvalidInputError } from '../../../errors.ts';
import { loadDataset } from '../../load-dataset.ts';
import { imageSizeOf } from '../../set/dataset.ts';

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

type Form = 'folder' | 'zip' | 'tar.gz';

/** Loads the files from a folder, or from an archive. */
async function loadFiles(files: Content, form: Form) {
  const outer = await temporaryFolder();
  const cacheDir = join(outer, 'cache');
  if (form === 'folder')
    for (const [name, bytes] of Object.entries(files)) await writeIn(join(outer, 'photos'), name, bytes);
  if (form === 'zip') await writeIn(outer, 'photos.zip', zipSync({ ...files }));
  if (form === 'tar.gz') await writeIn(outer, 'photos.tar.gz', encodeTarGz(tarEntries(files)));
  return loadDataset(join(outer, form === 'folder' ? 'photos' : `photos.${form}`), { cacheDir });
}

const tarEntries = (files: Content): TarEntry[] => Object.entries(files).map(([name, content]) => ({ name, content }));

describe.each(['zip', 'tar.gz'] as const)('a %s of images', (form) => {
  it.each([
    ['class folders', () => ''],
    ['parts', (i: number) => (i < 8 ? 'train/' : 'test/')],
  ])('with %s is what the folder is', async (_, prefix) => {
    const files = filed(prefix);
    const folder = await loadFiles(files, 'folder');
    const { origin, ...archived } = await loadFiles(files, form);
    const { origin: folderOrigin, ...expected } = folder;
    expect(archived).toEqual(expected);
    expect([origin?.source, folderOrigin?.source]).toEqual([
      expect.stringMatching(`photos.${form}$`),
      expect.stringMatching(/photos$/),
    ]);
    const wrapped = Object.fromEntries(Object.entries(files).map(([name, png]) => [`photos/v2/${name}`, png]));
    const { fingerprint, name } = await loadFiles(
      { ...wrapped, '__MACOSX/photos/._v2': pngs[0] ?? new Uint8Array() },
      form,
    );
    expect([fingerprint, name]).toEqual([folder.fingerprint, 'photos']);
  });

  it('has images in folders within a class, and notes on other files', async () => {
    const { notes, fingerprint } = await loadFiles(
      { ...filed((i) => (i < 8 ? 'train/' : 'test/')), 'train/cat/notes.txt': strToU8('x') },
      form,
    );
    expect(notes).toContain('Files that are not images of a class were left out: 1 (train/cat/notes.txt).');
    const deep = Object.fromEntries(
      Object.entries(filed(() => '')).map(([name, png]) => [name.replace('/', '/a/b/'), png]),
    );
    expect((await loadFiles(deep, form)).fingerprint).toBe(
      (
        await loadFiles(
          filed(() => ''),
          form,
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
      'c\\x\\3.png': png,
      'a\nb/4.png': png,
    };
    const files = { ...filed(() => ''), ...hostile };
    const bytes = form === 'zip' ? zipSync(files) : encodeTarGz(tarEntries(files));
    const archive = await writeIn(join(outer, 'in'), `a.${form}`, bytes);
    const { classes, notes } = await loadDataset(archive, { cacheDir: join(outer, 'cache') });
    // Archivers on Windows separate folders by back-slashes, in zip archives alone.
    expect(classes).toEqual(form === 'zip' ? ['c', 'cat', 'dog'] : ['cat', 'dog']);
    expect(notes.join()).toContain(
      `Files that are not images of a class were left out: ${form === 'zip' ? 4 : 5} ("../evil/1.png", "/abs/1.png", `,
    );
    expect(notes.join()).not.toContain('\n');
    expect([(await readdir(outer)).sort(), await readdir(join(outer, 'in'))]).toEqual([['cache', 'in'], [`a.${form}`]]);
  });
});

describe('a zip of images', () => {
  it('is refused without classes, and an entry is that claims to be huge', async () => {
    const outer = await temporaryFolder();
    const cacheDir = join(outer, 'cache');
    const empty = await writeIn(outer, 'empty.zip', zipSync({ 'readme.txt': strToU8('no images') }));
    await expect(loadDataset(empty, { cacheDir })).rejects.toThrow(InvalidInputError);
    // Compressed, so many bytes could give as many as the directory then claims.
    const noise = pixelsOf(randomExamples(1, { channels: 3, height: 300, width: 300 }, 1));
    const bytes = Buffer.from(zipSync({ ...filed(() => ''), 'cat/0.png': noise }));
    bytes.writeUInt32LE(2 ** 28 + 1, bytes.lastIndexOf('cat/0.png') - 46 + 24);
    const bomb = await writeIn(outer, 'bomb.zip', bytes);
    const error = await loadDataset(bomb, { cacheDir }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataFormatError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`more than the ${2 ** 28} that are read into memory`),
    });
  });
});

describe('a tar.gz of images', () => {
  it('has long names in all three forms, dots before names, and no links', async () => {
    const [first, ...others] = tarEntries(filed(() => ''));
    const path = `cat/${'d'.repeat(60)}/${'e'.repeat(60)}.png`;
    const content = first?.content ?? '';
    const record = ` path=${path}\n`;
    const folder = await loadFiles(
      filed(() => ''),
      'folder',
    );
    const link = { name: 'bird/1.png', content: '', type: '2' };
    const forms: TarEntry[][] = [
      [
        { name: '././@LongLink', content: `${path}\0`, type: 'L' },
        { name: path.slice(0, 100), content },
      ],
      [
        { name: 'PaxHeader', content: `${record.length + 3}${record}`, type: 'x' },
        { name: 'cat-or-what', content },
      ],
      [{ name: `${'e'.repeat(60)}.png`, prefix: `./cat/${'d'.repeat(60)}`, content }],
    ];
    for (const form of forms) {
      const entries = [link, ...form, ...others.map((entry) => ({ ...entry, name: `./${entry.name}` }))];
      const outer = await temporaryFolder();
      const archive = await writeIn(outer, 'a.tgz', encodeTarGz(entries));
      const { fingerprint, classes } = await loadDataset(archive, { cacheDir: join(outer, 'cache') });
      expect([fingerprint, classes]).toEqual([folder.fingerprint, ['cat', 'dog']]);
    }
  });
});
