// What every kind of tree has in common.

import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeTarGz } from '../../../test/support/cifar-fixtures.ts';
import { temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { DataFormatError, InvalidInputError } from '../../errors.ts';
import type { FileTree } from './file-tree.ts';
import { folderTreeWithArchives } from './folder-tree.ts';
import { tarTree } from './tar-tree.ts';
import { zipTree } from './zip-tree.ts';

type Files = Readonly<Record<string, string>>;

const zipOf = (files: Files, level: 0 | 6 = 6): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])) satisfies Zippable, {
    level,
  });
const tarGzOf = (files: Files): Buffer =>
  encodeTarGz(Object.entries(files).map(([name, content]) => ({ name, content })));

/** Files by the name of their first folder, in a zip archive each. */
function zipEach(files: Files, level: 0 | 6): Record<string, Uint8Array> {
  const folders = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))];
  return Object.fromEntries(
    folders.map((folder) => [
      `${folder}-samples.zip`,
      zipOf(
        Object.fromEntries(
          Object.entries(files).flatMap(([name, text]) =>
            name.startsWith(`${folder}/`) ? [[name.slice(folder.length + 1), text] as const] : [],
          ),
        ),
        level,
      ),
    ]),
  );
}

const KINDS: Readonly<Record<string, (folder: string, files: Files) => Promise<FileTree>>> = {
  async folder(folder, files) {
    for (const [name, text] of Object.entries(files)) await writeIn(folder, name, text);
    return folderTreeWithArchives(folder);
  },
  zip: async (folder, files) => zipTree(await writeIn(folder, 'a.zip', zipOf(files))),
  'stored zip': async (folder, files) => zipTree(await writeIn(folder, 'a.zip', zipOf(files, 0))),
  'tar.gz': async (folder, files) => tarTree(await writeIn(folder, 'a.tar.gz', tarGzOf(files))),
  tar: async (folder, files) => tarTree(await writeIn(folder, 'a.tar', gunzipSync(tarGzOf(files)))),
  async 'folder of zips'(folder, files) {
    for (const [name, bytes] of Object.entries(zipEach(files, 6))) await writeIn(folder, name, bytes);
    return folderTreeWithArchives(folder);
  },
  async 'folder of tars'(folder, files) {
    const folders = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))];
    for (const name of folders) {
      const own = Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(`${name}/`)));
      await writeIn(folder, `${name}.tar.gz`, tarGzOf(own));
    }
    return folderTreeWithArchives(folder);
  },
  'zip of stored zips': async (folder, files) =>
    zipTree(await writeIn(folder, 'a.zip', zipSync(zipEach(files, 6), { level: 0 }))),
  'zip of zips': async (folder, files) =>
    zipTree(await writeIn(folder, 'a.zip', zipSync(zipEach(files, 0), { level: 6 })), folder),
};

const files: Files = {
  'dog/1.png': 'one',
  'dog/deep/2.png': 'two',
  'cat/3.png': '',
  'cat/café 猫.png': 'four',
  'cat/__MACOSX/5.png': 'left by a system',
  'cat/.DS_Store': 'left by a system',
};
const listed = ['cat/3.png', 'cat/café 猫.png', 'dog/1.png', 'dog/deep/2.png'];

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe.each(Object.entries(KINDS))('a tree over a %s', (_, open) => {
  it('lists files in the order of code points, without what systems leave', async () => {
    const tree = await open(await temporaryFolder(), files);
    expect([tree.files, tree.leftOut]).toEqual([listed, []]);
  });

  it('reads one file, and many in the order asked for, some twice', async () => {
    const tree = await open(await temporaryFolder(), files);
    for (const file of listed) expect(textOf(await tree.read(file))).toBe(files[file]);
    const wanted = ['dog/deep/2.png', 'cat/3.png', 'dog/1.png', 'cat/3.png', 'dog/1.png'];
    const read = await tree.readAll(wanted, async (index, bytes) => `${index} ${textOf(await bytes())}`);
    expect(read).toEqual(wanted.map((file, index) => `${index} ${files[file]}`));
    expect(await tree.readAll([], async () => 1)).toEqual([]);
  });

  it('refuses a file that is not there, and stops when it is told to', async () => {
    const tree = await open(await temporaryFolder(), files);
    await expect(tree.read('cat/none.png')).rejects.toThrow(InvalidInputError);
    await expect(tree.readAll(listed, async (_, bytes) => bytes(), AbortSignal.abort())).rejects.toThrow('aborted');
    const failure = new Error('no image');
    await expect(tree.readAll(listed, () => Promise.reject(failure))).rejects.toBe(failure);
  });
});

describe('zipTree', () => {
  const inFolder = async (name: string, bytes: Uint8Array): Promise<string> =>
    writeIn(await temporaryFolder(), name, bytes);
  /** Replaces bytes in names by others, as an archiver without Unicode would have written them. */
  const withNames = (archive: Uint8Array, from: string, to: string): Buffer =>
    Buffer.from(Buffer.from(archive).toString('latin1').replaceAll(from, to), 'latin1');

  it('reads names in code page 437, and says so', async () => {
    const bytes = withNames(zipOf({ 'B1r/1.png': '', 'B2r/1.png': '', 'Hund/1.png': '' }), 'B1r', 'B\x84r');
    const tree = await zipTree(await inFolder('a.zip', withNames(bytes, 'B2r', 'B\x94r')));
    expect(tree.files).toEqual(['Bär/1.png', 'Bör/1.png', 'Hund/1.png']);
    expect(tree.notes).toEqual(['Names in a.zip that are not UTF-8 were read in code page 437: 2 (Bär/1.png, …).']);
  });

  it('takes back-slashes for separators, and follows no name out of the archive', async () => {
    const names = ['cat\\1.png', 'dog\\deep\\2.png', 'empty\\', '..\\3.png', 'cat/../../4.png', '/5.png', 'a\nb/6.png'];
    const tree = await zipTree(await inFolder('a.zip', zipOf(Object.fromEntries(names.map((name) => [name, 'x'])))));
    expect(tree.files).toEqual(['cat/1.png', 'dog/deep/2.png']);
    expect(tree.leftOut).toEqual([
      { file: '"..\\\\3.png"', reason: 'its name leads out of the archive' },
      { file: '"cat/../../4.png"', reason: 'its name leads out of the archive' },
      { file: '"/5.png"', reason: 'its name is not that of a file' },
      { file: '"a\\nb/6.png"', reason: 'its name is not that of a file' },
    ]);
    expect(textOf(await tree.read('dog/deep/2.png'))).toBe('x');
  });

  it('leaves out a second file of the same path', async () => {
    const tree = await zipTree(await inFolder('a.zip', zipOf({ 'cat/1.png': 'first', './cat/1.png': 'second' })));
    expect(tree.leftOut).toEqual([{ file: 'cat/1.png', reason: 'a second entry of that name' }]);
    expect(textOf(await tree.read('cat/1.png'))).toBe('first');
  });

  it.each([
    [1, 'the directory goes on here, though it announces no more than 1'],
    [3, 'the directory has no entry here, though it announces 3'],
  ])('refuses a directory of two entries that announces %s', async (count, message) => {
    const bytes = Buffer.from(zipOf({ 'cat/1.png': 'x', 'dog/1.png': 'x' }));
    bytes.writeUInt16LE(count, bytes.length - 22 + 10);
    await expect(zipTree(await inFolder('a.zip', bytes))).rejects.toThrow(message);
  });

  it('refuses a name that is marked as UTF-8, but is not', async () => {
    const bytes = withNames(zipOf({ 'caf\u00e9/1.png': '' }), 'caf\xc3\xa9', 'cafee');
    const path = await inFolder('a.zip', withNames(bytes, 'cafee', 'caf\xe9e'));
    await expect(zipTree(path)).rejects.toThrow(
      'the name "cafée/1.png" is marked as UTF-8, but is not; make the archive again, or unpack it and give the folder.',
    );
  });

  it.each([
    ['a RAR archive', 'Rar!\x1a\x07', 'unpack it (7z x), and give the folder'],
    ['a 7z archive', '7z\xbc\xaf\x27\x1c', 'unpack it (7z x), and give the folder'],
    ['compressed by gzip', '\x1f\x8b\x08', 'call it .tar.gz if it is a tar archive'],
    ['a web page', '\n<!DOCTYPE html>', 'download the archive again, perhaps after signing in'],
  ])('says that what is called .zip is %s', async (kind, start, cure) => {
    const path = await inFolder('a.zip', Buffer.from(start.padEnd(99), 'latin1'));
    await expect(zipTree(path)).rejects.toThrow(`${path}, byte 0: not a zip archive, but ${kind}; ${cure}.`);
  });

  it('opens archives of parts, without the folder of the same name in them, and lists files beside', async () => {
    const parts = {
      'all/train.zip': zipOf({ 'train/cat.1.png': '1', 'train/dog.1.png': '2' }),
      'all/test1.zip': zipOf({ '1.png': '3' }),
      'all/sample.csv': strToU8('id,label'),
    };
    const tree = await zipTree(await inFolder('a.zip', zipSync(parts)));
    expect(tree.files).toEqual(['all/sample.csv', 'all/test1/1.png', 'all/train/cat.1.png', 'all/train/dog.1.png']);
    expect(tree.notes).toEqual(['Archives were read as folders: 2 (all/test1.zip, all/train.zip).']);
  });

  it('leaves archives alone that lie beside images, and archives within those that it opens', async () => {
    const beside = zipSync({ 'cat/1.png': strToU8('x'), 'old.zip': zipOf({ 'cat/2.png': 'x' }) });
    expect((await zipTree(await inFolder('a.zip', beside))).files).toEqual(['cat/1.png', 'old.zip']);
    const deep = zipSync({ 'b.zip': zipSync({ 'c.zip': zipOf({ '1.png': 'x' }) }) });
    expect((await zipTree(await inFolder('a.zip', deep))).files).toEqual(['b/c.zip']);
  });

  it('refuses archives that would grow far beyond the one around them', async () => {
    const bomb = Buffer.from(zipSync({ 'cat.zip': new Uint8Array(2 ** 20), 'dog.zip': zipOf({ '1.png': 'x' }) }));
    bomb.writeUInt32LE(2 ** 28 + 1, bomb.lastIndexOf('cat.zip') - 46 + 24);
    bomb.writeUInt32LE(2 ** 20, bomb.lastIndexOf('cat.zip') - 46 + 20);
    const path = await inFolder('a.zip', bomb);
    await expect(zipTree(path)).rejects.toThrow(DataFormatError);
    await expect(zipTree(path)).rejects.toThrow(
      `a.zip, byte 0: the archives in it have 268435457 bytes up to cat.zip, at most 268435456 are inflated; unpack the archive, and give the folder.`,
    );
  });

  it.each([0, 6] as const)('finds damage in an archive within an archive (level %s)', async (level) => {
    const inner = Buffer.from(zipOf({ '1.png': 'a text that is long enough', '2.png': 'another' }, 0));
    inner.writeUInt8(0x7a, inner.indexOf('long'));
    const path = await inFolder('a.zip', zipSync({ 'cat.zip': inner }, { level }));
    await expect((await zipTree(path)).read('cat/1.png')).rejects.toThrow(
      `${path}/cat.zip, byte 0: 1.png is damaged: its check sum does not match; copy the file again.`,
    );
    const cut = await inFolder('b.zip', zipSync({ 'cat.zip': inner.subarray(0, -5) }, { level }));
    await expect(zipTree(cut)).rejects.toThrow(
      `${cut}/cat.zip, byte ${inner.length - 5}: not a zip archive, or cut off`,
    );
  });
});

describe('folderTreeWithArchives', () => {
  it('leaves an archive alone that lies beside what was unpacked from it', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'download.zip', zipOf({ 'cat/1.png': 'x' }));
    await writeIn(folder, 'cat/1.png', 'x');
    expect((await folderTreeWithArchives(folder)).files).toEqual(['cat/1.png', 'download.zip']);
  });

  it('says which of two files of one path is left out', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'cat.zip', zipOf({ '1.png': 'first' }));
    await writeIn(folder, 'cat-samples.ZIP', zipOf({ '1.png': 'second' }));
    const tree = await folderTreeWithArchives(folder);
    expect(tree.files).toEqual(['cat/1.png']);
    expect(tree.leftOut).toEqual([{ file: 'cat/1.png', reason: 'a second file of that name' }]);
  });

  it('names a file that only is called an archive', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'cat.zip', 'nothing');
    await expect(folderTreeWithArchives(folder)).rejects.toThrow(
      `${join(folder, 'cat.zip')}, byte 7: not a zip archive`,
    );
  });
});

describe('tarTree', () => {
  it('takes the first of two entries of one name, and names links', async () => {
    const bytes = encodeTarGz([
      { name: './cat/1.png', content: 'first' },
      { name: 'cat/1.png', content: 'second' },
      { name: 'cat/2.png', content: '', type: '1' },
      { name: '.hidden', content: '', type: '2' },
      { name: 'c\\x/3.png', content: '' },
    ]);
    const tree = await tarTree(await writeIn(await temporaryFolder(), 'a.tgz', bytes));
    expect(tree.files).toEqual(['cat/1.png']);
    expect(textOf(await tree.read('cat/1.png'))).toBe('first');
    expect(tree.leftOut).toEqual([
      { file: 'cat/1.png', reason: 'a second entry of that name' },
      { file: '"c\\\\x/3.png"', reason: 'its name is not that of a file' },
      { file: 'cat/2.png', reason: 'a link in the archive; those are not followed' },
    ]);
  });

  it('refuses names that are not UTF-8', async () => {
    const entry = { name: 'caf?/1.png', content: 'x' };
    const tar = gunzipSync(encodeTarGz([entry]));
    // The sum of the header's bytes grows by the difference.
    tar.writeUInt8(0xe9, tar.indexOf('?'));
    const sum = Number.parseInt(tar.toString('latin1', 148, 154), 8) + 0xe9 - 0x3f;
    tar.write(sum.toString(8).padStart(6, '0'), 148);
    const path = await writeIn(await temporaryFolder(), 'a.tar', tar);
    await expect(tarTree(path)).rejects.toThrow(
      `${path}, byte 0: the name "café/1.png" is not UTF-8; unpack the archive, rename what is in it (convmv -f latin1 -t utf8 -r --notest .), and give the folder.`,
    );
  });

  it('refuses an archive that was cut off between two files, where no compression tells', async () => {
    const tar = gunzipSync(tarGzOf({ 'cat/1.png': 'x', 'cat/2.png': 'x' }));
    const path = await writeIn(await temporaryFolder(), 'a.tar', tar.subarray(0, 1024));
    await expect(tarTree(path)).rejects.toThrow(
      `${path}, byte 1024: the archive does not end here, but was cut off; copy it again.`,
    );
  });
});
