// The labels of an array: whole numbers, words, or one-hot rows.

import { formatError } from '../../../files/format-error.ts';
import { canonicalLabel } from '../../labels/canonical-label.ts';
import { listNames } from '../../labels/name-labels.ts';
import type { NpyArray } from './npy.ts';

/**
 * @param where  path and entry, for messages.
 * @throws {DataFormatError} with the row, for a label that is not one.
 */
export function labelsOf({ shape: given, strides, kind, values, texts }: NpyArray, where: string): string[] {
  // MATLAB has a row of labels.
  const [isRow, shape] =
    given.length === 2 && given[0] === 1 && (given[1] ?? 0) > 1 ? [true, [given[1] ?? 0, 1]] : [false, given];
  const [count = 0, columns = 1] = shape;
  if (shape.length < 1 || shape.length > 2 || (kind === 'text' && columns !== 1)) {
    throw formatError(
      where,
      { offset: 0 },
      `labels are (n), (n, 1) or one-hot (n, classes), got (${given.join(', ')})`,
      'reshape them',
    );
  }
  const [rowStride = 1, columnStride = 1] = isRow ? [strides[1], 1] : strides;
  return Array.from({ length: count }, (_, row) => {
    if (kind === 'text') return wordOf(texts[row] ?? '', row, where);
    if (columns === 1) return numberOf(values[row * rowStride] ?? Number.NaN, row, where);
    const oneHot = Array.from({ length: columns }, (_, k) => values[row * rowStride + k * columnStride]);
    const label = oneHot.indexOf(1);
    if (label >= 0 && oneHot.every((value, k) => value === (k === label ? 1 : 0))) return String(label);
    throw formatError(
      where,
      { row },
      `not a one-hot row: [${listNames(oneHot.map(String))}]`,
      'it must hold one 1, and 0 otherwise; if the largest value is the class, save y.argmax(axis=1)',
    );
  });
}

function wordOf(text: string, row: number, where: string): string {
  const label = canonicalLabel(text);
  if (label !== '') return label;
  throw formatError(where, { row }, 'the label is empty', 'give every image a label, or remove it');
}

function numberOf(value: number, row: number, where: string): string {
  // Adding zero takes the sign from −0.
  if (Number.isSafeInteger(value)) return String(value + 0);
  throw formatError(where, { row }, `the label ${value} is not a whole number`, 'labels are whole numbers or words');
}
