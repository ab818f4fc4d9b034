// Reads a table of corrections: `image,label`, and optionally `decision`.

import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileFailure } from '../../files/file-failure.ts';
import { formatError } from '../../files/format-error.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import { canonicalLabel } from '../labels/canonical-label.ts';
import { type Correction, type Corrections, isDigest } from '../set/corrections.ts';
import { parseTable, type TableRow } from './table.ts';

const DECISIONS = ['keep', 'relabel', 'drop'] as const;
type Decision = (typeof DECISIONS)[number];

/**
 * Reads corrections, as the page of suspects saves them. Columns are found by their names; others are ignored. Without a
 * column `decision`, every row gives its image a label. Rows that keep an image are left out.
 *
 * @throws {InvalidInputError} if the file cannot be read; {DataFormatError} with the row, for a missing column, an unknown
 *   decision, an empty cell, or an image that two rows decide differently.
 */
export async function readCorrections(path: string): Promise<Corrections> {
  const full = resolve(path);
  const bytes = await readFile(full).catch((error: unknown) => {
    throw fileFailure('read the labels', full, error);
  });
  const { header, rows } = parseTable(basename(full), bytes, full);
  const find = (name: string): number => header.findIndex((cell) => cell.toLowerCase() === name);
  const columns = { image: find('image'), label: find('label'), decision: find('decision') };
  for (const name of ['image', 'label'] as const) {
    if (columns[name] >= 0) continue;
    const what = `there is no column ${name} (columns: ${header.join(', ')})`;
    throw formatError(full, { row: 1 }, what, 'begin the file with a row such as image,label or image,decision,label');
  }
  const known = new Map<string, Correction>();
  const corrections: Correction[] = [];
  for (const row of rows) {
    const correction = readRow(row, columns, full);
    if (correction === undefined) continue;
    const other = known.get(correction.image);
    if (other === undefined) corrections.push(correction);
    else if (other.label !== correction.label) {
      const what = `${correction.image} is decided otherwise in row ${other.row}`;
      throw formatError(full, { row: row.row }, what, 'remove one of the rows');
    }
    known.set(correction.image, correction);
  }
  return { path: full, rows: corrections };
}

function readRow(
  { row, cells }: TableRow,
  columns: Readonly<Record<'image' | 'label' | 'decision', number>>,
  path: string,
): Correction | undefined {
  const cellOf = (name: keyof typeof columns): string => cells[columns[name]] ?? '';
  const name = cellOf('image');
  if (name === '') throw formatError(path, { row }, 'the image is empty', 'name it, or remove the row');
  const image = isDigest(name) ? name.toLowerCase() : name.replaceAll('\\', '/');
  const decision = decisionIn(cellOf('decision'), row, path);
  if (decision === 'keep') return undefined;
  if (decision === 'drop') return { image, label: undefined, row };
  const label = canonicalLabel(cellOf('label'));
  if (label !== '') return { image, label, row };
  const cure = 'name a class; to drop the image, write drop in a column decision';
  throw formatError(path, { row }, `the label of ${name} is empty`, cure);
}

function decisionIn(text: string, row: number, path: string): Decision {
  if (text === '') return 'relabel';
  const decision = DECISIONS.find((each) => each === text.toLowerCase());
  if (decision !== undefined) return decision;
  const near = nearestOf(text, DECISIONS);
  const cure = `write one of ${DECISIONS.join(', ')}${near === undefined ? '' : ` (perhaps ${near})`}`;
  throw formatError(path, { row }, `the decision ${JSON.stringify(text)} is unknown`, cure);
}
