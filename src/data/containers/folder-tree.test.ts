import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { folderTree } from './folder-tree.ts';

async function folderOf(...files: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const file of files) await writeIn(folder, file, `content of ${file}`);
  return folder;
}

describe('folderTree', () => {
  it('lists the files at any depth in the order of code points, and reads them', async () => {
    const files = ['a-b/1', 'a/1', 'a/b/2', 'a0', 'z/\uff5e', 'z/\u{1f408}'];
    const tree = folderTree(await folderOf(...files.toReversed()));
    expect(tree.files).toEqual(files);
    expect(Buffer.from(await tree.read('a/b/2')).toString()).toBe('content of a/b/2');
    const wanted = ['z/\u{1f408}', 'a/1', 'a0'];
    const contents = await tree.readAll(wanted, async (index, bytes) => `${index}: ${Buffer.from(await bytes())}`);
    expect(contents).toEqual(wanted.map((file, index) => `${index}: content of ${file}`));
  });

  it('passes over what systems leave, and keeps what only looks like it', async () => {
    const left = [
      '.DS_Store',
      '__MACOSX/a/1.png',
      'a/._1.png',
      'a/.ipynb_checkpoints/1.png',
      'a/@eaDir/1.png',
      'a/Thumbs.db',
      'a/ehthumbs.db',
      'desktop.ini',
      '$RECYCLE.BIN/1.png',
      '#recycle/1.png',
      'System Volume Information/x',
      'lost+found/x',
      '__pycache__/x.pyc',
    ];
    const kept = ['a/1.png', 'a/recycle/1.png', 'a/thumbs.png', 'lost/1.png'];
    const { files, leftOut } = folderTree(await folderOf(...left, ...kept));
    expect([files, leftOut]).toEqual([kept, []]);
  });

  it('leaves out empty folders', async () => {
    const folder = await folderOf('a/1');
    await mkdir(join(folder, 'b/c'), { recursive: true });
    expect(folderTree(folder).files).toEqual(['a/1']);
  });

  it('follows symbolic links, but in no circle, and says which lead nowhere', async () => {
    const elsewhere = await folderOf('1', '2');
    const folder = await folderOf('a/b/1');
    await symlink(elsewhere, join(folder, 'a', 'linked'));
    await symlink(join(elsewhere, '1'), join(folder, 'file'));
    await symlink(join(folder, 'a'), join(folder, 'a', 'b', 'up'));
    await symlink('nowhere', join(folder, 'broken'));
    await symlink('itself', join(folder, 'itself'));
    const tree = folderTree(folder);
    expect(tree.files).toEqual(['a/b/1', 'a/linked/1', 'a/linked/2', 'file']);
    expect(Buffer.from(await tree.read('a/linked/2')).toString()).toBe('content of 2');
    expect([...tree.leftOut].sort((a, b) => (a.file < b.file ? -1 : 1))).toEqual([
      { file: 'a/b/up', reason: 'a symbolic link that leads back to a folder around it' },
      { file: 'broken', reason: 'a symbolic link to nothing' },
      { file: 'itself', reason: 'a symbolic link to nothing' },
    ]);
  });

  it('refuses folders too deep in each other', async () => {
    const folder = await folderOf(`${'a/'.repeat(33)}1`);
    expect(() => folderTree(folder)).toThrow(/^Cannot use .* lies more than 32 folders deep; move its files up\.$/);
  });

  it('says that a file is gone', async () => {
    const folder = await folderOf('a');
    await expect(folderTree(folder).read('b')).rejects.toThrow(
      `Cannot read the file ${join(folder, 'b')}: it does not exist; check the path.`,
    );
  });
});
