import { describe, expect, it } from 'vitest';
import { layoutOf, textOf } from '../../../test/support/layout-of.ts';
import { numbered } from '../../../test/support/memory-tree.ts';

const images = (folder: string, count = 2): string[] => numbered(count, (i) => `${folder}/${i}.png`);

describe('folders', () => {
  it('whose names differ in spaces are said to be one class', async () => {
    const { notes } = await layoutOf(['cat/1.png', 'cat /2.png', 'dog/1.png', 'caf\u00e9/1.png', 'cafe\u0301/2.png']);
    expect(notes).toContain('Labels that are written differently, but are one class: "cat" and "cat ".');
  });

  it.each<[string, string[], string]>([
    ['classes alone', [...images('cat'), ...images('dog', 3)], 'train cat 2 dog 3'],
    [
      'parts, whatever word is in their names',
      ['seg_train/a', 'seg_train/b', 'Testing set/a', 'dev2/b'].flatMap((folder) => images(folder)),
      'train a 2 b 2 | validation a 0 b 2 | test a 2 b 0',
    ],
    [
      'a folder in a folder of its name',
      ['training_set/training_set/a', 'training_set/training_set/b', 'test_set/test_set/a'].flatMap((f) => images(f)),
      'train a 2 b 2 | test a 2 b 0',
    ],
    [
      'wrappers, and a copy of everything beside the parts',
      ['x/y/train/a', 'x/y/train/b', 'x/y/y/train/a', 'x/y/y/train/b', 'x/y/val/a'].flatMap((f) => images(f)),
      'train a 2 b 2 | validation a 2 b 0',
    ],
    [
      'classes with parts in them',
      ['cat/train', 'cat/test', 'dog/train', 'dog/test'].flatMap((f) => images(f)),
      'train cat 2 dog 2 | test cat 2 dog 2',
    ],
    [
      'classes with parts in them beside a test part without classes',
      ['cat/train', 'cat/val', 'dog/train', 'dog/val', 'test'].flatMap((f) => images(f)),
      'train cat 2 dog 2 | validation cat 2 dog 2',
    ],
    [
      'classes beside a test part',
      ['cat', 'dog', 'test/cat'].flatMap((f) => images(f)),
      'train cat 2 dog 2 | test cat 2 dog 0',
    ],
    [
      'images beside masks',
      ['images/cat', 'images/dog', 'masks/cat', 'masks/dog'].flatMap((f) => images(f)),
      'train cat 2 dog 2',
    ],
    [
      'images beside masks and annotations, within the classes or the parts',
      ['cat/images', 'cat/masks', 'dog/images', 'dog/masks'].flatMap((f) => images(f)),
      'train cat 2 dog 2',
    ],
    [
      'classes whose names could be about images',
      ['mask', 'no_mask', 'test/mask'].flatMap((f) => images(f)),
      'train mask 2 no_mask 2 | test mask 2 no_mask 0',
    ],
    [
      'parts within the classes, beside masks',
      ['a/train/good', 'a/test/bad', 'a/ground_truth/bad', 'b/train/good'].flatMap((f) => images(f)),
      'train a 2 b 2 | test a 2 b 0',
    ],
    [
      'a copy of the class folders beside them',
      ['x/cat', 'x/dog', 'x/x/cat', 'x/x/dog'].flatMap((f) => images(f)),
      'train cat 2 dog 2',
    ],
    [
      'parts within a folder named after several',
      ['x/train_val/train/a', 'x/train_val/train/b', 'x/train_val/val/a'].flatMap((f) => images(f)),
      'train a 2 b 2 | validation a 2 b 0',
    ],
    [
      'a class called train within the parts',
      ['train/bus', 'train/train', 'test/train'].flatMap((f) => images(f)),
      'train bus 2 train 2 | test bus 0 train 2',
    ],
    [
      'the part that is called nothing else',
      ['Training/a', 'Training/b', 'Test/a', 'test-many/b'].flatMap((f) => images(f)),
      'train a 2 b 2 | test a 2 b 0',
    ],
    ['one class for names that differ in spaces', ['cat/1.png', 'cat /2.png', 'dog/1.png'], 'train cat 2 dog 1'],
    ['folders in class folders', ['cat/persian/old/1.png', 'cat/2.png', 'dog/1.png'], 'train cat 2 dog 1'],
    [
      'accents, however they are stored',
      ['train/caf\u00e9/1.png', 'train/tea/1.png', 'test/cafe\u0301/1.png'],
      'train caf\u00e9 1 tea 1 | test caf\u00e9 1 tea 0',
    ],
  ])('give %s', async (_, files, expected) => {
    expect(textOf(await layoutOf(files))).toBe(expected);
  });

  it.each<[string, string[], string]>([
    ['no images', ['a.txt'], 'it holds no images (PNG, JPEG,'],
    [
      'files without an ending',
      ['cat/1', 'dog/1', 'dog/2'],
      'it holds no images, but 3 files without an ending (cat/1, dog/1): if they are images, give their names the ending of their format, such as .png or .jpg.',
    ],
    ['images in no folder', ['a.png', 'b.png'], 'its 2 images lie in no class folder: put the images of each class'],
    ['one class', images('cat'), 'all its images lie in one class folder, and a classifier needs at least two classes'],
    [
      'flat parts, which are never classes',
      ['train/cat.1.jpg', 'train/cat.2.jpg', 'train/dog.1.jpg', 'train/dog.2.jpg', 'test1/1.jpg'],
      'train is the training part by its name, but its images lie in no class folder: put the images of each class in a folder named after it (cat/1.png), or add labels.csv with the columns file_name and label, or read the classes from the names with --label-from name (cat)',
    ],
    [
      'a flat part beside what could be classes',
      ['train', 'bus', 'car'].flatMap((f) => images(f)),
      'train is the training part by its name, but its images lie in no class folder, and it is not clear whether bus, car are classes beside it',
    ],
    [
      'folders over which images are only spread',
      ['images_001', 'images_002'].flatMap((f) => images(f)),
      'its images lie in images_001, images_002, which does not look like classes',
    ],
    [
      'such folders beside a test part',
      ['images_001', 'images_002', 'test'].flatMap((f) => images(f)),
      'its images lie in images_001, images_002, which does not look like classes',
    ],
    [
      'folders that could be versions of the data',
      ['color', 'grey'].flatMap((version) => ['a', 'b', 'c'].flatMap((f) => images(`${version}/${f}`))),
      'color, grey all hold the same folders (a, b, c), so it is not clear which are the classes: give the path of one of them, such as color, or say that the outer folders are the classes with --label-from folders',
    ],
    [
      'flat images beside masks',
      ['images', 'annotations/trimaps'].flatMap((f) => images(f)),
      'its images lie in images, which does not look like classes',
    ],
    ['a test part alone', ['test/a', 'test/b'].flatMap((f) => images(f)), 'it has a test part, but no training part'],
    [
      'a test class without training images',
      ['train/a', 'train/b', 'test/c'].flatMap((f) => images(f)),
      'the test part has images of c (test/c/0.png, for example), but the training part has none',
    ],
  ])('are refused with %s', async (_, files, message) => {
    await expect(layoutOf(files)).rejects.toThrow(message);
  });

  it('are the outer ones where the user says so', async () => {
    const files = ['color', 'grey'].flatMap((version) => ['a', 'b', 'c'].flatMap((f) => images(`${version}/${f}`)));
    expect(textOf(await layoutOf(files, { labelFrom: 'folders' }))).toBe('train color 6 grey 6');
  });

  it('tell why pictures about images are left out', async () => {
    const { roles } = await layoutOf(['cat/images/1.png', 'cat/masks/1.png', 'dog/images/2.png']);
    expect(roles).toContainEqual({ file: 'cat/masks/1.png', rule: 'in a folder of pictures about images' });
  });

  it('name unreadable images with their number and what converts them', async () => {
    await expect(layoutOf(numbered(3, (i) => `cat/${i}.HEIC`))).rejects.toThrow(
      'its 3 images with the ending .heic (HEIC) are not read; convert them',
    );
    const { notes } = await layoutOf([...images('cat'), ...images('dog'), 'dog/x.heic', 'owl.zip']);
    expect(notes.join(' ')).toContain('Images that are not read were left out: 1 .heic (HEIC)');
    expect(notes).toContain('Archives beside images were not opened: owl.zip; unpack those that belong to the data.');
  });

  it('leave out what has no label, and say so', async () => {
    const layout = await layoutOf([
      ...['train/a', 'train/b'].flatMap((f) => images(f)),
      ...['test/1.png', 'extra/1.png', 'stray.png', 'notes.txt', 'train/c/x.txt'],
    ]);
    expect(textOf(layout)).toBe('train a 2 b 2');
    expect(layout.notes).toEqual([
      'Labels: the folders of the images.',
      'Folders beside the parts were left out: extra.',
      'The test part has images without labels; they were left out, and predict can classify them.',
      'Files that are not images of a class were left out: 5 (extra/1.png, notes.txt, stray.png, …).',
      'Classes without a training image were left out: c.',
    ]);
    expect(layout.roles).toContainEqual({ file: 'test/1.png', rule: 'folder test: no label' });
    expect(layout.roles).toContainEqual({
      file: 'train/a/0.png',
      part: 'train',
      className: 'a',
      rule: 'folder train/a',
    });
    expect(layout.roles).toHaveLength(9);
  });

  it('say that a folder with the name of a part and without classes could be a class', async () => {
    const { notes } = await layoutOf(['cat', 'dog', 'test'].flatMap((f) => images(f)));
    expect(notes).toContain('The folder test was taken for a part, by its name; if it is a class, rename it.');
    const { notes: others } = await layoutOf(['cat', 'dog', 'test/cat'].flatMap((f) => images(f)));
    expect(others.join()).not.toContain('taken for a part');
  });

  it('point out a class of another part that only differs in case', async () => {
    await expect(layoutOf(['train/cat', 'train/dog', 'val/Cat'].flatMap((f) => images(f)))).rejects.toThrow(
      'the validation part has images of Cat (val/Cat/0.png, for example), but the training part has none: every class needs training images; write Cat as cat, if it is the same class, or add them, or remove',
    );
  });

  it('may be a lone part, with any number of classes, where a model is scored', async () => {
    expect(textOf(await layoutOf(images('test/a'), { lonePart: true }))).toBe('train a 0 | test a 2');
    await expect(layoutOf([...images('test/a'), ...images('test/b')])).rejects.toThrow(/no training part/);
  });

  it('may have classes that only another part has, where a model is scored', async () => {
    const files = [...images('train/a'), ...images('train/b'), ...images('test/c')];
    expect(textOf(await layoutOf(files, { lonePart: true }))).toBe('train a 2 b 2 c 0 | test a 0 b 0 c 2');
  });
});

describe('tables', () => {
  const flat = ['img/1.png', 'img/2.png', 'img/3.png', 'img/4.png'];
  const withTable = (name: string, table: string | Uint8Array, files = flat): Record<string, string | Uint8Array> => ({
    ...Object.fromEntries(files.map((file) => [file, file])),
    [name]: table,
  });
  const rows = (head: string, row: (i: number) => string): string =>
    `${[head, ...numbered(4, (i) => row(i + 1))].join('\n')}\n`;
  const label = (i: number): string => (i % 2 === 0 ? 'cat' : 'dog');

  it.each<[string, string, string]>([
    ['as they stand', 'labels.csv', rows('file,label', (i) => `img/${i}.png,${label(i)}`)],
    ['from Windows', 'labels.csv', rows('image_path;class', (i) => `C:\\data\\img\\${i}.PNG;${label(i)}`)],
    ['from another root', 'labels.csv', rows('path,target', (i) => `/content/drive/img/${i}.png,${label(i)}`)],
    ['without an ending', 'labels.csv', rows('id,dx', (i) => `${i},${label(i)}`)],
    ['with another ending', 'x/labels.tsv', rows('id\tbreed', (i) => `${i}.jpg\t${label(i)}`)],
    ['in columns that nobody knows', 'labels.csv', rows('scan,kind of animal', (i) => `${i}.png,${label(i)}`)],
    ['with other columns', 'm.csv', rows('lesion,age,image_id,dx', (i) => `L${i},${i},${i},${label(i)}`)],
    ['without a header', 'labels.csv', rows('1.png,dog', (i) => `${i}.png,${label(i)}`)],
    ['in a list', 'labels.txt', rows('1.png dog', (i) => `${i}.png ${label(i)}`)],
    ['beside their numbers', 'labels.txt', rows('1.png 7 dog', (i) => `${i}.png ${i % 2 === 0 ? 3 : 7} ${label(i)}`)],
    ['with line breaks in quotes', 'm.csv', rows('file,note,label', (i) => `${i}.png,"a\nb, c",${label(i)}`)],
    [
      'as JSON lines',
      'm.jsonl',
      numbered(4, (i) => `{"file_name":"${i + 1}.png","label":"${label(i + 1)}"}`).join('\n'),
    ],
    ['as columns of 0 and 1', 'm.csv', rows('id,cat,dog', (i) => `${i},${(i + 1) % 2},${i % 2}`)],
  ])('name images %s', async (_, name, table) => {
    const layout = await layoutOf(withTable(name, table));
    expect(textOf(layout)).toBe('train cat 2 dog 2');
    expect(layout.roles.find(({ file }) => file === 'img/1.png')).toMatchObject({ className: 'dog' });
    expect(layout.notes[0]).toContain(`Labels: ${name}, `);
  });

  it('tell the parts by a column, by their names, and by the folders of the images', async () => {
    const column = rows(
      'file,label,split',
      (i) => `${i}.png,${label(i)},${['Training', 'train', 'PublicTest', 'valid'][i - 1]}`,
    );
    expect(textOf(await layoutOf(withTable('x.csv', column)))).toBe(
      'train cat 1 dog 1 | validation cat 1 dog 0 | test cat 0 dog 1',
    );
    const two = { 'train.csv': 'f,label\n1,dog\n2,cat\n', 'val.csv': 'f,label\n3,dog\n4,cat\n' };
    expect(textOf(await layoutOf({ ...withTable('a.txt', ''), ...two }))).toBe(
      'train cat 1 dog 1 | validation cat 1 dog 1',
    );
    const folders = ['train/1.png', 'train/2.png', 'test/3.png', 'test/4.png'];
    expect(
      textOf(
        await layoutOf(
          withTable(
            'l.csv',
            rows('f,label', (i) => `${i},${label(i)}`),
            folders,
          ),
        ),
      ),
    ).toBe('train cat 1 dog 1 | test cat 1 dog 1');
  });

  it('leave out a test table and images without labels', async () => {
    const layout = await layoutOf({
      ...withTable('train.csv', 'id,label\n1,dog\n2,cat\n'),
      'test.csv': 'id\n3\n4\n',
    });
    expect(textOf(layout)).toBe('train cat 1 dog 1');
    expect(layout.notes).toContain('test.csv has no labels, so it was left out.');
    expect(layout.roles).toContainEqual({ file: 'img/3.png', rule: 'no table names it' });
  });

  it('never beat class folders if their column is a guess, or they name few images', async () => {
    const classes = [...images('cat', 4), ...images('dog', 4)];
    const credits = `image,photo by\n${classes.map((file, i) => `${file},${['Ann', 'Bob'][i % 2]}`).join('\n')}`;
    const layout = await layoutOf({ ...Object.fromEntries(classes.map((file) => [file, ''])), 'credits.csv': credits });
    expect(textOf(layout)).toBe('train cat 4 dog 4');
    expect(layout.notes[1]).toBe(
      'Not used for labels, since the images of DATA lie in class folders: credits.csv, column "photo by".',
    );
    const few = await layoutOf({
      ...Object.fromEntries(classes.map((f) => [f, ''])),
      'a.csv': 'f,label\ncat/0.png,x\ncat/1.png,y',
    });
    expect(textOf(few)).toBe('train cat 4 dog 4');
  });

  it('may agree with class folders; if they contradict them, the user has to say which counts', async () => {
    const classes = [...images('n01', 3), ...images('n02', 3)];
    const table = (name: (file: string) => string): Record<string, string> => ({
      ...Object.fromEntries(classes.map((file) => [file, file])),
      'm.csv': `path,class\n${classes.map((file) => `${file},${name(file)}`).join('\n')}`,
    });
    const same = await layoutOf(table((file) => (file.startsWith('n01') ? 'cat' : 'dog')));
    expect(textOf(same)).toBe('train n01 3 n02 3');
    expect(same.notes[0]).toBe('Labels: the folders of the images; m.csv agrees.');
    const damaged = table((file) => file);
    damaged['m.csv'] = `path,class\n${classes.map((file) => `${file},x`).join('\n')}\nn01/9.png,x`;
    expect((await layoutOf(damaged)).notes.at(-1)).toContain('A table of labels was not used: ');
    const other = table((file) => (file.includes('1.') ? 'cat' : 'dog'));
    await expect(layoutOf(other)).rejects.toThrow(
      'its folders and m.csv, column "class" give the images different classes (n01 and dog, for example): say which counts with --label-from folders or --label-from table.',
    );
    expect(textOf(await layoutOf(other, { labelFrom: 'table' }))).toBe('train cat 2 dog 4');
    expect(textOf(await layoutOf(other, { labelFrom: 'folders' }))).toBe('train n01 3 n02 3');
  });

  it('beat folders over which images are only spread', async () => {
    const spread = ['images_part_1/1.png', 'images_part_1/2.png', 'images_part_2/3.png', 'images_part_2/4.png'];
    expect(
      textOf(
        await layoutOf(
          withTable(
            'm.csv',
            rows('image_id,dx', (i) => `${i},${label(i)}`),
            spread,
          ),
        ),
      ),
    ).toBe('train cat 2 dog 2');
  });

  it('give the labels of a part that has no class folders', async () => {
    const files = [
      ...images('train/n1/images'),
      ...images('train/n2/images'),
      'val/images/v0.png',
      'val/images/v1.png',
    ];
    const layout = await layoutOf(withTable('val/val_annotations.txt', 'v0.png\tn2\t0\t5\nv1.png\tn1\t0\t6\n', files));
    expect(textOf(layout)).toBe('train n1 2 n2 2 | validation n1 1 n2 1');
    const boxes = 'v0.png\tn2\t0\t5\nv1.png\tn1\t0\t5\nv2.png\tn2\t1\t5\nv3.png\tn1\t1\t6\n';
    const more = await layoutOf(
      withTable('val/val_annotations.txt', boxes, [...files, ...numbered(2, (i) => `val/images/v${i + 2}.png`)]),
    );
    expect(textOf(more)).toBe('train n1 2 n2 2 | validation n1 2 n2 2');
  });

  it('may have columns that the user names', async () => {
    const table = rows('a,b,c', (i) => `${i}.png,${label(i)},${i < 3 ? 'x' : 'y'}`);
    await expect(layoutOf(withTable('m.csv', table))).rejects.toThrow(
      'm.csv names images, but has no column that is known to hold labels (a, b, c; --label-column names it)',
    );
    expect(textOf(await layoutOf(withTable('m.csv', table), { labelColumn: 'C' }))).toBe('train x 2 y 2');
    expect(textOf(await layoutOf(withTable('m.csv', table), { labelColumn: '2', imageColumn: 'a' }))).toBe(
      'train cat 2 dog 2',
    );
    await expect(layoutOf(withTable('m.csv', table), { labelColumn: 'd' })).rejects.toThrow(
      'no table that names its images has a column "d"; m.csv has the columns a, b, c',
    );
  });

  it.each<[string, string, string]>([
    [
      'an image that is not there',
      'file,label\n1.png,cat\n2.png,dog\n9.png,dog\n',
      'row 4: there is no image "9.png"; add it',
    ],
    ['an empty label', 'file,label\n1.png,cat\n2.png,\n3.png,dog\n', 'row 3: the label of 2.png is empty'],
    ['two labels', 'file,label\n1.png,cat\n2.png,dog\n1.png,dog\n', 'row 4: 1.png is called dog, but cat in row 2'],
    ['a row that is cut off', 'file,label\n1.png,cat\n2.png,dog\n3.png\n', 'row 4: 1 cells, the first row has 2'],
    ['a quote that is not closed', 'file,label\n1.png,cat\n"2.png,dog\n', 'row 3: the table cannot be read'],
  ])('are refused with %s', async (_, table, message) => {
    await expect(layoutOf(withTable('labels.csv', table))).rejects.toThrow(message);
  });

  it('pass over images that are not there if broken images are left out', async () => {
    const layout = await layoutOf(withTable('l.csv', 'file,label\n1.png,cat\n2.png,dog\n9.png,dog\n'), {
      skipBroken: true,
    });
    expect(textOf(layout)).toBe('train cat 1 dog 1');
    expect(layout.notes).toContain('Images that a table names, but that are not there: 1 (9.png).');
  });

  it('name the images of the part that they are about, where each part has images of these names', async () => {
    const files = {
      ...Object.fromEntries(
        ['train', 'test'].flatMap((part) => ['0', '1', '2', '3'].map((name) => [`${part}/${name}.png`, part + name])),
      ),
      'train.csv': 'id,label\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n',
    };
    const layout = await layoutOf(files);
    expect(textOf(layout)).toBe('train a 2 b 2');
    expect(layout.train.every(({ file }) => file.startsWith('train/'))).toBe(true);
    expect(layout.notes.join()).toContain('The test part has images without labels');
    const split = 'id,label,split\n0.png,a,train\n1.png,b,train\n2.png,a,test\n3.png,b,test\n';
    const { 'train.csv': _, ...images } = files;
    expect(textOf(await layoutOf({ ...images, 'labels.csv': split }))).toBe('train a 1 b 1 | test a 1 b 1');
  });

  it('take one of several images of a name only if they are the same', async () => {
    const table = 'id,label\n1,cat\n2,dog\n';
    const same = { 'a/1.png': 'x', 'b/1.png': 'x', 'a/2.png': 'y', 'm.csv': table };
    expect(textOf(await layoutOf(same, { labelFrom: 'table' }))).toBe('train cat 1 dog 1');
    await expect(layoutOf({ ...same, 'b/1.png': 'z' }, { labelFrom: 'table' })).rejects.toThrow(
      'row 2: "1" fits several images (a/1.png, b/1.png); write the folder in front of the name',
    );
  });

  it('have labels that mean the same written the same', async () => {
    const table = 'file,label\n1.png,0.0\n2.png,1\n3.png,0\n4.png, 1.0\n';
    expect(textOf(await layoutOf(withTable('l.csv', table)))).toBe('train 0 2 1 2');
  });
});

describe('names', () => {
  it('give the classes where the user says so', async () => {
    const files = ['train/cat.0.jpg', 'train/cat.1.jpg', 'train/great dane (2).jpg', 'test/1.jpg', 'test/2.jpg'];
    const layout = await layoutOf(files, { labelFrom: 'name' });
    expect(textOf(layout)).toBe('train cat 2 great dane 1');
    expect(layout.notes).toContain(
      'The test part has images without labels; they were left out, and predict can classify them.',
    );
    await expect(layoutOf([...files, 'train/7.jpg'], { labelFrom: 'name' })).rejects.toThrow(
      'the name of train/7.jpg tells no class',
    );
  });
});
