// Tables of pixels and Parquet files.

import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe } from 'vitest';
import { itReads, itRefuses, lines, picturesOf, type ReadCase } from '../support/data-cases/data-case.ts';
import { encodePicture, greyPixels, type Picture } from '../support/data-cases/pictures.ts';
import { type ClassTruth, inTurn } from '../support/data-cases/truth.ts';
import { encodeParquet } from '../support/parquet-fixtures.ts';

const CLASSES = ['0', '1', '2'];
const all = inTurn(CLASSES, 0, 36);
const PIXELS = Array.from({ length: 64 }, (_, i) => `pixel${i}`).join(',');

describe('tables of pixels', () => {
  const csv = (header: string | undefined, row: (picture: Picture) => string): ReadCase => ({
    files: {
      'train.csv': lines(...(header === undefined ? [] : [header]), ...picturesOf(all).map(row)),
    },
    pixelsOf: greyPixels,
    truth: { train: all },
  });
  const cells = (picture: Picture): string => greyPixels(picture).join(',');
  const labelFirst = csv(`label,${PIXELS}`, (picture) => `${picture.className},${cells(picture)}`);
  const isTest = (index: number): boolean => index >= 30;
  const taken = (isWanted: (index: number) => boolean): ClassTruth =>
    Object.fromEntries(Object.entries(all).map(([name, indices]) => [name, indices.filter(isWanted)]));
  itReads({
    'labels last, without a header, and says so': {
      ...csv(undefined, (picture) => `${cells(picture)},${picture.className}`),
      notes: ['column number 65'],
    },
    'a column of numbers of rows': csv(
      `id,label,${PIXELS}`,
      (picture) => `${picture.index},${picture.className},${cells(picture)}`,
    ),
    'all pixels in one cell, and parts in a column': {
      ...csv(
        'emotion,pixels,Usage',
        (picture) =>
          `${picture.className},${greyPixels(picture).join(' ')},${isTest(picture.index) ? 'PublicTest' : 'Training'}`,
      ),
      truth: { train: taken((index) => !isTest(index)), test: taken(isTest) },
    },
    "a table of Kaggle's beside one without labels": {
      ...labelFirst,
      files: {
        ...labelFirst.files,
        'test.csv': lines(PIXELS, ...picturesOf(all).slice(0, 5).map(cells)),
      },
      notes: ['test.csv'],
    },
  });
});

describe('Parquet files', () => {
  const NAMES = ['cat', 'dog', 'owl'];
  const train = inTurn(NAMES, 0, 12);
  const later = inTurn(NAMES, 501, 6);
  const imagesOf = (classes: ClassTruth) =>
    Promise.all(
      picturesOf(classes).map(async (picture) => ({
        bytes: await encodePicture(picture),
        label: Math.max(NAMES.indexOf(picture.className), CLASSES.indexOf(picture.className)),
      })),
    );
  const hub = async (classes: ClassTruth): Promise<Buffer> => encodeParquet(await imagesOf(classes), NAMES);
  itReads({
    'a validation file one folder down': async () => ({
      files: {
        'data/train-00000-of-00001.parquet': await hub(train),
        'data/validation-00000-of-00001.parquet': await hub(later),
      },
      truth: { train, validation: later },
    }),
    'files in a folder named after a configuration': async () => ({
      files: {
        'mnist/train-00000-of-00001.parquet': await hub(train),
        'mnist/test-00000-of-00001.parquet': await hub(later),
      },
      truth: { train, test: later },
    }),
    'labels as floats': async () => {
      const images = await imagesOf(inTurn(CLASSES, 0, 12));
      const columnData = [
        { name: 'image', data: images.map(({ bytes }) => bytes), type: 'BYTE_ARRAY' as const },
        { name: 'label', data: images.map(({ label }) => label), type: 'DOUBLE' as const },
      ];
      return {
        files: { 'x.parquet': new Uint8Array(parquetWriteBuffer({ columnData })) },
        truth: { train: inTurn(CLASSES, 0, 12) },
      };
    },
  });
  describe('with labels that are structures', async () => {
    const images = await imagesOf(train);
    const optional = { repetition_type: 'OPTIONAL' } as const;
    const nested = parquetWriteBuffer({
      columnData: [
        { name: 'image', data: images.map(({ bytes }) => bytes) },
        { name: 'label', data: images.map(({ label }) => ({ name: NAMES[label] })) },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'image', type: 'BYTE_ARRAY', ...optional },
        { name: 'label', num_children: 1, ...optional },
        { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
      ],
    });
    itRefuses({
      'labels in a structure': {
        files: { 'x.parquet': new Uint8Array(nested) },
        code: 'INVALID_INPUT',
        words: ['label', 'x.parquet'],
      },
    });
  });
});
