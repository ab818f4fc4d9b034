// What the columns of a CSV file mean, as its first two rows tell.

import { delimiterOf, readLines, splitFields } from './csv-lines.ts';
import { isPixelTable } from './pixel-form.ts';

/** Rows of pixels; see `choosePixelForm`. */
export interface PixelTableForm {
  readonly kind: 'pixels';
}

/** Rows of a file name and a label. */
export interface FileForm {
  readonly kind: 'files';
  readonly delimiter: string;
  readonly hasHeader: boolean;
  readonly fileColumn: number;
  /** Undefined if there are only names. */
  readonly labelColumn: number | undefined;
  readonly columns: number;
  /** The name in the first row, to find the folder by. */
  readonly example: string;
}

const LABEL_NAMES = ['label', 'labels', 'class', 'target', 'category', 'class_name', 'species', 'breed', 'y'];
const FILE_NAMES = [
  'filename',
  'file_name',
  'file',
  'image',
  'image_name',
  'image_path',
  'img',
  'path',
  'filepath',
  'image_id',
  'id',
  'name',
];

/** @returns undefined if the file has neither form. */
export async function formOfCsv(path: string): Promise<PixelTableForm | FileForm | undefined> {
  const lines: Buffer[] = [];
  for await (const { bytes } of readLines(path)) {
    lines.push(bytes);
    if (lines.length === 2) break;
  }
  const [firstLine, secondLine = firstLine] = lines;
  if (firstLine === undefined || secondLine === undefined) return undefined;
  const delimiter = delimiterOf(firstLine);
  const first = splitFields(firstLine, delimiter);
  const second = splitFields(secondLine, delimiter);
  if (first === undefined || first.length !== second?.length) return undefined;
  if (await isPixelTable(path)) return { kind: 'pixels' };
  return fileForm(first, second, delimiter);
}

function fileForm(first: readonly string[], second: readonly string[], delimiter: string): FileForm | undefined {
  const names = first.map((name) => name.toLowerCase());
  const fileColumn = FILE_NAMES.map((name) => names.indexOf(name)).find((column) => column >= 0);
  if (fileColumn !== undefined) {
    const named = LABEL_NAMES.map((name) => names.indexOf(name)).find((column) => column >= 0);
    const other = first.length === 2 ? 1 - fileColumn : undefined;
    const example = second[fileColumn] ?? '';
    return {
      kind: 'files',
      delimiter,
      hasHeader: true,
      fileColumn,
      labelColumn: named ?? other,
      columns: first.length,
      example,
    };
  }
  const column = first.findIndex((field) => /\.(png|jpe?g|webp)$/i.test(field));
  if (column < 0 || first.length !== 2) return undefined;
  return {
    kind: 'files',
    delimiter,
    hasHeader: false,
    fileColumn: column,
    labelColumn: 1 - column,
    columns: 2,
    example: first[column] ?? '',
  };
}
