// Labels of images from a table beside them.

import { InvalidInputError } from '../../errors.ts';
import { formatError } from '../../files/format-error.ts';
import { canonicalLabel } from '../labels/canonical-label.ts';
import { partOf, partOfList } from '../labels/part-words.ts';
import type { Part, ReadOptions } from '../set/source.ts';
import type { ImageIndex } from './match-images.ts';
import { columnText, parseTable, type Table, withoutHeader } from './table.ts';
import { describeLabel, findColumns, labelsInRow, partInCell, type TableColumns } from './table-columns.ts';

/** A table that names images. */
export interface ImageTable {
  readonly table: Table;
  readonly columns: TableColumns;
  /** Of the table, relative to the root; empty for the root. */
  readonly folder: string;
  /** For messages. */
  readonly where: string;
}

export interface TableLabel {
  readonly image: string;
  readonly className: string;
  /** Undefined if neither a column nor the name of the table tells it. */
  readonly part: Part | undefined;
  readonly row: number;
}

const SAMPLE_ROWS = 300;

/**
 * Opens a table if it names images.
 *
 * @param file    relative to the root, with `/`.
 * @param where   its path, for messages.
 * @returns undefined if no column names images.
 * @throws {DataFormatError} if it cannot be read as a table.
 */
export function openImageTable(
  file: string,
  bytes: Uint8Array,
  where: string,
  index: ImageIndex,
  options: Pick<ReadOptions, 'labelColumn' | 'imageColumn'>,
): ImageTable | undefined {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf('/')));
  for (const blanksInNames of /\.txt$/i.test(file) ? [false, true] : [false]) {
    const sample = parseTable(file, bytes, where, { rows: SAMPLE_ROWS, blanksInNames });
    // A class may be called as an image is: what counts is the column that names images.
    const named = findColumns(withoutHeader(sample), folder, index, {})?.image;
    const first = named === undefined ? sample.header : [sample.header[named] ?? ''];
    const hasHeader = !first.some((cell) => index.match(cell, folder).length > 0);
    const shaped = (table: Table): Table => (hasHeader ? table : withoutHeader(table));
    if (findColumns(shaped(sample), folder, index, options) === undefined) continue;
    const table = shaped(parseTable(file, bytes, where, { blanksInNames }));
    const columns = findColumns(table, folder, index, options);
    if (columns !== undefined) return { table, columns, folder, where };
  }
  return undefined;
}

/** The part that the table is about as a whole, by its name or its folders. */
export function partOfTable({ table }: Pick<ImageTable, 'table'>): Part | undefined {
  const [name = '', ...folders] = table.file
    .replace(/\.[^./]+(\.gz)?$/, '')
    .split('/')
    .reverse();
  return partOfList(name) ?? folders.map(partOf).find((part) => part !== undefined);
}

/** `metadata.csv, column "dx"`, for notes and rules. */
export function describeTable({ table, columns }: ImageTable): string {
  const { label, split } = columns;
  const labels = label === undefined ? 'no labels' : describeLabel(table.header, label);
  const parts = split === undefined ? '' : `, parts from ${columnText(table.header[split] ?? '')}`;
  return `${table.file}, ${labels}${parts}`;
}

/**
 * The label of every image that the table names.
 *
 * @param isSame  whether the images with these names, which fit a row equally well, have the same content.
 * @throws {InvalidInputError} if several columns name images, but not the same ones; {DataFormatError} with the row, for a
 *   missing image, a name that fits several images, an empty label, an image with two labels, or a row of another length.
 */
export async function readTableLabels(
  { table, columns, folder, where }: ImageTable,
  index: ImageIndex,
  { skipBroken }: Pick<ReadOptions, 'skipBroken'>,
  isSame: (images: readonly string[]) => Promise<boolean>,
): Promise<{ readonly labels: readonly TableLabel[]; readonly missing: readonly string[] }> {
  const { header, rows } = table;
  const { image: imageColumn, otherImages, label, split } = columns;
  if (otherImages.length > 0) throw refuseImageColumns(where, table, [imageColumn, ...otherImages]);
  const tablePart = partOfTable({ table });
  const found = new Map<string, TableLabel>();
  const missing: string[] = [];
  for (const row of rows) {
    const fail = (what: string, cure: string): Error => formatError(where, { row: row.row }, what, cure);
    if (row.cells.length !== header.length) {
      throw fail(`${row.cells.length} cells, the first row has ${header.length}`, 'mend or remove the row');
    }
    const name = row.cells[imageColumn] ?? '';
    if (name === '') throw fail('the name of the image is empty', 'mend or remove the row');
    const [first = '', ...others] = label === undefined ? [] : labelsInRow(row, header, label);
    const className = canonicalLabel(first);
    if (others.length > 0) {
      throw fail(
        `${name} has ${others.length + 1} classes (${[first, ...others].slice(0, 3).join(', ')})`,
        'give each image one class, or name one column with --label-column',
      );
    }
    if (className === '') {
      const cure = label?.kind === 'one-hot' ? ', or name one column with --label-column' : '';
      throw fail(`the label of ${name} is empty`, `add it, or remove the row${cure}`);
    }
    const part = split === undefined ? tablePart : partInCell(header[split] ?? '', row.cells[split] ?? '');
    const matches = inPart(index.match(name, folder), part);
    const [image, rival] = matches;
    if (image === undefined) {
      if (!skipBroken) {
        throw fail(
          `there is no image ${JSON.stringify(name)}`,
          'add it, remove the row, or leave missing images out with --skip-broken',
        );
      }
      missing.push(name);
      continue;
    }
    if (rival !== undefined && !(await isSame(matches))) {
      throw fail(
        `${JSON.stringify(name)} fits several images (${matches.slice(0, 3).join(', ')})`,
        'write the folder in front of the name',
      );
    }
    const known = found.get(image);
    if (known !== undefined && known.className !== className) {
      throw fail(
        `${name} is called ${className}, but ${known.className} in row ${known.row}`,
        'give each image one label: remove one of the rows',
      );
    }
    if (known === undefined) found.set(image, { image, className, part, row: row.row });
  }
  return { labels: [...found.values()], missing };
}

/** Of several images, those in a folder of the part, if there are any: train/1.png and test/1.png may both be there. */
function inPart(images: readonly string[], part: Part | undefined): readonly string[] {
  if (images.length < 2 || part === undefined) return images;
  const within = images.filter((image) =>
    image
      .split('/')
      .slice(0, -1)
      .some((step) => partOf(step) === part),
  );
  return within.length > 0 ? within : images;
}

function refuseImageColumns(where: string, { header }: Table, columns: readonly number[]): InvalidInputError {
  const names = columns.map((column) => columnText(header[column] ?? ''));
  return new InvalidInputError(
    `Cannot use ${where} as a table of labels: several columns name images, but not the same ones (${names.join(', ')}): say which with --image-column.`,
    { details: { path: where, columns: names } },
  );
}
