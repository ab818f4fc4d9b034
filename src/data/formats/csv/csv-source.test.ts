import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeCsv, interleave } from '../../../../test/support/array-fixtures.ts';
import { readBothWays } from '../../../../test/support/both-ways.ts';
import { pixelsOf, randomExamples, temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import { locateCsv, locateCsvFolder } from './csv-source.ts';

const shape = { channels: 1, height: 3, width: 3 };
const train = randomExamples(8, shape, 2);

const readText = async (
  content: string | Uint8Array,
  options: ReadOptions = {},
  file = 'digits.csv',
): Promise<DatasetParts> =>
  readBothWays(await locateCsv(await writeIn(await temporaryFolder(), file, content)), options);

const folderWith = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeIn(folder, name, content);
  return folder;
};

const readFolder = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<DatasetParts | undefined> =>
  (await locateCsvFolder(await folderWith(files)))?.read({});

/** Rows with the label in one column and 4 pixels. */
const rowsOf = (...rows: readonly string[]): string => rows.join('\n');

describe('a CSV file of pixels', () => {
  it('is read with a header and without, compressed or not', async () => {
    const expected = {
      name: 'digits',
      shape,
      classes: ['0', '1'],
      train,
      test: undefined,
      notes: ['Labels: digits.csv, column label.'],
    };
    expect(await readText(encodeCsv(train, shape))).toEqual(expected);
    expect(await readText(encodeCsv(train, shape, false))).toEqual({
      ...expected,
      notes: [
        'Labels: digits.csv, column number 1.',
        'The labels of digits.csv were taken from column number 1, by its values; --label-column chooses another.',
      ],
    });
    expect(await readText(gzipSync(encodeCsv(train, shape)), {}, 'digits.csv.gz')).toEqual({
      ...expected,
      notes: ['Labels: digits.csv.gz, column label.'],
    });
  });

  it('may have Windows line ends, a byte-order mark, quotes, semicolons, empty lines, no line end at its end', async () => {
    const text = encodeCsv(train, shape).trim();
    expect((await readText(`\ufeff${text.replaceAll('\n', '\r\n\r\n')}`)).train).toEqual(train);
    expect((await readText(text.replaceAll(/[^,\n]+/g, '"$&"'))).train).toEqual(train);
    expect((await readText(text.replaceAll(',', ';'))).train).toEqual(train);
  });

  it('may be UTF-16 or windows-1252, which is said', async () => {
    const text = rowsOf('1,2,3,4,Bär', '5,6,7,8,Bör');
    const folder = await temporaryFolder();
    const ansi = await locateCsv(await writeIn(folder, 'ansi.csv', Buffer.from(text, 'latin1')));
    const wide = await locateCsv(await writeIn(folder, 'wide.csv', Buffer.from(`\ufeff${text}`, 'utf16le')));
    const [fromAnsi, fromWide] = [await ansi.read({}), await wide.read({})];
    expect([fromAnsi.classes, fromWide.classes]).toEqual([
      ['Bär', 'Bör'],
      ['Bär', 'Bör'],
    ]);
    expect(fromAnsi.notes).toContain('ansi.csv is not UTF-8: it was read as windows-1252.');
    expect(fromWide.train.pixels).toEqual(fromAnsi.train.pixels);
  });

  it('may be longer than what is read at a time', async () => {
    const many = randomExamples(2000, { channels: 1, height: 10, width: 10 }, 3);
    const { train } = await readText(encodeCsv(many, { channels: 1, height: 10, width: 10 }));
    expect(train.labels).toEqual(many.labels);
    expect(Buffer.compare(pixelsOf(train), many.pixels)).toBe(0);
  });

  it('has words for labels, in any column', async () => {
    const parts = await readText(rowsOf('1,2,3,4,dög', '5,6,7,8,cat'));
    expect(parts).toMatchObject({ classes: ['cat', 'dög'], train: { labels: Int32Array.of(1, 0) } });
    expect(parts.train.pixels).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const named = await readText(rowsOf('a,b,c,d,class', '1,2,3,4,7', '1,2,3,4,8.0'));
    expect(named.classes).toEqual(['7', '8']);
    const indexed = await readText(rowsOf(',label,0,1,2,3', '0,cat,1,2,3,4', '1,dog,5,6,7,8'));
    expect(indexed.train.pixels).toEqual(parts.train.pixels);
  });

  it.each([
    ['commas', ','],
    ['semicolons', ';'],
    ['tabs', '\t'],
  ])('may have quoted labels that hold what separates fields: %s', async (_, separator) => {
    const labels = [`"cat${separator} big"`, '"say ""hi"""', '""""', ' "x" ', '5" disk', '"Dög"s'];
    const rows = labels.map((label) => [label, '1', '"2"', ' "3"', '4.0'].join(separator));
    const parts = await readText(`\ufeff${rows.join('\r\n')}\r\n`);
    const names = [`cat${separator} big`, 'say "hi"', '"', 'x', '5" disk', 'Dögs'];
    expect([...parts.train.labels].map((label) => parts.classes[label])).toEqual(names);
    expect(parts.train.pixels).toEqual(Uint8Array.from({ length: 24 }, (_, i) => 1 + (i % 4)));
  });

  it('may have more of what separates fields in its first label than in the rest of the line', async () => {
    const parts = await readText(rowsOf('"a;b;c;d;e;f;g",1,2,3,4', 'cat,5,6,7,8'));
    expect(parts.classes).toEqual(['a;b;c;d;e;f;g', 'cat']);
  });

  it('may have quoted names of columns, with what separates fields in them', async () => {
    const parts = await readText('"pixel,0","pixel,1","a ""b""",p,"label"\n1,2,3,4,"cat, big"\n5,6,7,8,dog\n');
    expect(parts).toMatchObject({ classes: ['cat, big', 'dog'], train: { labels: Int32Array.of(0, 1) } });
    expect(parts.train.pixels).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  });

  it('has colours pixel by pixel, or plane by plane', async () => {
    const colour = { channels: 3, height: 2, width: 2 };
    const examples = randomExamples(4, colour, 2);
    const parts = await readText(encodeCsv(examples, colour));
    expect(parts).toMatchObject({ shape: colour, train: examples });
    expect(parts.notes).toEqual([
      'Labels: digits.csv, column label.',
      'Rows of 12 numbers were read as 2 × 2 pixels of 3 channels, pixel by pixel; --layout nchw reads them plane by plane.',
    ]);
    const planes = { ...examples, pixels: interleave(examples, colour) };
    expect((await readText(encodeCsv(examples, colour), { layout: 'nchw' })).train).toEqual(planes);
  });

  it('has floats, or 16-bit numbers', async () => {
    const floats = await readText(rowsOf('a,0,0.2,1,1e-1', 'b,1,1,1,1'));
    expect(pixelsOf(floats.train).subarray(0, 4)).toEqual(Uint8Array.of(0, 51, 255, 26));
    const deep = await readText(rowsOf('a,0,256,65535,511', 'b,1,1,1,1'));
    expect(pixelsOf(deep.train).subarray(0, 4)).toEqual(Uint8Array.of(0, 1, 255, 1));
    expect(deep.notes).toContain('The pixels go up to 65535: their upper 8 of 16 bits were taken.');
  });

  it.each<[string, string, string]>([
    [
      'a field that is no number',
      rowsOf('a,1,2,3,4', 'b,1,2,3,4', 'b,1,2,x3,4'),
      ', row 3: column 4 holds "x3", pixels are numbers; mend or remove the row.',
    ],
    [
      'an empty field',
      rowsOf('label,p,p,p,p', 'a,1,2,3,4', 'b,1,2,,4'),
      ', row 3: column 4 holds "", pixels are numbers; mend or remove the row.',
    ],
    [
      'a missing field',
      rowsOf('a,1,2,3,4', 'b,1,2,3,4', '', 'b,1,2,3'),
      ', row 4: 4 fields, the first row has 5; mend or remove the row.',
    ],
    ['an empty label', rowsOf('a,1,2,3,4', ',1,2,3,4'), ', row 2: the label is empty; mend or remove the row.'],
    [
      'a quote that is never closed',
      rowsOf('a,1,2,3,4', '5,6,7,8,9', '"b,1,2,3,4'),
      ', row 3: a quoted field does not end in its line; close it, or remove the row.',
    ],
    [
      'quotes around what is not a number',
      rowsOf('a,1,2,3,4', 'b,1,2,3,4', 'b,1,"2x",3,4'),
      ', row 3: column 3 holds "\\"2x\\"", pixels are numbers; mend or remove the row.',
    ],
    ['an empty quoted label', rowsOf('a,1,2,3,4', '"",1,2,3,4'), ', row 2: the label is empty;'],
    [
      'negative numbers',
      rowsOf('a,1,2,3,4', 'b,1,-2,3,4'),
      ', row 2: pixels must lie in 0..1 or in 0..255 (whole numbers also in 0..65535), but those of digits.csv go from -2 to 4; give the pixels as they were before they were normalised.',
    ],
    [
      'images that are not square',
      rowsOf('a,1,2,3,4,5', 'b,1,2,3,4,5'),
      'its first lines are neither a label and the pixels of a square image, nor',
    ],
    [
      'pixels without labels',
      rowsOf('pixel0,pixel1,pixel2,pixel3', '1,2,3,4'),
      'it has no column of labels; call it label in the first line, or name it with --label-column.',
    ],
    ['nothing', '', 'its first lines are neither'],
    [
      'a line without end',
      'x'.repeat(17 * 2 ** 20),
      ', row 1: a line of more than 16777216 bytes; put each image on a line of its own.',
    ],
  ])('is refused with %s', async (_, text, message) => {
    await expect(readText(text)).rejects.toThrow(message);
  });

  it('is refused when its compression is cut off', async () => {
    const bytes = gzipSync(encodeCsv(train, shape));
    await expect(readText(bytes.subarray(0, -12), {}, 'a.csv.gz')).rejects.toMatchObject({
      code: 'DATA_FORMAT',
      message: expect.stringMatching(
        /a\.csv\.gz, row \d+: the gzip compression is damaged or cut off \(.+\); copy it again\.$/,
      ),
    });
  });
});

describe('a folder of CSV files', () => {
  it('leaves out a test file without labels, and a sample of a submission', async () => {
    const parts = await readFolder({
      'train.csv': encodeCsv(train, shape),
      'test.csv': encodeCsv(train, shape).replaceAll(/^[^,]*,/gm, ''),
      'sample_submission.csv': 'ImageId,Label\n1,0\n',
    });
    expect(parts).toMatchObject({
      train,
      test: undefined,
      notes: ['Labels: train.csv, column label.', 'test.csv has no labels, so it was left out.'],
    });
  });

  it('takes one file of any name, and refuses to choose between two', async () => {
    expect(await readFolder({ 'digits.csv': encodeCsv(train, shape), 'table.csv': 'a,b\n1,2\n' })).toMatchObject({
      train,
    });
    const files = { 'a.csv': encodeCsv(train, shape), 'b.csv': encodeCsv(train, shape) };
    await expect(readFolder(files)).rejects.toThrow(
      'several CSV files could be its training part (a.csv, b.csv): give the path of one of them, or call one train.csv.',
    );
    expect(await readFolder({ 'table.csv': 'a,b\n1,2\n' })).toBeUndefined();
  });

  it('names the row of a label that only the test part has', async () => {
    const files = { 'train.csv': rowsOf('a,1,2,3,4', 'b,1,2,3,4'), 'test.csv': rowsOf('a,1,2,3,4', 'c,1,2,3,4') };
    await expect(readFolder(files)).rejects.toThrow(
      /test\.csv, row 2: label c does not occur in the training part \(its labels: a, b\)/,
    );
  });
});
