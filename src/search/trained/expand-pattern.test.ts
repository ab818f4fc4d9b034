import { mkdir, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { expandPattern } from './expand-pattern.ts';

const FILES = [
  'a.png',
  'b.PNG',
  'c (1).png',
  'c [x].png',
  'é.png',
  '.hidden.png',
  'cats/a.png',
  'cats/old/b.png',
  'dogs/a.png',
  '.git/a.png',
];

async function files() {
  const folder = await temporaryFolder();
  for (const name of FILES) await writeIn(folder, name, '');
  await mkdir(join(folder, 'empty'));
  return folder;
}

const matches = (folder: string, pattern: string, ignoresCase?: boolean): string[] => {
  const found: string[] = [];
  for (const { path, isFolder } of expandPattern(join(folder, pattern), ignoresCase)) {
    found.push(`${relative(folder, path).replaceAll('\\', '/')}${isFolder ? '/' : ''}`);
  }
  return found;
};

describe('expandPattern', () => {
  it.each([
    ['*.png', ['a.png', 'c (1).png', 'c [x].png', 'é.png']],
    ['?.png', ['a.png', 'é.png']],
    ['c (?).png', ['c (1).png']],
    ['c [*.png', ['c [x].png']],
    ['*', ['a.png', 'b.PNG', 'c (1).png', 'c [x].png', 'cats/', 'dogs/', 'empty/', 'é.png']],
    ['*/a.png', ['cats/a.png', 'dogs/a.png']],
    ['*s/*', ['cats/a.png', 'cats/old/', 'dogs/a.png']],
    ['.*', ['.git/', '.hidden.png']],
    ['**/b.*', ['b.PNG', 'cats/old/b.png']],
    ['cats/**/*.png', ['cats/a.png', 'cats/old/b.png']],
    ['cats/**', ['cats/']],
    ['nothing/*.png', []],
    ['a.png/*', []],
    ['*.jpg', []],
  ])('finds what matches %s', async (pattern, expected) => {
    expect(matches(await files(), pattern, false)).toEqual(expected);
  });

  it('ignores case where names do', async () => {
    expect(matches(await files(), '[A-B]*.Png', true)).toEqual([]);
    expect(matches(await files(), '?.Png', true)).toEqual(['a.png', 'b.PNG', 'é.png']);
  });

  it('starts at the working folder, and does not follow links that lead back', async () => {
    const folder = await files();
    await symlink('..', join(folder, 'cats', 'up'));
    expect(matches(folder, '**/old/*')).toEqual(['cats/old/b.png']);
    const here = relative(process.cwd(), folder);
    const found: string[] = [];
    for (const { path } of expandPattern(join(here, '*', 'a.png'))) found.push(path);
    expect(found).toEqual([join(here, 'cats', 'a.png'), join(here, 'dogs', 'a.png')]);
  });
});
