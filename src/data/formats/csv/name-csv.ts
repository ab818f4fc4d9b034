// A CSV file that names images and their labels.

import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { formatError } from '../../../files/format-error.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { listNames, nameLabels } from '../../labels/name-labels.ts';
import type { EncodedImages, ImagePlace } from '../../pixels/decode-parts.ts';
import type { FileForm } from './csv-form.ts';
import { readLines, splitFields, UNCLOSED_QUOTE } from './csv-lines.ts';

export interface NameFile {
  readonly path: string;
  readonly form: FileForm;
}

/**
 * The folder to which the names in a CSV file are relative: the one it lies in, or a folder in that.
 *
 * @param example  the name of one image, with or without its ending.
 * @returns undefined if no such image exists.
 */
export async function findImageFolder(folder: string, example: string): Promise<string | undefined> {
  if (example === '') return undefined;
  const entries = await readdir(folder, { withFileTypes: true });
  const inside = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  for (const base of [folder, ...inside.sort(compareCodePoints).map((name) => join(folder, name))]) {
    if (findImage(base, example) !== undefined) return base;
  }
  return undefined;
}

/**
 * Lists the images that the rows name. A name may lack its ending. No name is followed out of the folder.
 *
 * @throws {DataFormatError} with the row, for a missing image, a name that leads elsewhere, or a label that only the test
 *   part has.
 */
export async function listLabelledImages(
  name: string,
  folder: string,
  trainFile: NameFile,
  testFile: NameFile | undefined,
  notes: readonly string[],
): Promise<Omit<EncodedImages, 'readAll'>> {
  const train = await readRows(folder, trainFile);
  const test = testFile === undefined ? undefined : await readRows(folder, testFile);
  const named = nameLabels(
    train.map(({ label }) => label),
    test?.map(({ label }) => label),
    (index, label, classes) =>
      formatError(
        testFile?.path ?? '',
        { row: test?.[index]?.row ?? 0 },
        `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
        'add training images of it',
      ),
  );
  const place =
    (labels: Int32Array) =>
    ({ path }: Row, index: number): ImagePlace => ({ path, label: labels[index] ?? 0 });
  return {
    name,
    source: folder,
    classes: named.classes,
    train: train.map(place(named.train)),
    test: named.test === undefined ? undefined : test?.map(place(named.test)),
    notes,
  };
}

interface Row {
  readonly path: string;
  readonly label: string;
  readonly row: number;
}

async function readRows(folder: string, { path: csv, form }: NameFile): Promise<Row[]> {
  const { delimiter, hasHeader, fileColumn, labelColumn = 0, columns, example } = form;
  const base = (await findImageFolder(folder, example)) ?? folder;
  const rows: Row[] = [];
  for await (const { row, bytes } of readLines(csv)) {
    if (row === 1 && hasHeader) continue;
    const fail = (what: string, cure: string): Error => formatError(csv, { row }, what, cure);
    const fields = splitFields(bytes, delimiter);
    if (fields === undefined) throw fail(UNCLOSED_QUOTE, 'close it, or remove the row');
    if (fields.length !== columns)
      throw fail(`${fields.length} fields, the first row has ${columns}`, 'mend or remove the row');
    const [name = '', label = ''] = [fields[fileColumn], fields[labelColumn]];
    if (name === '' || label === '')
      throw fail('the name of the image or its label is empty', 'mend or remove the row');
    if (leadsOut(base, name)) throw fail(`${JSON.stringify(name)} leads out of ${base}`, 'use names within the folder');
    const path = findImage(base, name);
    if (path === undefined)
      throw fail(`there is no image ${JSON.stringify(name)} in ${base}`, 'add it, or remove the row');
    rows.push({ path, label: label.normalize('NFC'), row });
  }
  return rows;
}

function leadsOut(base: string, name: string): boolean {
  const way = relative(base, resolve(base, name));
  return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) || name.includes('\0');
}

const ENDINGS = ['', '.png', '.jpg', '.jpeg', '.webp'];

function findImage(base: string, name: string): string | undefined {
  if (leadsOut(base, name)) return undefined;
  const endings = extname(name) === '' ? ENDINGS.slice(1) : ENDINGS;
  return endings.map((ending) => join(base, name + ending)).find(isFile);
}

/** Ten times as fast as an asynchronous call, and there are many files. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // A name that no file can have.
    return false;
  }
}
