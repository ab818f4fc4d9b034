import { describe, expect, it } from 'vitest';
import { layoutOf, textOf } from '../../../test/support/layout-of.ts';
import { numbered } from '../../../test/support/memory-tree.ts';

/** Six images of each class in its folder. */
const inFolders = ['a', 'b'].flatMap((name) => numbered(6, (i) => `images/${name}/${i}.png`));
const listOf = (from: number, to: number): string =>
  ['a', 'b'].flatMap((name) => numbered(to - from, (i) => `${name}/${from + i}\n`)).join('');
const withFiles = (files: readonly string[], tables: Readonly<Record<string, string>>): Record<string, string> => ({
  ...Object.fromEntries(files.map((file) => [file, ''])),
  ...tables,
});

describe('parts of images in class folders', () => {
  it.each<[string, Record<string, string>, string]>([
    [
      'lists of names without endings',
      { 'meta/train.txt': listOf(0, 4), 'meta/test.txt': listOf(4, 6) },
      'train a 4 b 4 | test a 2 b 2',
    ],
    ['lists of all but the training images', { 'test_list.txt': listOf(3, 6) }, 'train a 3 b 3 | test a 3 b 3'],
    [
      'a list for training and validation',
      { 'train_val_list.txt': listOf(0, 4), 'test_list.txt': listOf(4, 6) },
      'train a 4 b 4 | test a 2 b 2',
    ],
    [
      'a column',
      {
        'x.csv': ['file,split', ...inFolders.map((file, i) => `${file},${['train', 'val', 'test'][i % 3]}`)].join('\n'),
      },
      'train a 2 b 2 | validation a 2 b 2 | test a 2 b 2',
    ],
    ['nothing but a list of training images', { 'train.txt': listOf(0, 4) }, 'train a 6 b 6'],
    ['nothing but a list of all images', { 'eval.txt': listOf(0, 6) }, 'train a 6 b 6'],
    ['lists of other images', { 'test.txt': `${listOf(4, 6)}${'c/1\n'.repeat(9)}` }, 'train a 6 b 6'],
    [
      'a column with numbers',
      { 'list_eval.csv': ['file,partition', ...inFolders.slice(0, 4).map((file, i) => `${file},${i}`)].join('\n') },
      'train a 6 b 6',
    ],
  ])('come from %s', async (_, tables, expected) => {
    expect(textOf(await layoutOf(withFiles(inFolders, tables)))).toBe(expected);
  });

  it('are told, with what the lists leave out', async () => {
    const layout = await layoutOf(withFiles(inFolders, { 'train.txt': listOf(0, 3), 'test.txt': listOf(4, 6) }));
    expect(textOf(layout)).toBe('train a 3 b 3 | test a 2 b 2');
    expect(layout.notes).toContain('Parts: test.txt, train.txt.');
    expect(layout.roles).toContainEqual({ file: 'images/a/3.png', rule: 'in no list of a part' });
    expect(layout.roles).toContainEqual({ file: 'test.txt', rule: 'tells the parts' });
    const role = { file: 'images/a/4.png', part: 'test', className: 'a', rule: 'folder images/a; part from test.txt' };
    expect(layout.roles).toContainEqual(role);
  });

  it('are not followed where they contradict each other', async () => {
    const layout = await layoutOf(withFiles(inFolders, { 'train.txt': listOf(0, 5), 'test.txt': listOf(4, 6) }));
    expect(textOf(layout)).toBe('train a 6 b 6');
    expect(layout.notes).toContain(
      'The parts in test.txt, train.txt were not followed: they put images/a/4.png in several.',
    );
  });

  it('are those of their folders, whatever a list says', async () => {
    const files = ['train/a', 'train/b', 'test/a'].flatMap((folder) => [`${folder}/1.png`, `${folder}/2.png`]);
    const layout = await layoutOf(withFiles(files, { 'test.txt': 'train/a/1.png\n' }));
    expect(textOf(layout)).toBe('train a 2 b 2 | test a 2 b 0');
  });

  it('are not spoken of where the user names the only table', async () => {
    const tables = { 'labels.csv': 'id,label\na/x,1\nb/y,2\n', 'split.txt': '1 0\n' };
    const { notes } = await layoutOf(withFiles(['a/x.png', 'b/y.png'], tables), { table: 'labels.csv' });
    expect(notes.join(' ')).not.toContain('could tell the parts');
  });

  it('could be in files that name no images, which is told', async () => {
    const { notes } = await layoutOf(withFiles(['a/x.png', 'b/y.png'], { 'train_test_split.txt': '1 0\n2 1\n' }));
    expect(notes).toContain(
      'Files that could tell the parts, but name no images, were not followed: train_test_split.txt.',
    );
  });
});

describe('parts of other images', () => {
  const flat = numbered(6, (i) => `images/cat_${i}.png`).concat(numbered(6, (i) => `images/dog_${i}.png`));
  const test = 'cat_5\ndog_5\n';

  it('come from a list beside a table of labels', async () => {
    const table = ['id,label', ...flat.map((file, i) => `${file},${i % 2}`)].join('\n');
    const layout = await layoutOf(withFiles(flat, { 'labels.csv': table, 'test_list.txt': test }));
    expect(textOf(layout)).toBe('train 0 6 1 4 | test 0 0 1 2');
    expect(layout.notes).toContain('Parts: test_list.txt.');
  });

  it('come from a list if names tell the classes', async () => {
    const layout = await layoutOf(withFiles(flat, { 'test_list.txt': test }), { labelFrom: 'name' });
    expect(textOf(layout)).toBe('train cat 5 dog 5 | test cat 1 dog 1');
  });
});
