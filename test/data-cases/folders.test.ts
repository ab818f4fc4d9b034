// Images in folders: parts, wrappers, what lies beside them. Every case compares a hash of the images of each class and part.

import { describe } from 'vitest';
import { classFolders, flatPictures, itReads, itRefuses, lines, picturesOf } from '../support/data-cases/data-case.ts';
import { classesOf, inTurn } from '../support/data-cases/truth.ts';

const PETS = ['cat', 'dog', 'owl'];
const TWO = ['cat', 'dog'];
const [train, later, last] = [classesOf(PETS, 0, 4), classesOf(PETS, 500, 2), classesOf(PETS, 600, 3)];
const pair = classesOf(TWO, 0, 4);
const [cats, moreCats] = [classesOf(['cats', 'dogs'], 0, 4), classesOf(['cats', 'dogs'], 100, 2)];
const lungs = (from: number, count: number) => classesOf(['NORMAL', 'PNEUMONIA'], from, count);
const apples = (from: number, count: number) => classesOf(['Apple Red 1', 'Apple Red 2'], from, count);
const birds = (from: number, count: number) => classesOf(['ABBOTTS BABBLER', 'ABBOTTS BOOBY'], from, count);
const letters = ['a', 'b', 'c'];
const noise = { className: 'junk', index: 0 };

describe('parts', () => {
  itReads({
    'train and val: without a test part, val is that': {
      files: { ...classFolders('train', train), ...classFolders('val', later) },
      truth: { train, validation: later },
      notes: ['validation part', 'is the test part'],
    },
    'train, valid and test': {
      files: { ...classFolders('train', train), ...classFolders('valid', later), ...classFolders('test', last) },
      truth: { train, validation: later, test: last },
    },
    'training and validation': {
      files: { ...classFolders('training', train), ...classFolders('validation', later) },
      truth: { train, validation: later },
    },
    'parts with a capital': {
      files: { ...classFolders('Train', train), ...classFolders('Test', later) },
      truth: { train, test: later },
    },
    'parts in a folder that repeats their name': {
      files: {
        ...classFolders('training_set/training_set', cats),
        ...classFolders('test_set/test_set', moreCats),
      },
      truth: { train: cats, test: moreCats },
    },
    'a data set with a copy of itself inside': {
      files: Object.assign(
        {},
        ...['chest_xray', 'chest_xray/chest_xray'].flatMap((root) => [
          classFolders(`${root}/train`, lungs(0, 4)),
          classFolders(`${root}/test`, lungs(100, 2)),
          classFolders(`${root}/val`, lungs(200, 1)),
        ]),
      ),
      truth: { train: lungs(0, 4), test: lungs(100, 2), validation: lungs(200, 1) },
    },
    'Training and Test beside a folder whose name begins with test': {
      files: {
        ...classFolders('fruits-360/Training', apples(0, 4)),
        ...classFolders('fruits-360/Test', apples(100, 2)),
        'fruits-360/test-multiple_fruits/a.png': noise,
      },
      truth: { train: apples(0, 4), test: apples(100, 2) },
    },
    'parts beside a list of noisy labels': {
      files: {
        ...classFolders('train', classesOf(['n01', 'n02'], 0, 4), 'JPEG', 'jpeg'),
        ...classFolders('val', classesOf(['n01', 'n02'], 100, 2), 'JPEG', 'jpeg'),
        'noisy_imagenette.csv': lines(
          'path,noisy_labels_0,noisy_labels_1,is_valid',
          ...picturesOf(classesOf(['n01', 'n02'], 0, 4)).map(
            ({ className: name, index }) => `train/${name}/${index}.JPEG,${name},${name},False`,
          ),
        ),
      },
      format: 'jpeg',
      truth: { train: classesOf(['n01', 'n02'], 0, 4), validation: classesOf(['n01', 'n02'], 100, 2) },
    },
  });
  itRefuses({
    'flat parts whose names of images tell the class, which are never classes themselves': {
      files: {
        ...flatPictures('train', picturesOf(pair), ({ className, index }) => `${className}.${index}.jpg`),
        ...flatPictures('test1', picturesOf(classesOf(['unknown'], 1, 5)), ({ index }) => `${index}.jpg`),
      },
      code: 'INVALID_INPUT',
      words: ['train is the training part', 'class folder', '--label-from name'],
    },
  });
});

describe('wrappers and what lies beside the classes', () => {
  itReads({
    'classes in a wrapper, beside papers': {
      files: {
        ...classFolders('PetImages', pair),
        'readme[1].txt': 'x',
        'MSR-LA - 3467.docx': 'x',
      },
      truth: { train: pair },
    },
    'parts in two wrappers': {
      files: {
        ...classFolders('archive/dataset/train', pair),
        ...classFolders('archive/dataset/test', classesOf(TWO, 400, 2)),
      },
      truth: { train: pair, test: classesOf(TWO, 400, 2) },
    },
    'what systems leave behind': {
      files: {
        ...classFolders('', pair),
        ...Object.fromEntries(
          ['.ipynb_checkpoints', 'cat/.ipynb_checkpoints', '@eaDir', 'cat/@eaDir', 'dog/$RECYCLE.BIN'].map((folder) => [
            `${folder}/1.png`,
            noise,
          ]),
        ),
        '.DS_Store': new Uint8Array(64),
        'cat/.DS_Store': new Uint8Array(64),
        'cat/._0.png': Buffer.from('0005160700', 'hex'),
        'cat/Thumbs.db': Buffer.from('d0cf11e0', 'hex'),
        'desktop.ini': '[x]',
      },
      truth: { train: pair },
    },
    'classes beside a folder of notes on images': {
      files: {
        ...classFolders('101_ObjectCategories', classesOf(['accordion', 'anchor', 'BACKGROUND_Google'], 0, 4)),
        'Annotations/x/1.mat': 'x',
      },
      truth: { train: classesOf(['accordion', 'anchor', 'BACKGROUND_Google'], 0, 4) },
    },
    'files of boxes beside each image': {
      files: {
        ...classFolders('', pair),
        ...Object.fromEntries(
          Object.keys(classFolders('', pair)).flatMap((name) => [
            [name.replace('.png', '.txt'), '0 .5 .5 1 1'],
            [name.replace('.png', '.xml'), '<a/>'],
          ]),
        ),
      },
      truth: { train: pair },
    },
    'classes whose names differ in case alone, and says so': {
      files: classFolders('', classesOf(['Cat', 'cat', 'CAT', 'dog'], 0, 4)),
      truth: { train: classesOf(['Cat', 'cat', 'CAT', 'dog'], 0, 4) },
      notes: ['"CAT" and "Cat" and "cat"'],
    },
  });
});

describe('class folders beside tables', () => {
  const beside = (name: string, header: string, cell: (index: number) => string) => ({
    files: {
      ...classFolders('', pair),
      [name]: lines(
        header,
        ...picturesOf(pair).map(({ className, index }) => `${className}/${index}.png${cell(index)}`),
      ),
    },
    truth: { train: pair },
    notes: ['labels: the folders'],
  });
  itReads({
    'a table of who took the pictures': beside('credits.csv', 'image,photographer', (i) => `,${['Ann', 'Bob'][i % 2]}`),
    'a table of sizes': beside('sizes.csv', 'filename,width', (i) => `,${24 + (i % 2)}`),
    'a list of names': beside('list.csv', 'filename', () => ''),
    'a table of all parts that agrees with the folders': {
      files: {
        ...classFolders('train', birds(0, 4)),
        ...classFolders('valid', birds(100, 2)),
        ...classFolders('test', birds(200, 2)),
        'birds.csv': lines(
          'class id,filepaths,labels,data set,scientific name',
          ...Object.entries({ train: birds(0, 4), valid: birds(100, 2), test: birds(200, 2) }).flatMap(
            ([part, classes]) =>
              picturesOf(classes).map(
                ({ className, index }) =>
                  `${className.endsWith('Y') ? 1 : 0},${part}/${className}/${index}.png,${className},${part},x`,
              ),
          ),
        ),
      },
      truth: { train: birds(0, 4), validation: birds(100, 2), test: birds(200, 2) },
    },
    'a folder of images and a table for each part': () => {
      const parts = { train: inTurn(letters, 0, 12), val: inTurn(letters, 501, 6) };
      const files = Object.entries(parts).map(([part, classes]) => ({
        ...flatPictures(`${part}_images`, picturesOf(classes), ({ index }) => `${part}${index}.png`),
        [`${part}.csv`]: lines(
          'filename,label',
          ...picturesOf(classes).map(({ className, index }) => `${part}${index}.png,${className}`),
        ),
      }));
      return { files: Object.assign({}, ...files), truth: { train: parts.train, validation: parts.val } };
    },
  });
});
