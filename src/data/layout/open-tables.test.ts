import { describe, expect, it } from 'vitest';
import { layoutOf, textOf } from '../../../test/support/layout-of.ts';
import { numbered } from '../../../test/support/memory-tree.ts';

const withFiles = (files: readonly string[], tables: Readonly<Record<string, string>>): Record<string, string> => ({
  ...Object.fromEntries(files.map((file) => [file, ''])),
  ...tables,
});
const flat = numbered(6, (i) => `images/img ${i}.jpg`);
const plain = numbered(6, (i) => `images/p${i}.jpg`);

describe('lists', () => {
  it('may have blanks in the names of images', async () => {
    const list = numbered(6, (i) => `images/img ${i}.jpg ${i % 2}`).join('\n');
    expect(textOf(await layoutOf(withFiles(flat, { 'labels.txt': list })))).toBe('train 0 3 1 3');
  });

  it('may have comments, and several blanks between their cells', async () => {
    const list = `#image class\n# by hand\n${numbered(6, (i) => `p${i}   ${i % 2}`).join('\n')}`;
    const layout = await layoutOf(withFiles(plain, { 'labels.txt': list }));
    expect(textOf(layout)).toBe('train 0 3 1 3');
    expect(layout.roles.find(({ file }) => file === 'images/p0.jpg')?.rule).toBe('labels.txt, row 3');
  });

  it('that are called as an image is are about that image, and are not read', async () => {
    const boxes = Object.fromEntries(
      numbered(6, (i) => `labels/p${i}.txt`).map((file) => [file, 'p1 1 2 3\np2 2 3 4\n']),
    );
    await expect(layoutOf(withFiles(plain, boxes))).rejects.toThrow(
      /its images lie in images, which does not look like classes: put/,
    );
  });

  it('are read from the root on if they are many', async () => {
    const folders = numbered(30, (i) => `train/c${i}`);
    const files = [...folders.map((folder, i) => `${folder}/t${i}.png`), 'val/v1.png', 'val/v2.png'];
    const boxes = Object.fromEntries(folders.map((folder, i) => [`${folder}/boxes.txt`, `t${i}.png 1 2\n`]));
    const layout = await layoutOf(withFiles(files, { ...boxes, 'val/names.txt': 'v1.png c1\nv2.png c2\n' }));
    expect(layout.validation?.map(({ label }) => layout.classes[label])).toEqual(['c1', 'c2']);
  });
});

describe('tables', () => {
  it('with the same columns have their labels in the same one', async () => {
    const rows = (from: number, to: number): string =>
      numbered(to - from, (i) => `p${from + i}.jpg ${i % 2}\n`).join('');
    const layout = await layoutOf(withFiles(plain, { 'train.txt': rows(0, 4), 'val.txt': rows(4, 6) }));
    expect(textOf(layout)).toBe('train 0 2 1 2 | validation 0 1 1 1');
  });

  it('may have the name of a part in front of that of a column', async () => {
    const table = `,train_samples,train_labels,kind\n${numbered(6, (i) => `${i},p${i}.jpg,${i % 2},${i % 3}`).join('\n')}`;
    const { notes } = await layoutOf(withFiles(plain, { 'x.csv': table }));
    expect(notes).toContain('Labels: x.csv, column "train_labels".');
  });

  it('that count their rows name images by another column, even if one is missing', async () => {
    const files = numbered(20, (i) => `${i}.png`);
    const table = `,thing,what\n${numbered(20, (i) => `${i},${i === 3 ? 99 : 19 - i}.png,${i < 10 ? 'low' : 'high'}`).join('\n')}`;
    const { roles } = await layoutOf(withFiles(files, { 'x.csv': table }), { skipBroken: true });
    expect(roles.find(({ file }) => file === '0.png')?.className).toBe('high');
  });

  it('have no labels in columns that tell parts or places', async () => {
    const table = `file,x,y,partition\n${numbered(6, (i) => `p${i}.jpg,${i % 2},${i % 3},${i % 2}`).join('\n')}`;
    await expect(layoutOf(withFiles(plain, { 'x.csv': table }))).rejects.toThrow(
      'no column that is known to hold labels',
    );
  });

  it('may add what others leave open, where they give the same classes', async () => {
    const rows = (from: number, to: number): string =>
      numbered(to - from, (i) => `p${from + i},c${(from + i) % 2}\n`).join('');
    const tables = { 'list.txt': rows(0, 6), 'test.txt': rows(4, 6), 'trainval.txt': rows(0, 4) };
    expect(textOf(await layoutOf(withFiles(plain, tables)))).toBe('train c0 2 c1 2 | test c0 1 c1 1');
  });

  it.each([
    ['1,1', 'has 2 classes (red, blue); give each image one class, or name one column with --label-column'],
    ['0,0', 'the label of p5.jpg is empty; add it, or remove the row, or name one column with --label-column'],
  ])('with a column for each class are refused with a row %s', async (row, message) => {
    const table = `file,red,blue\n${numbered(5, (i) => `p${i}.jpg,${i % 2},${1 - (i % 2)}\n`).join('')}p5.jpg,${row}`;
    await expect(layoutOf(withFiles(plain, { 'x.csv': table }))).rejects.toThrow(message);
    const { classes } = await layoutOf(withFiles(plain, { 'x.csv': table }), { labelColumn: 'red' });
    expect(classes).toEqual(['0', '1']);
  });

  it('with several labels in one cell are pointed out', async () => {
    const table = `file,label\n${numbered(6, (i) => `p${i}.jpg,${['rust', 'scab', 'rust scab'][i % 3]}`).join('\n')}`;
    const { notes } = await layoutOf(withFiles(plain, { 'x.csv': table }));
    expect(notes).toContain('Labels that look like several in one are classes of their own: rust scab.');
  });
});

describe('one class folder', () => {
  it('is refused without the advice to make class folders', async () => {
    await expect(layoutOf(['train/good/1.png', 'test/good/1.png'])).rejects.toThrow(
      'at least two classes: add images of another class, in a folder of their own, or add labels.csv',
    );
  });
});
