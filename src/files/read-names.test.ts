import { mkdirSync, writeFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../test/support/data-fixtures.ts';
import { readNames } from './read-names.ts';

/** A path with a name that need not be UTF-8. */
const withBytes = (folder: string, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), name]);

describe('readNames', () => {
  it('tells files, folders and links', async () => {
    const folder = await temporaryFolder();
    await writeIn(folder, 'a/b.txt', '');
    await writeIn(folder, 'c.txt', '');
    await symlink('nowhere', join(folder, 'd'));
    expect(readNames(folder).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'a', kind: 'folder' },
      { name: 'c.txt', kind: 'file' },
      { name: 'd', kind: 'link' },
    ]);
    expect(readNames(folder, (name) => name !== 'a')).toEqual([{ name: 'a', kind: 'folder' }]);
  });

  it.runIf(process.platform === 'linux')('refuses a name that is not UTF-8, with its bytes and the cure', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'Käse'), '');
    mkdirSync(withBytes(folder, Buffer.from('caf\xe9', 'latin1')));
    expect(() => readNames(folder)).toThrow(
      `Cannot use ${folder}: a name in it is not UTF-8 (bytes 63 61 66 e9, "café" if it is Latin-1): rename it; for all names at once: convmv -f latin1 -t utf8 -r --notest ${folder}.`,
    );
    expect(readNames(folder, (name) => name.startsWith('caf'))).toHaveLength(1);
  });

  it('refuses a folder that is not there', () => {
    expect(() => readNames('/nowhere/at/all')).toThrow(
      'Cannot read the folder /nowhere/at/all: it does not exist; check the path.',
    );
  });
});
