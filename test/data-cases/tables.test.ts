// Tables that name images and their classes, as programs and people write them.

import { describe } from 'vitest';
import { type Files, flatPictures, itReads, itRefuses, lines, picturesOf } from '../support/data-cases/data-case.ts';
import type { Picture, PictureFormat } from '../support/data-cases/pictures.ts';
import { inTurn, type Truth } from '../support/data-cases/truth.ts';

const PETS = ['cat', 'dog', 'owl'];
const NUMBERS = ['0', '1', '2'];
const train = inTurn(PETS, 0, 12);
const test = inTurn(PETS, 501, 6);

interface TableForm {
  readonly header: string;
  readonly row: (name: string, className: string, index: number) => string;
  readonly classes?: readonly string[];
  readonly ending?: string;
  readonly format?: PictureFormat;
  readonly end?: string;
  readonly encode?: (text: string) => Uint8Array;
  readonly notes?: readonly string[];
  /** Within `train`. */
  readonly isTest?: (index: number) => boolean;
}

/** Pictures in `images`, called `p12` with an ending, and `labels.csv`. */
function table({ header, row, classes = PETS, ending = 'png', format, isTest, ...form }: TableForm) {
  const { end = '\n', encode = Buffer.from, notes } = form;
  const all = inTurn(classes, 0, 15);
  const pictures = picturesOf(all, format);
  const nameOf = ({ index }: Picture): string => `p${index}.${ending}`;
  const rows = pictures.map((picture) => row(nameOf(picture), picture.className, picture.index));
  const taken = (isWanted: (index: number) => boolean) =>
    Object.fromEntries(Object.entries(all).map(([name, indices]) => [name, indices.filter(isWanted)]));
  const truth: Truth =
    isTest === undefined ? { train: all } : { train: taken((i) => !isTest(i)), test: taken((i) => isTest(i)) };
  return {
    files: {
      ...flatPictures('images', pictures, nameOf),
      'labels.csv': encode([header, ...rows].map((line) => line + end).join('')),
    },
    truth,
    ...(format && { format }),
    ...(notes && { notes }),
  };
}

const UTF_16: (text: string) => Uint8Array = (text) => Buffer.from(`\ufeff${text}`, 'utf16le');
const LATIN_1: (text: string) => Uint8Array = (text) => Buffer.from(text, 'latin1');

describe('paths in tables', () => {
  const paths = (root: string, end: string) =>
    table({ header: 'image_path,label', row: (name, label) => `${root}${name},${label}`, end });
  itReads({
    'back-slashes': paths('images\\', '\r\n'),
    'paths of a Windows machine': paths('C:\\data\\images\\', '\r\n'),
    'paths of another machine': paths('/content/data/images/', '\n'),
    'the name of the data set in front': paths('data/images/', '\n'),
    'names without their ending, which is in capitals': table({
      header: 'id,label',
      row: (name, label) => `${name.replace('.JPG', '')},${label}`,
      ending: 'JPG',
      format: 'jpeg',
    }),
    'an ending in another case': table({
      header: 'id,label',
      row: (name, label) => `${name.toLowerCase()},${label}`,
      ending: 'JPG',
      format: 'jpeg',
    }),
  });
});

describe('text of tables', () => {
  itReads({
    'quotes around all cells': table({
      header: '"File Name","Label"',
      row: (name, label) => `"${name}","${label}"`,
    }),
    semicolons: table({ header: 'filename;label', row: (name, label) => `${name};${label}` }),
    'UTF-16': table({
      header: 'filename,label',
      row: (name, label) => `${name},${label}`,
      end: '\r\n',
      encode: UTF_16,
    }),
    'Latin-1': table({
      header: 'filename,label',
      row: (name, label) => `${name},${label}`,
      classes: ['Bär', 'Hund', 'Öwl'],
      encode: LATIN_1,
      notes: ['windows-1252'],
    }),
    'semicolons in the code page of Windows': table({
      header: 'filename;label',
      row: (name, label) => `${name};${label}`,
      classes: ['Bär', 'Bör', 'Hund'],
      end: '\r\n',
      encode: LATIN_1,
      notes: ['windows-1252'],
    }),
    'whole numbers written as floats': table({
      header: 'id,label',
      row: (name, label) => `${name},${label}.0`,
      classes: NUMBERS,
    }),
  });
});

describe('columns of tables', () => {
  const NAMES = ['nv', 'mel', 'bkl'];
  itReads({
    'a column that tells the part': table({
      header: 'filename,label,split',
      row: (name, label, index) => `${name},${label},${index >= 9 ? 'test' : 'train'}`,
      isTest: (index) => index >= 9,
      notes: ['split'],
    }),
    'a column of 0 and 1 for each class': () => {
      const classes = inTurn(['healthy', 'rust', 'scab'], 0, 12);
      const pictures = picturesOf(classes, 'jpeg');
      const nameOf = ({ index }: Picture): string => `Train_${index}`;
      const flags = (className: string) => Object.keys(classes).map((name) => (name === className ? 1 : 0));
      return {
        files: {
          ...flatPictures('images', pictures, (picture) => `${nameOf(picture)}.jpg`),
          'train.csv': lines(
            'image_id,healthy,rust,scab',
            ...pictures.map((picture) => [nameOf(picture), ...flags(picture.className)].join(',')),
          ),
        },
        format: 'jpeg',
        truth: { train: classes },
      };
    },
    'a diagnosis among other columns, images in two folders': () => {
      const classes = inTurn(NAMES, 0, 12);
      const pictures = picturesOf(classes);
      const nameOf = ({ index }: Picture): string => `ISIC_${String(index).padStart(7, '0')}`;
      const png = (picture: Picture): string => `${nameOf(picture)}.png`;
      return {
        files: {
          ...flatPictures('HAM10000_images_part_1', pictures.slice(0, 5), png),
          ...flatPictures('HAM10000_images_part_2', pictures.slice(5), png),
          'HAM10000_metadata.csv': lines(
            'lesion_id,image_id,dx,dx_type,age,sex,localization',
            ...pictures.map((picture) => `HAM_1,${nameOf(picture)},${picture.className},histo,80.0,male,scalp`),
          ),
        },
        truth: { train: classes },
        notes: ['dx'],
      };
    },
  });
});

describe('metadata beside images', () => {
  const file = ({ index }: Picture): string => `${String(index).padStart(4, '0')}.png`;
  const perPart = (name: string, text: (pictures: readonly Picture[]) => string): Files =>
    Object.assign(
      {},
      ...Object.entries({ train, test }).map(([part, classes]) => ({
        ...flatPictures(part, picturesOf(classes), file),
        [`${part}/${name}`]: text(picturesOf(classes)),
      })),
    );
  const csv = (folder: string) => (pictures: readonly Picture[]) =>
    lines('file_name,label', ...pictures.map((picture) => `${folder}${file(picture)},${picture.className}`));
  const jsonl = (folder: string) => (pictures: readonly Picture[]) =>
    lines(
      ...pictures.map((picture) => JSON.stringify({ file_name: folder + file(picture), label: picture.className })),
    );
  const images = flatPictures('images', picturesOf(train), file);
  itReads({
    'metadata.csv in each part': { files: perPart('metadata.csv', csv('')), truth: { train, test } },
    'metadata.jsonl in each part': { files: perPart('metadata.jsonl', jsonl('')), truth: { train, test } },
    'metadata.csv beside a folder of images': {
      files: { ...images, 'metadata.csv': csv('images/')(picturesOf(train)) },
      truth: { train },
    },
    'metadata.jsonl beside a folder of images': {
      files: { ...images, 'metadata.jsonl': jsonl('images/')(picturesOf(train)) },
      truth: { train },
    },
  });
  itRefuses({
    'metadata with captions and no labels': {
      files: perPart('metadata.csv', (pictures) =>
        lines('file_name,text', ...pictures.map((picture) => `${file(picture)},a photo of ${picture.className}`)),
      ),
      code: 'INVALID_INPUT',
      words: ['metadata.csv', 'label', 'text'],
    },
  });
});
