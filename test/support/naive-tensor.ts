// Tensors for the operators written down once more.

import type { AttributesOf, OperatorName } from '../../src/network/graph/operators.ts';

/** Row-major values. */
export interface NaiveTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

type NaiveOperator<Op extends OperatorName> = (
  inputs: readonly NaiveTensor[],
  attributes: AttributesOf<Op>,
) => readonly NaiveTensor[];

export type NaiveOperators = { readonly [Op in OperatorName]: NaiveOperator<Op> };

export function naiveTensor(shape: readonly number[], data: ArrayLike<number>): NaiveTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size) throw new RangeError(`[${shape}] holds ${size} values, received ${data.length}`);
  return { shape, data: Float64Array.from(data) };
}

/** Stands in for an input that a caller left out; its empty shape makes every operator fail. */
export const NONE: NaiveTensor = { shape: [], data: new Float64Array() };

export function matrixProduct(a: NaiveTensor, b: NaiveTensor): NaiveTensor {
  const [rowCount = 0, inner = 0] = a.shape;
  const columnCount = at(b.shape, 1);
  const product = filled([rowCount, columnCount]);
  for (let row = 0; row < rowCount; row++)
    for (let column = 0; column < columnCount; column++)
      for (let i = 0; i < inner; i++)
        accumulate(
          product,
          row * columnCount + column,
          at(a.data, row * inner + i) * at(b.data, i * columnCount + column),
        );
  return product;
}

export function transposed(x: NaiveTensor): NaiveTensor {
  const [rowCount = 0, columnCount = 0] = x.shape;
  const values = x.data.map((_, i) => at(x.data, (i % rowCount) * columnCount + Math.floor(i / rowCount)));
  return { shape: [columnCount, rowCount], data: values };
}

/** The element, which must be there. */
export function at<T>(values: { readonly [index: number]: T; readonly length: number }, index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no element ${index} of ${values.length}`);
  return value;
}

export function accumulate(x: NaiveTensor, index: number, value: number): void {
  x.data[index] = at(x.data, index) + value;
}

export function filled(shape: readonly number[]): NaiveTensor {
  return { shape, data: new Float64Array(shape.reduce((product, size) => product * size, 1)) };
}
