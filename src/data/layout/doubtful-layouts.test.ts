import { describe, expect, it } from 'vitest';
import { layoutOf, textOf } from '../../../test/support/layout-of.ts';
import { memoryTree, numbered } from '../../../test/support/memory-tree.ts';
import { refuseNoImages } from './left-out.ts';

const filesIn = (...folders: string[]): Record<string, string> =>
  Object.fromEntries(folders.flatMap((folder) => [0, 1].map((i) => [`${folder}/${i}.png`, `${folder}${i}`])));
const HINT = 'were taken as the classes, though each holds';
const table = (head: string, cells: readonly string[]): Record<string, string> => ({
  ...Object.fromEntries(cells.map((_, i) => [`${i}.png`, `${i}`])),
  'm.csv': `${[head, ...cells.map((cell, i) => `${i}.png,${i % 2},${cell}`)].join('\n')}\n`,
});

describe('folders in all classes that have the same names', () => {
  it('are refused where they could as well be the classes, as below parts in words that are not known', async () => {
    const files = filesIn('apprentissage/chat', 'apprentissage/chien', 'essai/chat', 'essai/chien');
    await expect(layoutOf(files)).rejects.toThrow('apprentissage, essai all hold the same folders (chat, chien)');
    expect(textOf(await layoutOf(files, { labelFrom: 'folders' }))).toMatch(/^train apprentissage .* essai/);
  });

  it('are pointed out where they are fewer, or not the same everywhere', async () => {
    const folds = ['a', 'b', 'c'].flatMap((fold) => [`${fold}/cat`, `${fold}/dog`]);
    expect((await layoutOf(filesIn(...folds))).notes).toContain(
      `The outer folders (a, b, c) ${HINT} cat, dog; if the inner folders are the classes, join those of the same name.`,
    );
    const { notes } = await layoutOf(filesIn('a/cat', 'a/dog', 'b/cat', 'b/bird'));
    expect(notes.join()).toContain(`${HINT} cat;`);
    const sides = await layoutOf(filesIn('left/train/cat', 'left/train/dog', 'right/train/cat', 'right/test/dog'));
    expect(sides.notes.join()).toContain(`${HINT} cat, dog;`);
    const parts = await layoutOf(filesIn('train/a/cat', 'train/b/cat', 'test/a/cat', 'test/b/cat'));
    expect(parts.notes.join()).toContain(`${HINT} cat;`);
  });

  it('are nothing to tell of where they only store images, differ, or the user said that the outer ones count', async () => {
    for (const folders of [
      ['cat/images', 'dog/images'],
      ['cat/siamese', 'dog/poodle'],
      ['cat/train', 'dog/train'],
    ]) {
      expect((await layoutOf(filesIn(...folders))).notes.join()).not.toContain(HINT);
    }
    const asked = await layoutOf(filesIn('a/x', 'b/x'), { labelFrom: 'folders' });
    expect(asked.notes.join()).not.toContain(HINT);
  });
});

describe('a column that should tell the parts', () => {
  it('is pointed out if its values are not all words for parts', async () => {
    const values = ['train', 'test', 'extra', 'train'];
    expect((await layoutOf(table('file,label,Split', values))).notes).toContain(
      'The column "Split" of m.csv was not followed: its values (train, test, extra) are not all words for parts, such as train, val and test.',
    );
    const numbers = await layoutOf(table('file,label,split', ['0', '1', '2', '0']));
    expect(numbers.notes.join()).toContain('was not followed: its values (0, 1, 2)');
  });

  it('is left alone if it tells parts, one value, or perhaps where images are from', async () => {
    for (const files of [
      table('file,label,split', ['train', 'train', 'test', 'test']),
      table('file,label,split', ['0', '0', '0', '0']),
      table('file,label,dataset', ['rome', 'oslo', 'rome', 'oslo']),
    ]) {
      expect((await layoutOf(files)).notes.join()).not.toContain('was not followed');
    }
  });
});

describe('columns of labels with one name', () => {
  it('are refused if their cells differ', async () => {
    await expect(layoutOf(table('file,label,label', ['1', '1', '0', '0']))).rejects.toThrow(
      'm.csv names images, but has no column that is known to hold labels (file, label, label; --label-column names it)',
    );
    expect(textOf(await layoutOf(table('file,label,label', ['0', '1', '0', '1'])))).toBe('train 0 2 1 2');
  });
});

describe('several columns that name images', () => {
  const images = Object.fromEntries(numbered(4, (i) => `${i}.png`).map((name) => [name, name]));
  const rows = (header: string, cells: (i: number) => string): string =>
    `${header}\n${numbered(4, (i) => cells(i)).join('\n')}\n`;

  it('are refused if they name others, unless the user says which counts', async () => {
    const files = { ...images, 'm.csv': rows('id,photo,label', (i) => `${i},${3 - i},${i < 2 ? 'a' : 'b'}`) };
    await expect(layoutOf(files)).rejects.toThrow(
      'm.csv as a table of labels: several columns name images, but not the same ones (column "id", column "photo"): say which with --image-column.',
    );
    const classOfFirst = async (imageColumn: string) => {
      const { train, classes } = await layoutOf(files, { imageColumn });
      return classes[train.find(({ file }) => file === '0.png')?.label ?? -1];
    };
    expect([await classOfFirst('id'), await classOfFirst('photo')]).toEqual(['a', 'b']);
  });

  it('are no matter if they name the same, or one only counts the rows beside file names', async () => {
    const same = rows('id,file,label', (i) => `${i},${i}.png,${i < 2 ? 'a' : 'b'}`);
    expect(textOf(await layoutOf({ ...images, 'm.csv': same }))).toBe('train a 2 b 2');
    const counted = rows('no,file,label', (i) => `${i},${3 - i}.png,${i < 2 ? 'a' : 'b'}`);
    expect(textOf(await layoutOf({ ...images, 'm.csv': counted }))).toBe('train a 2 b 2');
  });
});

describe('several columns that are called as labels are', () => {
  it('are pointed out if they tell other classes', async () => {
    const note = 'm.csv has other columns that could hold the labels (diagnosis); --label-column chooses one.';
    const files = table('file,label,diagnosis', ['a', 'a', 'b', 'b']);
    expect((await layoutOf(files)).notes).toContain(note);
    expect((await layoutOf(files, { labelColumn: 'diagnosis' })).notes).not.toContain(note);
    const same = await layoutOf(table('file,label,diagnosis', ['a', 'b', 'a', 'b']));
    expect(same.notes.join()).not.toContain('other columns');
  });
});

describe('a column that the user names', () => {
  it('is refused if it names the images, or leaves none for the labels', async () => {
    const files = table('file,label,by', ['Ann', 'Ann', 'Bob', 'Bob']);
    await expect(layoutOf(files, { labelColumn: 'file' })).rejects.toThrow(
      'the column "file" of m.csv does not do, since it names the images; m.csv has the columns file, label, by',
    );
    await expect(layoutOf(table('file,label,by', ['a', 'b', 'c', 'd']), { imageColumn: 'label' })).rejects.toThrow(
      'the column "label" of m.csv does not do, since no column beside it is known to hold labels',
    );
    expect(textOf(await layoutOf(files, { labelColumn: 'by' }))).toBe('train Ann 2 Bob 2');
    await expect(layoutOf(files, { labelColumn: 'by', labelFrom: 'folders' })).rejects.toThrow(
      'The column "by" has no meaning where labels come from folders (--label-from folders): leave out one of the options.',
    );
  });
});

describe('the reason why nothing fits', () => {
  it('names tables that name no image, and folders that are parts by their names', async () => {
    const files = Object.fromEntries(numbered(3, (i) => `${i}.png`).map((name) => [name, name]));
    await expect(layoutOf({ ...files, 'ids.csv': 'id,label\n007,a\n008,b\n' })).rejects.toThrow(
      'lie in no class folder, and no cell of ids.csv names one of them: ',
    );
    await expect(layoutOf(filesIn('test positive', 'test negative'))).rejects.toThrow(
      'fewer than two of its folders are classes, and others are parts by their names (folder test negative, folder test positive): rename those that are classes',
    );
  });

  it('is the name of the entries where those lead out of the archive', () => {
    const leftOut = [{ file: '"/home/cat/1.png"', reason: 'its name is not that of a file' }];
    expect(refuseNoImages({ ...memoryTree({}), leftOut }).message).toContain(
      'all its images were left out ("/home/cat/1.png": its name is not that of a file); give a folder or an archive with relative names, such as cat/1.png.',
    );
  });
});
