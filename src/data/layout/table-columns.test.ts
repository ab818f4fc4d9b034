import { describe, expect, it } from 'vitest';
import { layoutOf, textOf } from '../../../test/support/layout-of.ts';
import { numbered } from '../../../test/support/memory-tree.ts';

const FOUR = numbered(4, (i) => `img/${i + 1}.png`);
const withTable = (name: string, table: string): Record<string, string> => ({
  ...Object.fromEntries(FOUR.map((file) => [file, file])),
  [name]: table,
});
const rows = (head: string, row: (i: number) => string): string =>
  `${[head, ...numbered(4, (i) => row(i + 1))].join('\n')}\n`;

describe('columns of tables', () => {
  it('tell the parts by a column without a name, or with one that nobody knows', async () => {
    const part = (i: number): string => (i < 3 ? 'train' : 'test');
    for (const table of [
      rows('1.png,1,train', (i) => `${i}.png,${i % 2},${part(i)}`),
      rows('file,label,used for', (i) => `${i}.png,${i % 2},${part(i)}`),
    ]) {
      expect(textOf(await layoutOf(withTable('m.csv', table)))).toBe('train 0 1 1 1 | test 0 1 1 1');
    }
  });

  it('tell the parts by 0 and 1', async () => {
    const files = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.png`, name]));
    const withFlags = (name: string) => ({
      ...files,
      'm.csv': `file,label,${name}\na.png,x,1\nb.png,y,1\nc.png,x,0\nd.png,y,0\n`,
    });
    expect(textOf(await layoutOf(withFlags('is_train')))).toBe('train x 1 y 1 | test x 1 y 1');
    expect(textOf(await layoutOf(withFlags('is_test')))).toBe('train x 1 y 1 | test x 1 y 1');
    const { train } = await layoutOf(withFlags('is_train'));
    expect(train.map(({ file }) => file)).toEqual(['a.png', 'b.png']);
  });

  it('may begin with the hint at the separator that Excel takes', async () => {
    const table = 'sep=;\r\nfile;label\r\na.png;x\r\nb.png;y\r\nc.png;x\r\nd.png;y\r\n';
    const files = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.png`, name]));
    expect(textOf(await layoutOf({ ...files, 'm.csv': table }))).toBe('train x 2 y 2');
  });

  it('are refused without a header if several columns could be the classes', async () => {
    const table = rows('1.png,1,Ann', (i) => `${i}.png,${i % 2},${i < 3 ? 'Ann' : 'Bob'}`);
    await expect(layoutOf(withTable('m.csv', table))).rejects.toThrow(
      'm.csv names images, but has no column that is known to hold labels (1, 2, 3; --label-column names it)',
    );
  });

  it('may have columns that are called as images are', async () => {
    const table = rows('id,1,2', (i) => `${i},${(i + 1) % 2},${i % 2}`);
    expect(textOf(await layoutOf(withTable('m.csv', table)))).toBe('train 1 2 2 2');
    const counted = '0,3.png,dog\n1,4.png,cat\n2,1.png,dog\n';
    expect(textOf(await layoutOf(withTable('m.csv', counted)))).toBe('train cat 1 dog 2');
  });

  it('are all read as the largest of those with the same columns, which is doubtful if that one is', async () => {
    const train = (of: string): string =>
      ['0', '1', '2', '3'].map((i) => `${i},${Number(i) % 2},${of[Number(i)]}\n`).join('');
    const files = Object.fromEntries(numbered(6, (i) => `${i}.png`).map((name) => [name, '']));
    const small = { 'test.csv': 'id,kind,site\n4,0,n\n5,0,s\n' };
    expect(textOf(await layoutOf({ ...files, ...small, 'train.csv': `id,kind,site\n${train('aaaa')}` }))).toBe(
      'train 0 2 1 2 | test 0 2 1 0',
    );
    await expect(layoutOf({ ...files, ...small, 'train.csv': `id,kind,site\n${train('nnss')}` })).rejects.toThrow(
      'has no column that is known to hold labels (id, kind, site',
    );
  });
});
