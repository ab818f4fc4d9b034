import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeCsv } from '../../../../test/support/array-fixtures.ts';
import { readBothWays } from '../../../../test/support/both-ways.ts';
import { pixelsOf, randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import type { DatasetParts, LocatedSource, ReadOptions } from '../../set/source.ts';
import { locateCsv, locateCsvFolder } from './csv-source.ts';

const shape = { channels: 1, height: 4, width: 4 };
const train = randomExamples(30, shape, 3);
const pixelNames = Array.from({ length: 16 }, (_, i) => `pixel${i}`);

/** The rows of pixels, with what `more` gives in front or behind. */
const rowsWith = (more: (label: number, row: number, pixels: string) => string): string[] =>
  Array.from(train.labels, (label, i) => more(label, i, train.pixels.subarray(i * 16, (i + 1) * 16).join(',')));

const locate = async (lines: readonly string[], name = 'train.csv'): Promise<LocatedSource> =>
  locateCsv(await writeIn(await temporaryFolder(), name, `${lines.join('\n')}\n`));

const read = async (lines: readonly string[], options: ReadOptions = {}): Promise<DatasetParts> =>
  readBothWays(await locate(lines), options);

const readFolder = async (
  files: Readonly<Record<string, string>>,
  options: ReadOptions = {},
): Promise<DatasetParts> => {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeIn(folder, name, content);
  const located = await locateCsvFolder(folder);
  if (located === undefined) throw new Error('not recognised');
  return located.read(options);
};

const BY_VALUES = 'by its values; --label-column chooses another.';

describe('the labels of a table of pixels', () => {
  it.each(['label', 'ClassId', 'target', 'digit', 'emotion', 'dx', 'diagnosis', 'Character', 'y'])(
    'are found by their name: %s',
    async (name) => {
      const parts = await read([
        [...pixelNames, name].join(','),
        ...rowsWith((label, _, pixels) => `${pixels},${label}`),
      ]);
      expect(parts).toMatchObject({ train, notes: [`Labels: train.csv, column ${name}.`] });
    },
  );

  it('are found in the first or the last column by their values', async () => {
    const first = await read(rowsWith((label, _, pixels) => `${label},${pixels}`));
    expect(first.train).toEqual(train);
    expect(first.notes[1]).toBe(`The labels of train.csv were taken from column number 1, ${BY_VALUES}`);
    const last = await read(rowsWith((label, _, pixels) => `${pixels},${label}`));
    expect(last.train).toEqual(train);
    expect(last.notes[1]).toBe(`The labels of train.csv were taken from column number 17, ${BY_VALUES}`);
  });

  it('are found where the file is sorted by class, and the last pixel is always black', async () => {
    const sorted = Array.from({ length: 900 }, (_, i) =>
      [Math.floor(i / 300), ...train.pixels.subarray(0, 15), 0].join(','),
    );
    expect((await read(sorted)).classes).toEqual(['0', '1', '2']);
    const behind = Array.from({ length: 900 }, (_, i) =>
      [0, ...train.pixels.subarray(0, 15), Math.floor(i / 300)].join(','),
    );
    expect((await read(behind)).classes).toEqual(['0', '1', '2']);
  });

  it('are refused where the first and the last column could be them', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => [i % 3, ...train.pixels.subarray(0, 15), i % 2].join(','));
    await expect(read(rows)).rejects.toThrow(
      'by their values, the first column as well as the last could be the labels: say which with --label-column first or --label-column last.',
    );
    expect((await read(rows, { labelColumn: 'first' })).classes).toEqual(['0', '1', '2']);
    expect((await read(rows, { labelColumn: 'last' })).classes).toEqual(['0', '1']);
    expect((await read(rows, { labelColumn: '17' })).classes).toEqual(['0', '1']);
    await expect(read(rows, { labelColumn: '18' })).rejects.toThrow(
      'there is no column "18"; it has 17 columns without names. Give a name, first, last, or a number from 1 on.',
    );
  });

  it('are the only column besides named pixels, or else one must be named', async () => {
    const odd = [['what', ...pixelNames].join(','), ...rowsWith((label, _, pixels) => `${label},${pixels}`)];
    expect((await read(odd)).notes).toContain(
      'The labels of train.csv were taken from column what, the only one besides the pixels; --label-column chooses another.',
    );
    const two = [
      ['what', 'else', ...pixelNames].join(','),
      ...rowsWith((label, i, pixels) => `${label},${i % 2},${pixels}`),
    ];
    await expect(read(two)).rejects.toThrow(
      'several columns could be the labels (what, else): name one with --label-column.',
    );
    const named = await read(two, { labelColumn: 'WHAT' });
    expect(named).toMatchObject({
      train,
      notes: ['Labels: train.csv, column what.', 'Columns of train.csv were left out: else.'],
    });
    await expect(read(two, { labelColumn: 'nothing' })).rejects.toThrow(
      'there is no column "nothing"; its columns: what, else, pixel0,',
    );
  });

  it('are one class as 0, 0.0 and "0"', async () => {
    const rows = rowsWith(
      (label, i, pixels) => `${[`${label}`, `${label}.0`, `"${label}"`, `${label}.`][i % 4]},${pixels}`,
    );
    expect(await read([['label', ...pixelNames].join(','), ...rows])).toMatchObject({
      classes: ['0', '1', '2'],
      train,
    });
  });
});

it('names that pandas made of a row of zeros are not an image', async () => {
  const names = ['0', ...Array.from({ length: 16 }, (_, i) => `0.${i + 1}`)].join(',');
  const parts = await read([names, ...rowsWith((label, _, pixels) => `${label},${pixels}`)]);
  expect(parts.train).toEqual(train);
});

it('says that the images of EMNIST lie on their side, and turns them', async () => {
  const rows = rowsWith((label, _, pixels) => `${label},${pixels}`);
  const located = await locate(rows, 'emnist-letters-train.csv');
  const note = "EMNIST's images lie on their side: --transpose swaps their rows and columns.";
  expect((await located.read({})).notes).toContain(note);
  const turned = await located.read({ transpose: true });
  expect(turned.notes).not.toContain(note);
  expect(pixelsOf(turned.train)[1]).toBe(train.pixels[4]);
});

describe('the columns of pixels', () => {
  const note = 'The columns of pixels of train.csv were put in the order of their names.';
  /** The same images, with the columns in the order of the names in a list. */
  const shuffled = (names: readonly string[], order: readonly number[]): string[] => [
    ['label', ...order.map((pixel) => names[pixel])].join(','),
    ...rowsWith((label, _, pixels) => {
      const values = pixels.split(',');
      return [label, ...order.map((pixel) => values[pixel])].join(',');
    }),
  ];
  const pixels = Array.from({ length: 16 }, (_, i) => i);

  it.each<[string, string[], number[]]>([
    ['sorted as text', pixelNames, pixels.toSorted((a, b) => (`${a}` < `${b}` ? -1 : 1))],
    ['backwards', pixelNames, pixels.toReversed()],
    [
      'column by column',
      pixels.map((i) => `${Math.floor(i / 4) + 1}x${(i % 4) + 1}`),
      pixels.map((i) => 4 * (i % 4) + Math.floor(i / 4)),
    ],
  ])('are put in order if they are %s', async (_, names, order) => {
    const parts = await read(shuffled(names, order));
    expect(parts.train).toEqual(train);
    expect(parts.notes).toContain(note);
  });

  it('are left as they are if they are in order, or their names do not number all of them', async () => {
    for (const names of [pixelNames, pixels.map((i) => `pixel${i + 1}`)]) {
      const parts = await read(shuffled(names, pixels));
      expect(parts.train).toEqual(train);
      expect(parts.notes).not.toContain(note);
    }
    const gaps = await read(
      shuffled(
        pixels.map((i) => `pixel${40 - 2 * i}`),
        pixels,
      ),
    );
    expect(gaps.train).toEqual(train);
    expect(gaps.notes).not.toContain(note);
  });
});

describe('other columns of a table of pixels', () => {
  it('are left out if they count the rows', async () => {
    const named = [
      ['id', 'label', ...pixelNames].join(','),
      ...rowsWith((label, i, pixels) => `${i},${label},${pixels}`),
    ];
    expect(await read(named)).toMatchObject({
      train,
      notes: ['Labels: train.csv, column label.', 'Columns of train.csv were left out: id.'],
    });
    const unnamed = await read(rowsWith((label, i, pixels) => `${100 + i},${label},${pixels}`));
    expect(unnamed.train).toEqual(train);
    expect(unnamed.notes).toContain('Columns of train.csv were left out: number 1.');
    const numbers = [
      ['', ...Array.from({ length: 17 }, (_, i) => i)].join(','),
      ...rowsWith((label, i, pixels) => `${i},${label},${pixels}`),
    ];
    expect((await read(numbers)).train).toEqual(train);
  });

  it.each(['Usage', 'split', 'set', 'partition'])('tell the part of each row: %s', async (name) => {
    const parts = ['Training', 'PublicTest', 'val', 'train', 'PrivateTest'];
    const rows = rowsWith((label, i, pixels) => `${label},${pixels},${parts[i % 5]}`);
    const found = await read([['label', ...pixelNames, name].join(','), ...rows]);
    expect([found.train.count, found.validation?.count, found.test?.count]).toEqual([12, 6, 12]);
    expect(found.notes).toEqual(['Labels: train.csv, column label.', `Parts: train.csv, column ${name}.`]);
    expect(pixelsOf(found.train).subarray(16, 32)).toEqual(train.pixels.subarray(48, 64));
  });

  it('that name a part of no use stop at the row', async () => {
    const rows = rowsWith((label, _, pixels) => `${label},${pixels},train`);
    const many = Array.from({ length: 11 }, () => rows).flat();
    const lines = [['label', ...pixelNames, 'split'].join(','), ...many, `${rows[0]?.replace('train', 'nothing')}`];
    await expect(read(lines)).rejects.toThrow(
      'train.csv, row 332: column 18 holds "nothing", which is not the name of a part; write train, validation or test, or remove the row.',
    );
  });

  it('may hold all pixels of an image in one cell', async () => {
    const cell = (pixels: string): string => pixels.replaceAll(',', ' ');
    const rows = rowsWith((label, i, pixels) => `${label},${cell(pixels)},${i < 20 ? 'Training' : 'PublicTest'}`);
    const lines = ['emotion,pixels,Usage', ...rows];
    const found = await read(lines);
    expect([found.train.count, found.test?.count]).toEqual([20, 10]);
    expect(pixelsOf(found.train)).toEqual(train.pixels.subarray(0, 320));
    const short = lines.with(3, '1,1 2 3,Training');
    await expect(read(short)).rejects.toThrow(
      'row 4: 3 pixels in the cell, the first row has 16; mend or remove the row.',
    );
    const broken = lines.with(3, `1,x${cell(train.pixels.subarray(0, 16).join(','))},Training`);
    await expect(read(broken)).rejects.toThrow(
      /row 4: pixel 1 is "x\d+", pixels are numbers; mend or remove the row\./,
    );
    const explained = await (await locate(lines)).explain?.({});
    expect(explained).toEqual([
      { file: 'train.csv (20 rows)', part: 'train', rule: 'pixels; labels in column emotion; part in column Usage' },
      { file: 'train.csv (10 rows)', part: 'test', rule: 'pixels; labels in column emotion; part in column Usage' },
    ]);
  });
});

describe('files of tables of pixels', () => {
  const whole = encodeCsv(train, shape);

  it('may have a validation part', async () => {
    const found = await readFolder({ 'train.csv': whole, 'val.csv': whole, 'test.csv': whole, 'other.csv': whole });
    expect(found).toMatchObject({ train, validation: train, test: train });
    expect(found.notes).toEqual(['Labels: train.csv, column label.', 'Files were left out: other.csv.']);
  });

  it('without labels are left out, whatever column was asked for', async () => {
    const files = { 'train.csv': whole, 'test.csv': whole.replaceAll(/^[^,]*,/gm, '') };
    const notes = ['Labels: train.csv, column label.', 'test.csv has no labels, so it was left out.'];
    expect(await readFolder(files)).toMatchObject({ test: undefined, notes });
    expect(await readFolder(files, { labelColumn: 'label' })).toMatchObject({ test: undefined, notes });
  });

  it('have one range', async () => {
    const scaled = whole.replaceAll(/,\d+(?=[,\n])/g, (value) => `,${Number(value.slice(1)) / 255}`);
    await expect(readFolder({ 'train.csv': whole, 'test.csv': scaled })).rejects.toThrow(
      /test\.csv, row \d+: the pixels of train\.csv go from \d+ to \d+ \(range 0\.\.255\), those of test\.csv from [\d.]+ to [\d.]+: both must have one range;/,
    );
  });

  it('keep a range that is not 0..255', async () => {
    const lines = [
      ['label', ...pixelNames].join(','),
      ...rowsWith((label, i, pixels) => `${label},${pixels.replaceAll(/\d+/g, () => String((i * 7) % 17))}`),
    ];
    const found = await read(lines);
    expect(found.pixelRange).toEqual({ low: 0, high: 16 });
    expect(found.notes).toContain('The pixels of train.csv go up to 16: read as 0..16.');
  });

  it.each<[string, string, string]>([
    [
      'decimal commas',
      ['label', ...pixelNames].join(';'),
      'row 2: column 2 holds "0,5", pixels are numbers; write decimals with a point.',
    ],
    [
      'what is not square',
      ['label', ...pixelNames, 'pixel16'].join(';'),
      'row 2: 17 pixels are not a square image, grey or of 3 channels; name the columns',
    ],
  ])('are refused with %s', async (_, head, message) => {
    const pixels = head.split(';').slice(1);
    const lines = [head, ...Array.from({ length: 4 }, (_, i) => [i % 2, ...pixels.map(() => '0,5')].join(';'))];
    const path = await writeIn(await temporaryFolder(), 'a.csv', lines.join('\n'));
    await expect((await locateCsv(path)).read({})).rejects.toThrow(message);
  });

  it('are not tables of image names with many numbers', async () => {
    const folder = await temporaryFolder();
    const oneHot = ['image,a,b,c,d', 'x.png,1,0,0,0', 'y.png,0,1,0,0'];
    await writeIn(folder, 'labels.csv', oneHot.join('\n'));
    const located = await locateCsv(join(folder, 'labels.csv')).catch((error: unknown) => error);
    expect((located as LocatedSource).format).not.toBe('csv');
  });
});
